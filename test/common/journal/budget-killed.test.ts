import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { openJournal } from "#journal/sqlite-journal.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { GAP_TOPIC } from "./plain-gap-writer.ts";
import { aBudget, allOf, CLASSES, numbersIn } from "./small-budget.ts";

const ROUNDS = process.env.DVORNIK_LONG === undefined ? 4 : 20;
const PROGRAM = fileURLToPath(new URL("./dropping-program.ts", import.meta.url));

/** Runs the program until it has acknowledged so much, and kills it. */
async function runAndKill(file: string, lines: number): Promise<{ acknowledged: number[]; passed: number }> {
  const child = spawn(process.execPath, [PROGRAM, file], { stdio: ["ignore", "pipe", "inherit"] });
  const acknowledged: number[] = [];
  let passed = 0;
  const output = createInterface({ input: child.stdout });
  output.on("line", (line) => {
    const [first = "", second = ""] = line.split(" ");
    if (first === "passed") passed = Math.max(passed, Number(second));
    else if (second !== "") acknowledged.push(Number(first));
    if (acknowledged.length >= lines) child.kill("SIGKILL");
  });
  await Promise.all([once(child, "exit"), once(output, "close")]);
  return { acknowledged, passed };
}

describe("a journal that is killed while it drops", () => {
  it(`has no loss without a gap and no gap without a loss, ${ROUNDS} kills in a row at seeded moments`, async () => {
    const file = join(await tempFolder(), "journal.db");
    const acknowledged = new Set<number>();
    let passed = 0;

    for (let round = 0; round < ROUNDS; round += 1) {
      const run = await runAndKill(file, 300 + ((round * 7919 + 13) % 700));
      for (const n of run.acknowledged) acknowledged.add(n);
      passed = Math.max(passed, run.passed);
    }

    const journal = await openJournal({ file, classes: CLASSES, readers: { r: CLASSES }, budget: aBudget(150_000) });
    const held = (await Promise.all(CLASSES.map((name) => allOf(journal, name)))).flat();
    const cleared = journal.cursor("r", "chunk");
    await journal.close();
    const readable = new Set(held.map(({ n }) => n));
    const named = numbersIn(held.filter(({ topic }) => topic === GAP_TOPIC));
    const told = new Set(named);
    const unaccounted = [...acknowledged].filter((n) => !readable.has(n) && !told.has(n) && n > passed);
    const lastN = Math.max(...readable);
    const missing = Array.from({ length: lastN }, (_, i) => i + 1).filter((n) => !readable.has(n) && !told.has(n));

    expect(unaccounted).toEqual([]);
    expect(missing.filter((n) => n > cleared)).toEqual([]);
    expect(named.length).toBe(told.size);
    expect(named.filter((n) => readable.has(n))).toEqual([]);
    expect(named.length).toBeGreaterThan(300);
  }, 240_000);
});
