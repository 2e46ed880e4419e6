import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, mkdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { Closer } from "#kit/closer.ts";
import { wait } from "#kit/wait.ts";

/** The checkout. */
export const ROOT = resolve(import.meta.dirname, "../..");

/** One of our real programs as its own process, which may be stopped, killed and started again with its data. */
export interface Program extends Closer {
  /** Starts it; resolves once it answers. */
  start(): Promise<void>;
  /** SIGTERM, then waits for the clean end (SIGKILL after 15 s); gives the exit code, null where it was killed. */
  stop(): Promise<number | null>;
  /** Stops it. */
  close(): Promise<void>;
  /** SIGKILL, as a power cut would; resolves when it is gone. */
  kill(): Promise<void>;
  /** Process id, or undefined while it does not run. */
  pid(): number | undefined;
  /** Resident memory in bytes (Linux), 0 while it does not run. */
  residentBytes(): Promise<number>;
}

/** What runs and how one knows that it does. */
export interface ProgramOptions {
  /** The folder with its main.ts: `gateway`, `cloud`, `edge`. */
  readonly part: string;
  /** Its environment, beside PATH, HOME and the launcher's compile cache. */
  readonly settings: Readonly<Record<string, string>>;
  readonly logFile: string;
  /** An address that answers 200 once the program is ready. */
  readonly readyUrl: string;
  /** Called when it leaves without having been asked to. */
  readonly onExit?: (why: string) => void;
  /** What it runs on, if not on this Node from this checkout. */
  readonly machine?: Machine;
}

/** Another Node, and a folder with the sources (or what was made of them), from where the part's `main` is called. */
export interface Machine {
  /** The program and its first arguments. */
  readonly command: readonly [string, ...string[]];
  readonly folder: string;
  /** What a part begins with, if not with `main.ts`. */
  readonly main?: string;
  /** How long it may take until it answers. */
  readonly readyWithinMs: number;
}

const OWN_MACHINE: Machine = { command: [process.execPath], folder: ROOT, readyWithinMs: 60_000 };

const CLOSE_WITHIN_MS = 15_000;

/** Describes a program; nothing runs until `start`. */
export function defineProgram(options: ProgramOptions): Program {
  let running: { readonly child: ChildProcess; readonly exited: Promise<void> } | undefined;

  const end = async (signal: "SIGTERM" | "SIGKILL"): Promise<number | null> => {
    const ending = running;
    if (ending === undefined) return null;
    running = undefined;
    ending.child.kill(signal);
    const impatience = setTimeout(() => ending.child.kill("SIGKILL"), CLOSE_WITHIN_MS);
    await ending.exited;
    clearTimeout(impatience);
    return ending.child.exitCode;
  };
  return {
    start: async () => {
      const child = spawnProgram(options);
      const exited = new Promise<void>((gone) => {
        child.on("exit", (code, signal) => {
          gone();
          if (running?.child !== child) return;
          running = undefined;
          options.onExit?.(`${options.part} left with ${signal ?? code}; its log is ${options.logFile}`);
        });
      });
      running = { child, exited };
      await untilReady(options, () => running?.child === child);
    },
    stop: () => end("SIGTERM"),
    close: async () => void (await end("SIGTERM")),
    kill: async () => void (await end("SIGKILL")),
    pid: () => running?.child.pid,
    residentBytes: async () => {
      const pid = running?.child.pid;
      const status = pid === undefined ? "" : await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
      return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
    },
  };
}

function spawnProgram({ part, settings, logFile, machine = OWN_MACHINE }: ProgramOptions): ChildProcess {
  mkdirSync(dirname(logFile), { recursive: true });
  const output = createWriteStream(logFile, { flags: "a" });
  // A full disk under a log must not end whoever watches the program.
  output.on("error", () => output.destroy());
  const { PATH, HOME, NODE_COMPILE_CACHE } = process.env;
  const { command, folder, main = "main.ts" } = machine;
  const [first, ...others] = command;
  const child = spawn(first, [...others, join(folder, part, main)], {
    cwd: folder,
    env: { PATH, HOME, NODE_COMPILE_CACHE, ...settings },
    stdio: ["ignore", "pipe", "pipe"],
    // Its own process group: Ctrl-C reaches whoever started it, who then closes its programs in order.
    detached: true,
  });
  child.stdout.pipe(output, { end: false });
  child.stderr.pipe(output, { end: false });
  child.on("exit", () => output.end());
  return child;
}

/** Waits until the program answers 200; throws with its log's last lines when it left or took too long. */
async function untilReady(
  { part, readyUrl, logFile, machine = OWN_MACHINE }: ProgramOptions,
  isRunning: () => boolean,
): Promise<void> {
  const end = performance.now() + machine.readyWithinMs;
  for (;;) {
    const answer = await fetch(readyUrl, { signal: AbortSignal.timeout(2000) }).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.ok) return;
    if (!isRunning() || performance.now() > end) {
      const tail = (await readFile(logFile, "utf8").catch(() => "")).split("\n").slice(-12).join("\n");
      throw new Error(`${part} did not get ready (${readyUrl}); the end of ${logFile}:\n${tail}`);
    }
    await wait(50);
  }
}
