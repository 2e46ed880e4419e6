import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { JournalBudget } from "#journal/budget.ts";
import { type Journal, JournalUnavailable, type StoredRecord } from "#journal/journal.ts";
import { openJournal } from "#journal/sqlite-journal.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { GAP_TOPIC, rangesOf, UNSPEAKABLE } from "./plain-gap-writer.ts";
import { aBudget, allOf, CLASSES, numbersIn } from "./small-budget.ts";

async function open(file: string, budget?: JournalBudget): Promise<Journal> {
  const journal = await openJournal({
    file,
    classes: CLASSES,
    readers: { reader: CLASSES },
    ...(budget === undefined ? {} : { budget }),
  });
  onTestFinished(() => journal.close());
  return journal;
}

const newFile = async () => join(await tempFolder(), "journal.db");

/** About a thousand bytes in the budget. */
const aRecord = (recordClass: string, group?: string) => ({
  recordClass,
  topic: "t",
  bytes: Buffer.alloc(950),
  ...(group === undefined ? {} : { group }),
});

const numbersOf = (records: readonly StoredRecord[]) => records.map(({ n }) => n);
const gapsOf = async (journal: Journal) => (await allOf(journal, "alert")).filter(({ topic }) => topic === GAP_TOPIC);

describe("a journal with a budget", () => {
  it("drops the oldest of the least worthy class that is above its share, and says so in a gap", async () => {
    const journal = await open(await newFile(), aBudget(20_000));
    for (let i = 0; i < 10; i += 1) await journal.append([aRecord("visit"), aRecord("chunk")]);

    await journal.append([aRecord("visit")]);

    const [gap] = await gapsOf(journal);
    const left = numbersOf(await allOf(journal, "chunk"));
    expect(numbersOf(await allOf(journal, "visit"))).toHaveLength(11);
    expect(left.length).toBeLessThan(10);
    expect(left).toEqual([2, 4, 6, 8, 10, 12, 14, 16, 18, 20].slice(-left.length));
    expect(gap === undefined ? [] : numbersIn([gap])).toEqual(
      [2, 4, 6, 8, 10, 12, 14, 16, 18].slice(0, 10 - left.length),
    );
    expect(gap?.n).toBe(21);
  });

  it("never takes a class below its share for a worthier one", async () => {
    const journal = await open(await newFile(), aBudget(20_000));
    await journal.append(Array.from({ length: 4 }, () => aRecord("chunk")));

    for (let i = 0; i < 60; i += 1) await journal.append([aRecord("visit")]);

    expect(numbersOf(await allOf(journal, "chunk"))).toEqual([1, 2, 3, 4]);
    const visits = await allOf(journal, "visit");
    expect(visits.length).toBeGreaterThan(10);
    expect(visits.at(-1)?.n).toBeGreaterThan(60);
  });

  it("drops a group whole, however much of it is needed", async () => {
    const journal = await open(await newFile(), aBudget(20_000));
    await journal.append([aRecord("chunk", "photo-a"), aRecord("chunk", "photo-b"), aRecord("chunk", "photo-a")]);
    await journal.append(Array.from({ length: 14 }, () => aRecord("chunk", "photo-b")));
    await journal.append([aRecord("chunk", "photo-a"), aRecord("chunk", "photo-c")]);

    await journal.append([aRecord("visit")]);

    expect(numbersOf(await allOf(journal, "chunk")).filter((n) => [1, 3, 18].includes(n))).toEqual([]);
    expect(numbersIn(await gapsOf(journal))).toEqual(expect.arrayContaining([1, 3, 18]));
    expect(numbersOf(await allOf(journal, "chunk"))).toContain(19);
  });

  it("has one pending gap for a class, which takes up the one before it with its number", async () => {
    const journal = await open(await newFile(), aBudget(20_000));

    for (let i = 0; i < 200; i += 1) await journal.append([aRecord("chunk")]);

    const gaps = await gapsOf(journal);
    const named = numbersIn(gaps);
    const there = [...numbersOf(await allOf(journal, "chunk")), ...numbersOf(gaps)];
    expect(gaps).toHaveLength(1);
    expect([...named, ...there].sort((a, b) => a - b)).toEqual(
      Array.from({ length: named.length + there.length }, (_, i) => i + 1),
    );
  });

  it("begins a new gap once the one before it was passed, and names nothing that was passed", async () => {
    const journal = await open(await newFile(), aBudget(20_000));
    for (let i = 0; i < 30; i += 1) await journal.append([aRecord("chunk")]);
    const [first] = await gapsOf(journal);
    const firstChunks = numbersOf(await allOf(journal, "chunk"));
    journal.advance("reader", "alert", first?.n ?? 0);
    journal.advance("reader", "chunk", firstChunks.at(-1) ?? 0);

    for (let i = 0; i < 30; i += 1) await journal.append([aRecord("chunk")]);

    const named = numbersIn(await gapsOf(journal));
    expect(named.length).toBeGreaterThan(0);
    expect(named).not.toContain(first?.n);
    expect(named.filter((n) => n <= (firstChunks.at(-1) ?? 0))).toEqual([]);
  });

  it("keeps a gap small and begins another one where it would name too many ranges", async () => {
    const journal = await open(await newFile(), aBudget(400_000));

    let last: readonly number[] = [];
    for (let i = 0; i < 20; i += 1) {
      const pairs = Array.from({ length: 100 }, () => [
        { ...aRecord("chunk"), bytes: Buffer.alloc(1_900) },
        { ...aRecord("visit"), bytes: Buffer.alloc(1) },
      ]);
      last = await journal.append(pairs.flat());
    }

    const gaps = await gapsOf(journal);
    expect(gaps.length).toBeGreaterThan(2);
    expect(Math.max(...gaps.map((gap) => rangesOf(gap).length))).toBeLessThanOrEqual(500);
    const chunks = numbersOf(await allOf(journal, "chunk"));
    const named = numbersIn(gaps);
    expect(new Set(named).size).toBe(named.length);
    const left = chunks.length + (await allOf(journal, "visit")).length + gaps.length;
    expect(left + named.length).toBe(last.at(-1));
  });

  it("tells its listeners of gaps in order, counts what it holds and what it has lost", async () => {
    const heard: StoredRecord[] = [];
    const onDropped = vi.fn();
    const file = await newFile();
    const journal = await open(file, aBudget(20_000, { onDropped }));
    journal.onCommitted((records) => heard.push(...records));

    for (let i = 0; i < 30; i += 1) await journal.append([aRecord("chunk")]);
    const stats = journal.stats();
    await journal.close();

    const lastN = heard.at(-1)?.n ?? 0;
    expect(numbersOf(heard)).toEqual(Array.from({ length: lastN }, (_, i) => i + 1));
    expect(heard.some(({ topic, recordClass }) => topic === GAP_TOPIC && recordClass === "alert")).toBe(true);
    expect(stats.dropped).toEqual({ alert: 0, visit: 0, chunk: 30 - (stats.pending.chunk ?? 0) });
    expect(onDropped).toHaveBeenCalledWith({ chunk: expect.any(Number) });
    expect(stats.budgetBytes).toBe(20_000);
    expect(Object.values(stats.bytes).reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(20_000 + 300);
    const again = await open(file, aBudget(20_000));
    expect(again.stats().bytes).toEqual(stats.bytes);
  });

  it("makes room by itself where it is opened with a smaller budget", async () => {
    const file = await newFile();
    const before = await open(file, aBudget(200_000));
    for (let i = 0; i < 100; i += 1) await before.append([aRecord("chunk", `photo-${i >> 2}`)]);
    await before.close();

    const after = await open(file, aBudget(20_000));

    await vi.waitFor(() => expect(after.stats().bytes.chunk).toBeLessThan(20_000), 10_000);
    const chunks = numbersOf(await allOf(after, "chunk"));
    expect(chunks.length % 4).toBe(0);
    expect([...numbersIn(await gapsOf(after)), ...chunks].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 100 }, (_, i) => i + 1),
    );
  });

  it("refuses what cannot be told: a gap that cannot be written loses nothing", async () => {
    const journal = await open(await newFile(), aBudget(20_000, { stamp: () => UNSPEAKABLE }));
    for (let i = 0; i < 19; i += 1) await journal.append([aRecord("chunk")]);

    const refused = await journal.append([aRecord("visit"), aRecord("visit")]).catch((error: unknown) => error);

    expect(refused).toBeInstanceOf(JournalUnavailable);
    expect(numbersOf(await allOf(journal, "chunk"))).toHaveLength(19);
  });

  it("opens a file of the time before groups, and counts it", async () => {
    const file = await newFile();
    const old = new DatabaseSync(file);
    old.exec(`
      PRAGMA journal_mode=WAL;
      CREATE TABLE log (id INTEGER PRIMARY KEY CHECK (id = 1), last_n INTEGER NOT NULL) STRICT;
      INSERT INTO log VALUES (1, 2);
      CREATE TABLE class (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
      INSERT INTO class VALUES (1, 'alert'), (2, 'visit'), (3, 'chunk');
      CREATE TABLE record_1 (n INTEGER PRIMARY KEY, topic TEXT NOT NULL, bytes BLOB NOT NULL) STRICT;
      CREATE TABLE record_2 (n INTEGER PRIMARY KEY, topic TEXT NOT NULL, bytes BLOB NOT NULL) STRICT;
      CREATE TABLE record_3 (n INTEGER PRIMARY KEY, topic TEXT NOT NULL, bytes BLOB NOT NULL) STRICT;
      INSERT INTO record_3 VALUES (1, 't', zeroblob(950)), (2, 't', zeroblob(950));
    `);
    old.close();

    const journal = await open(file, aBudget(20_000));
    for (let i = 0; i < 20; i += 1) await journal.append([aRecord("chunk", "photo")]);

    expect(numbersIn(await gapsOf(journal))).toEqual(expect.arrayContaining([1, 2]));
    await journal.close();
    await expect(open(file, aBudget(20_000))).resolves.toBeDefined();
  });
});
