import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import type { Journal, StoredRecord } from "#journal/journal.ts";
import { openJournal } from "#journal/sqlite-journal.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const CLASSES = ["alert", "reading"] as const;
const HISTORIES = process.env.DVORNIK_LONG === undefined ? 10 : 60;
const READERS = { air: ["reading"], sites: ["alert"], copy: ["alert", "reading"] };

let folder = "";
let opened: Journal[] = [];

beforeEach(async () => {
  folder = await tempFolder();
  opened = [];
});
afterEach(async () => {
  for (const journal of opened) await journal.close();
});

async function open(name = "journal.db", classes: readonly string[] = CLASSES): Promise<Journal> {
  const journal = await openJournal({ file: join(folder, name), classes, readers: READERS });
  opened.push(journal);
  return journal;
}

const aRecord = (text: string, recordClass = "reading") => ({ recordClass, topic: "t/a", bytes: Buffer.from(text) });
const textsOf = (records: readonly StoredRecord[]) => records.map(({ bytes }) => Buffer.from(bytes).toString());
const numbersOf = (records: readonly StoredRecord[]) => records.map(({ n }) => n);

describe("openJournal", () => {
  it("numbers records from 1 over all classes without holes", async () => {
    const journal = await open();

    const first = await journal.append([aRecord("a"), aRecord("b", "alert")]);
    const second = await journal.append([aRecord("c")]);

    expect([...first, ...second]).toEqual([1, 2, 3]);
    expect(numbersOf(await journal.read("reading", 0, 10))).toEqual([1, 3]);
    expect(numbersOf(await journal.read("alert", 0, 10))).toEqual([2]);
  });

  it("gives records back as they were, oldest first, above a number and up to a limit", async () => {
    const journal = await open();
    await journal.append([aRecord(""), aRecord("ä\u0000b"), aRecord("c"), aRecord("d")]);

    const records = await journal.read("reading", 1, 2);

    expect(textsOf(records)).toEqual(["ä\u0000b", "c"]);
    expect(records[0]).toMatchObject({ n: 2, recordClass: "reading", topic: "t/a" });
  });

  it("gathers what arrives during a sync into one transaction", async () => {
    const journal = await open();

    await Promise.all(Array.from({ length: 500 }, (_, i) => journal.append([aRecord(`${i}`)])));

    expect(journal.stats().commits).toBeLessThan(50);
    expect(textsOf(await journal.read("reading", 0, 500))).toEqual(Array.from({ length: 500 }, (_, i) => `${i}`));
  });

  it("keeps records, values and cursors over a restart", async () => {
    const before = await open();
    await before.append([aRecord("a"), aRecord("b")], { head: "b", log: "x" });
    before.advance("air", "reading", 1);
    await before.close();

    const after = await open();

    expect(after.value("head")).toBe("b");
    expect(after.cursor("air", "reading")).toBe(1);
    expect(after.cursor("copy", "reading")).toBe(0);
    expect(textsOf(await after.read("reading", 0, 10))).toEqual(["a", "b"]);
    expect(await after.append([aRecord("c")])).toEqual([3]);
  });

  it("commits values alone, and the last of one batch wins", async () => {
    const journal = await open();

    await Promise.all([journal.append([], { head: "1" }), journal.append([], { head: "2" })]);

    expect(journal.value("head")).toBe("2");
  });

  it("clears a record once every reader of its class has passed it", async () => {
    const journal = await open();
    await journal.append([aRecord("a"), aRecord("b"), aRecord("c", "alert")]);

    journal.advance("air", "reading", 2);
    await journal.append([], { any: "commit" });
    expect(numbersOf(await journal.read("reading", 0, 10))).toEqual([1, 2]);
    journal.advance("copy", "reading", 1);

    await vi.waitFor(async () => expect(numbersOf(await journal.read("reading", 0, 10))).toEqual([2]), 10_000);
    expect(journal.stats()).toMatchObject({ pending: { alert: 1, reading: 1 }, oldestPending: 2 });
  });

  it("never gives a number twice, though everything was cleared before a restart", async () => {
    const before = await open();
    await before.append([aRecord("a"), aRecord("b")]);
    before.advance("air", "reading", 2);
    before.advance("copy", "reading", 2);
    await before.close();

    const after = await open();

    expect(after.stats()).toMatchObject({ pending: { reading: 0 }, oldestPending: null });
    expect(await after.append([aRecord("c")])).toEqual([3]);
  });

  it("moves cursors forward only, and never past the last number", async () => {
    const journal = await open();
    await journal.append([aRecord("a"), aRecord("b")]);

    journal.advance("air", "reading", 2);
    journal.advance("air", "reading", 1);

    expect(journal.cursor("air", "reading")).toBe(2);
    expect(() => journal.advance("air", "reading", 3)).toThrow(RangeError);
  });

  it("calls back with what each commit added, in order", async () => {
    const journal = await open();
    const seen: StoredRecord[] = [];
    const stop = journal.onCommitted((records) => seen.push(...records));

    await journal.append([aRecord("a"), aRecord("b", "alert")]);
    stop();
    await journal.append([aRecord("c")]);

    expect(seen.map(({ n, recordClass }) => [n, recordClass])).toEqual([
      [1, "reading"],
      [2, "alert"],
    ]);
  });

  it("keeps an append and the other listeners from what a listener throws, and says what it was", async () => {
    const errors: unknown[] = [];
    const onListenerError = (error: unknown) => errors.push(error);
    const journal = await openJournal({
      file: join(folder, "j.db"),
      classes: CLASSES,
      readers: READERS,
      onListenerError,
    });
    opened.push(journal);
    const seen: StoredRecord[] = [];
    journal.onCommitted(() => {
      throw new Error("a bad listener");
    });
    journal.onCommitted((records) => seen.push(...records));

    expect(await journal.append([aRecord("a")])).toEqual([1]);

    expect(numbersOf(seen)).toEqual([1]);
    expect(errors).toEqual([new Error("a bad listener")]);
  });

  it("refuses while its thread is gone, starts it anew and goes on where it was", async () => {
    const threads: Worker[] = [];
    const note = (worker: Worker) => threads.push(worker);
    process.on("worker", note);
    onTestFinished(() => {
      process.off("worker", note);
    });
    const journal = await open();
    await journal.append([aRecord("a"), aRecord("b")], { head: "b" });
    journal.advance("air", "reading", 1);

    const refused = journal.append([{ ...aRecord("c"), bytes: Buffer.alloc(4_000_000) }], { head: "c" });
    await Promise.all([
      expect(refused).rejects.toMatchObject({ code: "journal-unavailable" }),
      new Promise<void>((resolve) => setImmediate(resolve)).then(() => threads[0]?.terminate()),
    ]);
    expect(journal.stats()).toMatchObject({ isHealthy: false, trouble: expect.stringMatching(/thread is gone/) });
    await expect(journal.append([aRecord("d")])).rejects.toMatchObject({ code: "journal-unavailable" });

    await vi.waitFor(() => expect(journal.stats()).toMatchObject({ isHealthy: true, trouble: null }), 15_000);
    expect(await journal.append([aRecord("e")])).toEqual([3]);
    expect(textsOf(await journal.read("reading", 0, 10))).toEqual(["a", "b", "e"]);
    expect(journal.value("head")).toBe("b");
    expect(threads).toHaveLength(2);
    await journal.close();
    const again = await open();
    expect(again.cursor("air", "reading")).toBe(1);
    expect(textsOf(await again.read("reading", 0, 10))).toEqual(["a", "b", "e"]);
  });

  it("refuses classes and readers that it was not opened with", async () => {
    const journal = await open();

    await expect(journal.append([aRecord("a", "photo")])).rejects.toMatchObject({ code: "unknown-class" });
    await expect(journal.read("photo", 0, 1)).rejects.toMatchObject({ code: "unknown-class" });
    expect(() => journal.advance("air", "alert", 0)).toThrow(expect.objectContaining({ code: "unknown-class" }));
    await expect(open("other.db", ["chunk"])).rejects.toMatchObject({ code: "unknown-class" });
  });

  it("says clearly that another has the file open, or that it cannot be opened", async () => {
    await open();
    await mkdir(join(folder, "a-folder"));

    await expect(open()).rejects.toMatchObject({ code: "journal-in-use" });
    await expect(open("a-folder")).rejects.toMatchObject({ code: "journal-unavailable" });
  });

  it("takes no append after its close, and closes twice", async () => {
    const journal = await open();
    const last = journal.append([aRecord("a")]);

    await journal.close();
    await journal.close();

    expect(await last).toEqual([1]);
    await expect(journal.append([aRecord("b")])).rejects.toMatchObject({ code: "journal-unavailable" });
  });

  it("answers a read of large records with a part, never with nothing", async () => {
    const journal = await open();
    await journal.append(Array.from({ length: 12 }, () => ({ ...aRecord(""), bytes: Buffer.alloc(1024 * 1024) })));

    const first = await journal.read("reading", 0, 12);
    const next = await journal.read("reading", first.at(-1)?.n ?? 0, 12);

    expect(first.length).toBeGreaterThan(0);
    expect(first.length).toBeLessThan(12);
    expect(next[0]?.n).toBe(first.length + 1);
  });
});

type Step =
  | { readonly kind: "append"; readonly classes: readonly string[] }
  | { readonly kind: "advance"; readonly reader: string; readonly recordClass: string; readonly to: number }
  | { readonly kind: "reopen" };

const aStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("append" as const),
      classes: fc.array(fc.constantFrom(...CLASSES), { maxLength: 6 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom(
        ...Object.entries(READERS).flatMap(([reader, classes]) => classes.map((c) => ({ reader, recordClass: c }))),
      )
      .chain((own) => fc.nat(30).map((to) => ({ kind: "advance" as const, ...own, to }))),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "reopen" as const }) },
);

describe("any history of a journal", () => {
  it("leaves the same records, numbers and cursors as a plain model in memory", async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(aStep, { maxLength: 25 }), async (steps) => {
        run += 1;
        const name = `run-${run}.db`;
        const model = { all: new Map<number, string>(), lastN: 0, cursors: new Map<string, number>() };
        let journal = await open(name);

        for (const step of steps) {
          if (step.kind === "append") {
            const numbers = await journal.append(step.classes.map((c, i) => aRecord(`${model.lastN + i + 1}`, c)));
            expect(numbers).toEqual(step.classes.map((_, i) => model.lastN + i + 1));
            for (const [i, n] of numbers.entries()) model.all.set(n, step.classes[i] ?? "");
            model.lastN += numbers.length;
          } else if (step.kind === "advance") {
            const key = `${step.reader} ${step.recordClass}`;
            const to = Math.min(step.to, model.lastN);
            journal.advance(step.reader, step.recordClass, to);
            model.cursors.set(key, Math.max(to, model.cursors.get(key) ?? 0));
          } else {
            await journal.close();
            journal = await open(name);
          }
        }
        await journal.close();
        journal = await open(name);

        for (const recordClass of CLASSES) {
          const readers = Object.entries(READERS).filter(([, classes]) => classes.includes(recordClass));
          const cursors = readers.map(([reader]) => model.cursors.get(`${reader} ${recordClass}`) ?? 0);
          const expected = [...model.all].filter(([n, c]) => c === recordClass && n > Math.min(...cursors));
          const records = await journal.read(recordClass, 0, 1000);
          expect(numbersOf(records)).toEqual(expected.map(([n]) => n));
          expect(textsOf(records)).toEqual(expected.map(([n]) => `${n}`));
          expect(readers.map(([reader]) => journal.cursor(reader, recordClass))).toEqual(cursors);
          expect(journal.stats().pending[recordClass]).toBe(expected.length);
        }
        await journal.close();
      }),
      { numRuns: HISTORIES },
    );
  }, 240_000);
});
