import { copyFile, rm } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Journal, StoredRecord } from "#journal/journal.ts";
import { openJournal } from "#journal/sqlite-journal.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { GAP_TOPIC } from "./plain-gap-writer.ts";
import { aBudget, allOf, CLASSES, numbersIn } from "./small-budget.ts";

const HISTORIES = process.env.DVORNIK_LONG === undefined ? 5 : 100;
const READERS = { sites: CLASSES, uplink: CLASSES };
const BUDGET = 12_000;

interface NewOne {
  readonly recordClass: string;
  readonly size: number;
  readonly group: number;
}

type Step =
  | { readonly kind: "append"; readonly records: readonly NewOne[] }
  | { readonly kind: "advance"; readonly reader: "sites" | "uplink"; readonly recordClass: string; readonly by: number }
  | { readonly kind: "reopen" }
  | { readonly kind: "kill" };

const aStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant("append" as const),
      records: fc.array(
        fc.record({
          recordClass: fc.constantFrom("alert", "visit", "chunk", "chunk", "chunk"),
          size: fc.integer({ min: 1, max: 1_500 }),
          group: fc.nat(6),
        }),
        { minLength: 1, maxLength: 4 },
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("advance" as const),
      reader: fc.constantFrom("sites" as const, "uplink" as const),
      recordClass: fc.constantFrom(...CLASSES),
      by: fc.integer({ min: 1, max: 20 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "reopen" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "kill" as const }) },
);

/** What a history has shown so far, looked at from outside after each step. */
class Observer {
  readonly classes = new Map<number, string>();
  readonly groups = new Map<number, string>();
  readonly named = new Set<number>();
  /** What each gap that was ever seen names. */
  readonly #gaps = new Map<number, readonly number[]>();
  readonly #passed = new Map<string, number>();

  passedOf(recordClass: string): number {
    return this.#passed.get(recordClass) ?? 0;
  }

  /** Reads everything; `fresh` came with this very step. */
  async look(journal: Journal, fresh: ReadonlySet<number>): Promise<void> {
    const held = new Map<number, StoredRecord>();
    for (const recordClass of CLASSES) {
      for (const record of await allOf(journal, recordClass)) held.set(record.n, record);
    }
    const gaps = [...held.values()].filter(({ topic }) => topic === GAP_TOPIC);
    for (const gap of gaps) {
      this.classes.set(gap.n, "alert");
      this.#gaps.set(gap.n, numbersIn([gap]));
    }
    const pending = numbersIn(gaps);
    expect(new Set(pending).size, "a number is named by one pending gap only").toBe(pending.length);
    for (const n of pending) {
      expect(held.has(n), `${n} is named and still there`).toBe(false);
      if (this.named.has(n)) continue;
      expect(n > this.passedOf(this.classes.get(n) ?? ""), `${n} is named though all had passed it`).toBe(true);
      const group = this.groups.get(n);
      const left = [...held.keys()].filter((m) => group !== undefined && this.groups.get(m) === group && !fresh.has(m));
      expect(left, `${n} went without its group`).toEqual([]);
      this.named.add(n);
    }
    for (const recordClass of CLASSES) {
      const passed = Math.min(...Object.keys(READERS).map((reader) => journal.cursor(reader, recordClass)));
      this.#passed.set(recordClass, passed);
    }
    const told = new Set(pending);
    for (const [n, numbers] of this.#gaps) {
      if (n <= this.passedOf("alert")) for (const number of numbers) told.add(number);
    }
    for (const [n, recordClass] of this.classes) {
      const isAccounted = held.has(n) || n <= this.passedOf(recordClass) || told.has(n);
      expect(isAccounted, `${n} is gone without a word`).toBe(true);
    }
  }
}

describe("any history of a journal with a budget", () => {
  it("leaves each number readable, passed by all readers, or named by exactly one gap", async () => {
    let run = 0;
    let drops = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(aStep, { minLength: 20, maxLength: 40 }), async (steps) => {
        const folder = await tempFolder();
        run += 1;
        let file = join(folder, `run-${run}.db`);
        const open = () => openJournal({ file, classes: CLASSES, readers: READERS, budget: aBudget(BUDGET) });
        let journal = await open();
        const seen = new Observer();

        for (const [i, step] of steps.entries()) {
          const fresh = new Set<number>();
          if (step.kind === "append") {
            const records = step.records.map(({ recordClass, size, group }) => ({
              recordClass,
              topic: "t",
              bytes: Buffer.alloc(size),
              ...(recordClass === "chunk" && group > 0 ? { group: `photo-${group}` } : {}),
            }));
            const numbers = await journal.append(records);
            for (const [j, n] of numbers.entries()) {
              const { recordClass = "", group } = records[j] ?? {};
              seen.classes.set(n, recordClass);
              if (group !== undefined) seen.groups.set(n, group);
              fresh.add(n);
            }
          } else if (step.kind === "advance") {
            const to = Math.min(
              journal.cursor(step.reader, step.recordClass) + step.by,
              Math.max(0, ...seen.classes.keys()),
            );
            journal.advance(step.reader, step.recordClass, to);
          } else if (step.kind === "reopen") {
            await journal.close();
            journal = await open();
          } else {
            // What a kill leaves: the files as they lie there between two commits.
            const copy = join(folder, `run-${run}-${i}.db`);
            await copyFile(file, copy);
            await copyFile(`${file}-wal`, `${copy}-wal`);
            await journal.close();
            file = copy;
            journal = await open();
          }
          await seen.look(journal, fresh);
        }
        drops += seen.named.size;
        await journal.close();
        await rm(folder, { recursive: true });
      }),
      { numRuns: HISTORIES },
    );
    expect(drops).toBeGreaterThan(HISTORIES);
  }, 240_000);
});
