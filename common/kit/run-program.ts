import { spawn } from "node:child_process";
import { constants } from "node:os";
import { AppError, codeOf } from "./errors.ts";

/** A program to run: no shell ever sees its arguments. */
export interface Program {
  /** A name that is looked for on the environment's PATH, or a path. */
  readonly command: string;
  readonly args: readonly string[];
  /** All that it gets to see: secrets of ours lie in our own environment. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The folder it runs in; ours where it is not given. */
  readonly cwd?: string;
  readonly withinMs: number;
  /** More on its standard output ends it. */
  readonly maxOutputBytes: number;
}

/** What a program left behind when it ended by itself. */
export interface ProgramEnd {
  /** Exit status; 128 + the signal's number where a signal ended it, as a shell counts. */
  readonly status: number;
  readonly output: Buffer;
  /** The end of its standard error. */
  readonly complaints: string;
}

/** Why a program gave nothing. */
export type ProgramTrouble = "not-found" | "not-allowed" | "not-started" | "too-long" | "too-much" | "given-up";

/** A program could not be started, or was ended by us. */
export class ProgramFailed extends AppError {
  readonly code = "program-failed";
  readonly retry = true;
  readonly trouble: ProgramTrouble;
  /** The end of its standard error. */
  readonly complaints: string;
  constructor(trouble: ProgramTrouble, message: string, complaints = "", options?: ErrorOptions) {
    super(message, options);
    this.trouble = trouble;
    this.complaints = complaints;
  }
}

/** Enough for the last words of a program, whatever it wrote before. */
const COMPLAINT_BYTES = 16 * 1024;
/** A process that hangs in a driver survives SIGKILL until the driver lets go: it is not waited for any longer. */
const GONE_WITHIN_MS = 1_000;

/**
 * Runs a program in a process group of its own, and resolves when it has ended by itself, whatever its status.
 *
 * Rejects with `ProgramFailed` when it cannot be started, takes or writes too much, or the signal is aborted. Whichever
 * way it ends, its whole group is killed then, so nothing that it started stays. (`execFile` cannot make a group; it is
 * `spawn` underneath, as this is.)
 */
export async function runProgram(program: Program, signal: AbortSignal): Promise<ProgramEnd> {
  if (signal.aborted) throw new ProgramFailed("given-up", `${program.command} was not started: given up before`);
  return await new Promise((resolve, reject) => {
    const child = spawn(program.command, [...program.args], {
      env: { ...program.environment },
      cwd: program.cwd,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    // Before anything else: where no file may be opened any more there are no pipes either, whatever the types say.
    child.once("error", (cause) => settle(() => reject(failure ?? notStarted(program.command, cause))));
    // Undefined once the program is buried: its number may then be that of a stranger.
    let group = child.pid;
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    let complaints = Buffer.alloc(0);
    let failure: ProgramFailed | undefined;

    const said = () => complaints.toString("utf8");
    const settle = (then: () => void) => {
      clearTimeout(timer);
      clearTimeout(impatience);
      signal.removeEventListener("abort", giveUp);
      killGroup(group);
      child.stdout?.destroy();
      child.stderr?.destroy();
      then();
    };
    let impatience: NodeJS.Timeout | undefined;
    const end = (trouble: ProgramTrouble, message: string) => {
      if (failure !== undefined) return;
      failure = new ProgramFailed(trouble, `${program.command} ${message}`, said());
      const why = failure;
      killGroup(group);
      impatience = setTimeout(() => settle(() => reject(why)), GONE_WITHIN_MS);
    };
    const giveUp = () => end("given-up", "was given up");
    const timer = setTimeout(() => end("too-long", `did not end within ${program.withinMs} ms`), program.withinMs);
    signal.addEventListener("abort", giveUp, { once: true });

    child.stdout?.on("data", (piece: Uint8Array) => {
      bytes += piece.length;
      if (bytes <= program.maxOutputBytes) pieces.push(piece);
      else end("too-much", `wrote more than ${program.maxOutputBytes} bytes`);
    });
    child.stderr?.on("data", (piece: Uint8Array) => {
      complaints = Buffer.concat([complaints, piece]).subarray(-COMPLAINT_BYTES);
    });
    // What it started may hold its pipes open: they close only once the group is gone.
    child.once("exit", () => {
      killGroup(group);
      group = undefined;
    });
    child.once("close", (code, ended) => {
      const status = code ?? 128 + (ended === null ? 0 : constants.signals[ended]);
      settle(() => {
        if (failure !== undefined) reject(failure);
        else resolve({ status, output: Buffer.concat(pieces), complaints: said() });
      });
    });
  });
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // ESRCH: nobody of the group is left, which is what was wanted.
  }
}

function notStarted(command: string, cause: Error): ProgramFailed {
  const code = codeOf(cause);
  if (code === "ENOENT") return new ProgramFailed("not-found", `${command} is not installed`, "", { cause });
  if (code === "EACCES") return new ProgramFailed("not-allowed", `${command} may not be run`, "", { cause });
  return new ProgramFailed("not-started", `${command} could not be started (${code})`, "", { cause });
}
