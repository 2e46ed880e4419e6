import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setImmediate } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import type { JournalBudget } from "#journal/budget.ts";
import type { Journal } from "#journal/journal.ts";
import { openJournal } from "#journal/sqlite-journal.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { until } from "../../support/until.ts";

const CLASSES = ["alert", "reading"];
const aRecord = (text: string, recordClass = "reading") => ({ recordClass, topic: "t/a", bytes: Buffer.from(text) });

async function open(folder: string, budget?: JournalBudget): Promise<Journal> {
  const file = join(folder, "journal.db");
  const options = { file, classes: CLASSES, readers: { own: CLASSES } };
  const journal = await openJournal(budget === undefined ? options : { ...options, budget });
  onTestFinished(() => journal.close());
  return journal;
}

const cleared = (journal: Journal, pending: number) =>
  until(`${pending} are left`, () => journal.stats().pending.reading === pending);

describe("a reader that is added to a journal", () => {
  it("begins at the newest number, and nothing is cleared that it has not passed, until it is removed", async () => {
    const journal = await open(await tempFolder());
    await journal.append([aRecord("before")]);

    await journal.addReader("guest", CLASSES);
    await journal.append([aRecord("a"), aRecord("b"), aRecord("c")]);
    journal.advance("own", "reading", 4);
    await cleared(journal, 3);

    expect(journal.cursor("guest", "reading")).toBe(1);
    journal.advance("guest", "reading", 3);
    await cleared(journal, 1);
    await journal.removeReader("guest");
    await cleared(journal, 0);
    expect(() => journal.cursor("guest", "reading")).toThrow("no reader");
    expect(journal.cursors().map(({ reader }) => reader)).toEqual(["own", "own"]);
  });

  it("is there after the journal was opened anew, where it stood", async () => {
    const folder = await tempFolder();
    const first = await open(folder);
    await first.addReader("guest", ["reading"]);
    await first.append([aRecord("a"), aRecord("b")]);
    first.advance("own", "reading", 2);
    first.advance("guest", "reading", 1);
    await first.close();

    const second = await open(folder);

    expect(second.addedReaders()).toEqual(["guest"]);
    expect(second.cursor("guest", "reading")).toBe(1);
    expect((await second.read("reading", 1, 10)).map(({ n }) => n)).toEqual([2]);
  });

  it("begins anew when it was removed and is added again, even in one breath", async () => {
    const journal = await open(await tempFolder());
    await journal.addReader("guest", ["reading"]);
    await journal.append([aRecord("a"), aRecord("b")]);
    await journal.removeReader("guest");

    await Promise.all([journal.addReader("guest", ["reading"]), journal.addReader("other", ["reading"])]);

    expect(journal.cursor("guest", "reading")).toBe(2);
    expect([...journal.addedReaders()].sort()).toEqual(["guest", "other"]);
    await journal.append([aRecord("c")]);
    await Promise.all([journal.removeReader("guest"), journal.addReader("guest", ["reading"])]);
    expect(journal.addedReaders()).toContain("guest");
    expect(journal.cursor("guest", "reading")).toBe(3);
    expect(journal.cursor("other", "reading")).toBe(2);
    await Promise.all([journal.addReader("guest", ["reading"]), journal.removeReader("guest")]);
    expect(journal.addedReaders()).toEqual(["other"]);
  });

  it("leaves no cursor in the file when it is removed, not even one that moved a moment before", async () => {
    const folder = await tempFolder();
    const journal = await open(folder);
    await journal.addReader("guest", CLASSES);
    await journal.append([aRecord("a")]);
    journal.advance("guest", "reading", 1);
    await journal.removeReader("guest");
    await journal.close();

    const file = new DatabaseSync(join(folder, "journal.db"));

    expect(file.prepare("SELECT reader FROM cursor WHERE reader = 'guest'").all()).toEqual([]);
    file.close();
  });

  it("is not there when its transaction was refused, whatever was asked for meanwhile", async () => {
    const gapWriter = new URL("file:///nowhere/no-writer.ts");
    const budget = { bytes: 100_000, shares: {}, gapClass: "alert", gapWriter, owner: null, stamp: () => null };
    const journal = await open(await tempFolder(), budget);
    const refused = Promise.allSettled([
      journal.addReader("refused", CLASSES),
      journal.append([aRecord("x".repeat(200_000))]),
    ]);
    await setImmediate();

    await journal.addReader("taken", CLASSES);

    expect((await refused).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(journal.addedReaders()).toEqual(["taken"]);
    await journal.removeReader("refused");
    expect(journal.addedReaders()).toEqual(["taken"]);
  });

  it("stays as it is when it is added twice, and is none of the journal's own", async () => {
    const journal = await open(await tempFolder());
    await journal.addReader("guest", ["reading"]);
    await journal.append([aRecord("a")]);
    await journal.addReader("guest", ["reading"]);

    expect(journal.cursor("guest", "reading")).toBe(0);
    await expect(journal.addReader("own", ["reading"])).rejects.toThrow("own");
    await expect(journal.addReader("x", ["nonsense"])).rejects.toThrow("no class");
  });
});
