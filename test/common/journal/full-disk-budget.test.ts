import { copyFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Journal, JournalUnavailable } from "#journal/journal.ts";
import { openJournal } from "#journal/sqlite-journal.ts";
import { maySmallDisk, mountSmallDisk } from "../../support/small-disk.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { until } from "../../support/until.ts";
import { GAP_TOPIC } from "./plain-gap-writer.ts";
import { aBudget, allOf, CLASSES, numbersIn } from "./small-budget.ts";

const MIB = 1024 * 1024;
const DISK_MIB = 8;
const inTurn = { timeout: 120_000, skip: !maySmallDisk };

async function open(folder: string, budgetBytes: number): Promise<Journal> {
  const file = join(folder, "journal.db");
  const journal = await openJournal({ file, classes: CLASSES, readers: { r: CLASSES }, budget: aBudget(budgetBytes) });
  onTestFinished(() => journal.close());
  return journal;
}

/** Records of 300 and of 30,000 bytes; about 64 KiB together. */
const aBatch = () => [
  ...Array.from({ length: 12 }, () => ({ recordClass: "visit", topic: "t", bytes: Buffer.alloc(300) })),
  ...Array.from({ length: 2 }, (_, i) => ({ recordClass: "chunk", topic: "t", bytes: Buffer.alloc(30_000, i) })),
];

/** Appends until it is refused or `bytes` are in; the acknowledged numbers. */
async function appendUntilRefused(journal: Journal, bytes: number): Promise<number[]> {
  const numbers: number[] = [];
  for (let left = bytes; left > 0; left -= 64 * 1024) {
    const given = await journal.append(aBatch()).catch((error: unknown) => {
      if (error instanceof JournalUnavailable) return undefined;
      throw error;
    });
    if (given === undefined) break;
    numbers.push(...given);
  }
  return numbers;
}

const passAll = (journal: Journal) => {
  for (const recordClass of CLASSES) journal.advance("r", recordClass, journal.newest());
};

async function expectAllAccounted(journal: Journal, acknowledged: readonly number[]): Promise<void> {
  const held = (await Promise.all(CLASSES.map((name) => allOf(journal, name)))).flat();
  const readable = new Set(held.map(({ n }) => n));
  const named = numbersIn(held.filter(({ topic }) => topic === GAP_TOPIC));
  const told = new Set(named);
  expect(acknowledged.filter((n) => !readable.has(n) && !told.has(n))).toEqual([]);
  expect(named.filter((n) => readable.has(n))).toEqual([]);
}

describe("a journal with a budget on a full disk (needs the right to mount a tmpfs)", () => {
  it("takes again once its reader has caught up, though nobody gave the disk room", inTurn, async () => {
    const disk = await mountSmallDisk(join(await tempFolder(), "small"), DISK_MIB);
    const journal = await open(disk.folder, 100 * MIB);
    await appendUntilRefused(journal, 3 * MIB);
    await disk.fill();

    for (let round = 0; round < 5; round += 1) {
      const more = await appendUntilRefused(journal, 100 * MIB);
      expect(journal.stats().isHealthy).toBe(false);
      await until("it says so for good", () => !journal.stats().isHealthy);
      passAll(journal);
      await until("it takes again", () => journal.stats().isHealthy);
      if (round > 0) expect(more.length).toBeGreaterThan(14 * 8);
    }

    const last = await journal.append(aBatch());
    expect((await allOf(journal, "chunk")).map(({ n }) => n)).toEqual(last.slice(-2));
    await disk.empty();
  });

  it("goes on dropping when the disk is full beside it", inTurn, async () => {
    const disk = await mountSmallDisk(join(await tempFolder(), "small"), DISK_MIB);
    const journal = await open(disk.folder, 3 * MIB);
    const acknowledged = await appendUntilRefused(journal, 6 * MIB);
    await disk.fill();

    let refusals = 0;
    for (let taken = 0; taken < 10 * MIB; ) {
      const numbers = await appendUntilRefused(journal, MIB);
      acknowledged.push(...numbers);
      taken += (numbers.length / 14) * 64 * 1024;
      if (numbers.length < 14 * 16) refusals += 1;
      await until("it is well", () => journal.stats().isHealthy);
    }

    expect(refusals).toBeLessThan(5);
    expect(journal.stats().dropped.chunk).toBeGreaterThan(100);
    await expectAllAccounted(journal, acknowledged);
  });

  it("makes room by itself where it is opened with a smaller budget", inTurn, async () => {
    const disk = await mountSmallDisk(join(await tempFolder(), "small"), DISK_MIB);
    const before = await open(disk.folder, 100 * MIB);
    const acknowledged = await appendUntilRefused(before, 3 * MIB);
    await disk.fill();
    acknowledged.push(...(await appendUntilRefused(before, 100 * MIB)));
    await before.close();
    await disk.fill();

    const after = await open(disk.folder, 2 * MIB);
    const more = await until("it takes again", async () => {
      const numbers = await appendUntilRefused(after, MIB);
      acknowledged.push(...numbers);
      return numbers.length === 14 * 16 ? numbers : undefined;
    });

    expect(more).toHaveLength(14 * 16);
    await expectAllAccounted(after, acknowledged);
  });

  it("comes back from a kill in the middle of it", inTurn, async () => {
    const disk = await mountSmallDisk(join(await tempFolder(), "small"), DISK_MIB);
    const before = await open(disk.folder, 100 * MIB);
    const acknowledged = await appendUntilRefused(before, 3 * MIB);
    await disk.fill();
    acknowledged.push(...(await appendUntilRefused(before, 100 * MIB)));
    const killed = await tempFolder();
    const ends = ["", "-wal", "-reserve"];
    for (const end of ends) await copyFile(join(disk.folder, `journal.db${end}`), join(killed, `journal.db${end}`));
    await before.close();
    for (const end of ends) await rm(join(disk.folder, `journal.db${end}`), { force: true });
    for (const end of ends) await copyFile(join(killed, `journal.db${end}`), join(disk.folder, `journal.db${end}`));

    const after = await open(disk.folder, 100 * MIB);
    await expectAllAccounted(after, acknowledged);
    passAll(after);
    const numbers = await until("it takes again", async () => {
      const given = await appendUntilRefused(after, MIB);
      return given.length > 0 ? given : undefined;
    });

    expect(Math.min(...numbers)).toBeGreaterThan(Math.max(...acknowledged));
  });
});
