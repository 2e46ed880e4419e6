import { type ChildProcess, spawn } from "node:child_process";
import { appendFile } from "node:fs/promises";
import type { Closer } from "#kit/closer.ts";
import { wait } from "#kit/wait.ts";

/** Starts a program again whenever it ends, as systemd does, with all that ran beside it ended first. */
export interface Supervisor extends Closer {
  /** SIGKILL to everything of it at once, as a power cut; the next start follows. */
  cutPower(): void;
  /** How often it was started. */
  readonly starts: number;
}

const RESTART_AFTER_MS = 200;

/** Supervises a command; what it says goes into a file. */
export function supervise(
  command: string,
  options: { readonly cwd: string; readonly env: Readonly<Record<string, string>>; readonly logFile: string },
): Supervisor {
  const { cwd, env, logFile } = options;
  let child: ChildProcess | undefined;
  let starts = 0;
  let isClosing = false;
  const endGroup = (signal: "SIGKILL" | "SIGTERM") => {
    if (child?.pid === undefined) return;
    try {
      process.kill(-child.pid, signal);
    } catch {
      // Nobody of it is left.
    }
  };
  async function run(): Promise<void> {
    while (!isClosing) {
      const running = spawn(command, [], { cwd, env: { ...env }, stdio: ["ignore", "pipe", "pipe"], detached: true });
      child = running;
      starts += 1;
      const hear = (bytes: Uint8Array) => void appendFile(logFile, bytes);
      running.stdout.on("data", hear);
      running.stderr.on("data", hear);
      const end = await new Promise((resolve) => running.once("exit", (code, signal) => resolve(signal ?? code)));
      endGroup("SIGKILL");
      await appendFile(logFile, `--- it ended with ${end}\n`);
      if (!isClosing) await wait(RESTART_AFTER_MS);
    }
  }
  const running = run();
  return {
    cutPower: () => endGroup("SIGKILL"),
    get starts() {
      return starts;
    },
    close: async () => {
      isClosing = true;
      child?.kill("SIGTERM");
      await running;
    },
  };
}
