import { stderr, stdout } from "node:process";
import { z } from "zod";
import { messageOf } from "./errors.ts";

/** Runs a command of the shell: what it gives is printed; an error is one line and exit code 1. */
export async function runCommand(name: string, command: () => Promise<string>): Promise<void> {
  try {
    stdout.write(await command());
  } catch (error) {
    const text = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
    stderr.write(`${name}: ${text}\n`);
    process.exitCode = 1;
  }
}
