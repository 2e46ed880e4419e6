import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runMonth } from "./run-month.ts";
import { LONG_MONTH, SHORT_MONTH } from "./scales.ts";
import { tableOf } from "./table.ts";

/** `npm run sim:month` (`-- --long` for as many photos as a busy truck takes): simulates a month and prints what became of it. */
const folder = await mkdtemp(join(tmpdir(), "dvornik-month-"));
try {
  const month = await runMonth(folder, process.argv.includes("--long") ? LONG_MONTH : SHORT_MONTH);
  process.stdout.write(`${tableOf(month)}\n`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
