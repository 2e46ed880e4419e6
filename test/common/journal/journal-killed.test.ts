import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { watch } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { openJournal } from "#journal/sqlite-journal.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const ROUNDS = process.env.DVORNIK_LONG === undefined ? 4 : 20;
const PROGRAM = fileURLToPath(new URL("./appending-program.ts", import.meta.url));

interface Run {
  readonly child: ChildProcess;
  /** Text by acknowledged number; grows while the program runs. */
  readonly acknowledged: Map<number, string>;
  readonly hasEnded: Promise<unknown>;
}

/** Starts the program and calls back with the count after each acknowledged line. */
function startAppending(file: string, boot: string, onLine: (count: number, child: ChildProcess) => void): Run {
  const child = spawn(process.execPath, [PROGRAM, file, boot], { stdio: ["ignore", "pipe", "inherit"] });
  const acknowledged = new Map<number, string>();
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => {
    const [n, text] = line.split(" ");
    if (text !== undefined) acknowledged.set(Number(n), text);
    onLine(acknowledged.size, child);
  });
  return { child, acknowledged, hasEnded: Promise.all([once(child, "exit"), once(lines, "close")]) };
}

/** Everything that the file holds, by number. */
async function contentsOf(file: string): Promise<Map<number, string>> {
  const journal = await openJournal({ file, classes: ["big", "small"], readers: { reader: ["big", "small"] } });
  const contents = new Map<number, string>();
  for (const recordClass of ["big", "small"]) {
    for (let after = 0, more = true; more; ) {
      const records = await journal.read(recordClass, after, 10_000);
      for (const { n, bytes } of records) contents.set(n, Buffer.from(bytes).toString("latin1").split("\n")[0] ?? "");
      after = records.at(-1)?.n ?? after;
      more = records.length > 0;
    }
  }
  await journal.close();
  return contents;
}

function expectAllThere(contents: Map<number, string>, acknowledged: Map<number, string>): void {
  const lost = [...acknowledged].filter(([n, text]) => contents.get(n) !== text);
  expect(lost).toEqual([]);
  const numbers = [...contents.keys()].sort((a, b) => a - b);
  expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, i) => i + 1));
}

describe("a journal whose process is killed", () => {
  it(`has everything that it acknowledged and no hole, ${ROUNDS} kills in a row at seeded moments`, async () => {
    const file = join(await tempFolder(), "journal.db");
    const acknowledged = new Map<number, string>();

    for (let round = 0; round < ROUNDS; round += 1) {
      const killAfter = 1 + ((round * 7919 + 13) % 900);
      const run = startAppending(file, `boot-${round}`, (count, child) => {
        if (count >= killAfter) child.kill("SIGKILL");
      });
      await run.hasEnded;
      for (const [n, text] of run.acknowledged) acknowledged.set(n, text);
    }

    expectAllThere(await contentsOf(file), acknowledged);
  }, 240_000);

  it("has everything when it is killed at the first write of a checkpoint", async () => {
    const file = join(await tempFolder(), "journal.db");
    const setUp = startAppending(file, "boot-1", (count, child) => {
      if (count >= 5) child.kill("SIGKILL");
    });
    await setUp.hasEnded;

    let isKilledInCheckpoint = false;
    const run = startAppending(file, "boot-2", (count) => {
      if (count !== 1) return;
      const watcher = watch(file, () => {
        isKilledInCheckpoint = true;
        run.child.kill("SIGKILL");
        watcher.close();
      });
    });
    await run.hasEnded;

    expect(isKilledInCheckpoint).toBe(true);
    expect(run.acknowledged.size).toBeGreaterThan(1);
    expectAllThere(await contentsOf(file), new Map([...setUp.acknowledged, ...run.acknowledged]));
  }, 120_000);
});
