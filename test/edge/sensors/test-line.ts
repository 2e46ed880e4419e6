import { type ChildProcess, spawn } from "node:child_process";
import { rm, symlink } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { tempFolder } from "../../support/temp-folder.ts";
import { until } from "../../support/until.ts";

/** The instrument's end of a line. */
export interface TestLine {
  /** What the device is told: `unix:/…` or `serial:/…`. */
  readonly address: string;
  send(bytes: Uint8Array): void;
  /** Whoever listens to what the device says. */
  onBytes(listener: (bytes: Uint8Array) => void): void;
  /** The line vanishes, as when a plug is pulled. */
  vanish(): Promise<void>;
  comeBack(): Promise<void>;
}

/** A line that is a Unix socket. */
export async function openSocketLine(): Promise<TestLine> {
  const path = join(await tempFolder(), "line.sock");
  const sockets = new Set<Socket>();
  let listener: (bytes: Uint8Array) => void = () => {};
  let server: Server | undefined;
  const vanish = async () => {
    const closing = server;
    server = undefined;
    for (const socket of sockets) socket.destroy();
    if (closing !== undefined) await new Promise((resolve) => closing.close(resolve));
  };
  const comeBack = async () => {
    const opened = createServer((socket) => {
      sockets.add(socket);
      socket.on("data", (bytes: Buffer) => listener(bytes));
      socket.on("error", () => {}).on("close", () => sockets.delete(socket));
    });
    server = opened;
    await new Promise<void>((resolve) => opened.listen(path, resolve));
  };
  onTestFinished(vanish);
  await comeBack();
  return {
    address: `unix:${path}`,
    send: (bytes) => {
      for (const socket of sockets) socket.write(bytes);
    },
    onBytes: (hear) => {
      listener = hear;
    },
    vanish,
    comeBack,
  };
}

/**
 * A line that is a pseudo-terminal: `script` of util-linux (part of every Debian) makes one, and carries its own standard
 * input and output to the other end. The device opens a link to it, so that it keeps its name when it comes back.
 */
export async function openTerminalLine(): Promise<TestLine> {
  // Its options and the names of terminals are Linux'; elsewhere the same promise is looked at over a socket.
  if (process.platform !== "linux") return await openSocketLine();
  const path = join(await tempFolder(), "ttyUSB0");
  let listener: (bytes: Uint8Array) => void = () => {};
  let child: ChildProcess | undefined;
  /** What came before the terminal is raw would be taken as keys: an end of file, an interrupt. */
  let isRaw = false;
  const vanish = async () => {
    const ending = child;
    child = undefined;
    isRaw = false;
    await rm(path, { force: true });
    if (ending?.pid === undefined || ending.exitCode !== null) return;
    const gone = new Promise((resolve) => ending.once("exit", resolve));
    ending.kill("SIGKILL");
    await gone;
  };
  const comeBack = async () => {
    const started = spawn("script", ["-qefc", "stty raw -echo; tty; exec sleep 600", "/dev/null"]);
    child = started;
    let greeting = "";
    let terminal: string | undefined;
    started.stdin.on("error", () => {});
    started.stdout.on("data", (bytes: Buffer) => {
      if (terminal !== undefined) return listener(bytes);
      greeting += bytes.toString("latin1");
      terminal = /(\/dev\/pts\/\d+)\s/.exec(greeting)?.[1];
    });
    await symlink(await until("the terminal has its name", () => terminal), path);
    isRaw = true;
  };
  onTestFinished(vanish);
  await comeBack();
  return {
    address: `serial:${path}`,
    send: (bytes) => {
      if (isRaw) child?.stdin?.write(bytes);
    },
    onBytes: (hear) => {
      listener = hear;
    },
    vanish,
    comeBack,
  };
}
