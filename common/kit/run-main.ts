import { flushCompileCache } from "node:module";
import { stderr, stdout } from "node:process";
import type { z } from "zod";
import { messageOf } from "./errors.ts";
import { describeConfig } from "./load-config.ts";

/**
 * Runs a part's start: `--help` prints its settings and leaves; a start that fails prints one readable error and
 * leaves with code 1. A console that takes nothing (closed pipe, full disk) never ends the program.
 */
export async function runMain(title: string, schema: z.ZodObject, start: () => Promise<void>): Promise<void> {
  for (const output of [stdout, stderr]) {
    output.on("error", () => {
      // There is nowhere to say it: the place for it is what failed.
    });
  }
  if (process.argv.includes("--help") || process.argv.includes("-h")) {
    stdout.write(describeConfig(title, schema));
    return;
  }
  await start().catch((error: unknown) => {
    stderr.write(`${title.split("\n")[0]}: ${messageOf(error)}\n`);
    process.exit(1);
  });
  // Else it is kept at a clean end only, which a device that is simply switched off never comes to.
  flushCompileCache();
}
