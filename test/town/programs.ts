import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Closer } from "#kit/closer.ts";
import { wait } from "#kit/wait.ts";

/** A real program of ours, started as its own process. */
export interface Program extends Closer {
  readonly pid: number;
}

/** How long a program may take to close before it is killed (which loses nothing, but is not clean). */
const CLOSE_WITHIN_MS = 15_000;

/**
 * Starts `{part}/main.ts` with the given settings; its output goes to a log file of its own.
 *
 * `onExit` is called when it leaves without having been asked to.
 */
export async function startProgram(
  root: string,
  {
    name,
    part,
    settings,
    logs,
  }: { name: string; part: string; settings: Readonly<Record<string, string>>; logs: string },
  onExit: (why: string) => void,
): Promise<Program> {
  await mkdir(logs, { recursive: true });
  const file = join(logs, `${name}.log`);
  const output = createWriteStream(file, { flags: "a" });
  const child = spawn(process.execPath, [join(root, part, "main.ts")], {
    cwd: root,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      TZ: process.env.TZ,
      LANG: process.env.LANG,
      ...settings,
    },
    stdio: ["ignore", "pipe", "pipe"],
    // Its own process group: Ctrl-C reaches the town alone, which then closes its programs in order.
    detached: true,
  });
  child.stdout.pipe(output, { end: false });
  child.stderr.pipe(output, { end: false });
  let isClosing = false;
  const exited = new Promise<void>((resolve) => {
    child.on("exit", (code, signal) => {
      resolve();
      if (!isClosing) onExit(`${name} left with ${signal ?? code}; its log is ${file}`);
    });
  });
  return {
    pid: child.pid ?? 0,
    close: async () => {
      isClosing = true;
      await stop(child, exited);
      output.end();
    },
  };
}

async function stop(child: ChildProcess, exited: Promise<void>): Promise<void> {
  child.kill("SIGTERM");
  await Promise.race([exited, wait(CLOSE_WITHIN_MS)]);
  child.kill("SIGKILL");
  await exited;
}

/** Waits until a web address answers 200; throws after `timeoutMs` with what was waited for. */
export async function untilAnswers(url: string, timeoutMs: number): Promise<void> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return;
    if (performance.now() > end) throw new Error(`${url} did not answer within ${timeoutMs / 1000} s`);
    await wait(100);
  }
}
