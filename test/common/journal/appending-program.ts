import { stdout } from "node:process";
import { openJournal } from "#journal/sqlite-journal.ts";

/** A program to be killed: appends as fast as it may and prints the numbers and texts that were acknowledged. */
const [file = "", boot = ""] = process.argv.slice(2);
const LANES = 40;

const journal = await openJournal({ file, classes: ["big", "small"], readers: { reader: ["big", "small"] } });
stdout.write("open\n");

async function append(lane: number): Promise<void> {
  for (let i = 0; ; i += 1) {
    const text = `${boot}/${lane}/${i}`;
    const recordClass = i % 10 === 0 ? "big" : "small";
    const bytes = Buffer.concat([Buffer.from(`${text}\n`), Buffer.alloc(recordClass === "big" ? 20_000 : 100)]);
    const [n] = await journal.append([{ recordClass, topic: `t/${lane}`, bytes }], { [`lane-${lane}`]: text });
    stdout.write(`${n} ${text}\n`);
  }
}

await Promise.all(Array.from({ length: LANES }, (_, lane) => append(lane)));
