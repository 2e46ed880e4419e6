import { stdout } from "node:process";
import { openJournal } from "#journal/sqlite-journal.ts";
import { aBudget, CLASSES } from "./small-budget.ts";

/** A program to be killed while its journal drops: prints `n class` of what was acknowledged, `passed n` of chunks. */
const [file = ""] = process.argv.slice(2);
const LANES = 8;

const journal = await openJournal({ file, classes: CLASSES, readers: { r: CLASSES }, budget: aBudget(150_000) });
stdout.write("open\n");

async function append(lane: number): Promise<void> {
  for (let i = 0; ; i += 1) {
    const recordClass = i % 7 === 0 ? "visit" : "chunk";
    const bytes = Buffer.alloc(recordClass === "visit" ? 200 : 1_500);
    const group = recordClass === "chunk" ? { group: `${lane}-${i >> 3}` } : {};
    const [n = 0] = await journal.append([{ recordClass, topic: "t", bytes, ...group }]);
    stdout.write(`${n} ${recordClass}\n`);
    if (lane > 0 || i % 50 !== 49) continue;
    stdout.write(`passed ${n - 60}\n`);
    journal.advance("r", "chunk", Math.max(0, n - 60));
  }
}

await Promise.all(Array.from({ length: LANES }, (_, lane) => append(lane)));
