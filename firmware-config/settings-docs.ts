import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "#kit/run-command.ts";
import { describeSettings } from "./settings/describe-settings.ts";

/** Writes `SETTINGS.md` anew from the schemas. */
await runCommand("settings:docs", async () => {
  const file = join(import.meta.dirname, "SETTINGS.md");
  await writeFile(file, describeSettings());
  return `${file}\n`;
});
