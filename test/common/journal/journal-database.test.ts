import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { JournalDatabase } from "../../../common/journal/journal-database.ts";
import { packKept, packRecords } from "../../../common/journal/record-codec.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const commitOf = (text: string) => ({
  kind: "commit" as const,
  kept: packKept([]),
  packed: packRecords([{ n: 0, classIndex: 0, topic: "t", bytes: Buffer.from(text) }]),
  values: { head: text },
  moves: [],
});

describe("JournalDatabase", () => {
  it("cuts off what a commit that was reported as failed left in the file, and gives its number out anew", async () => {
    const start = { file: join(await tempFolder(), "journal.db"), classes: ["a"], readers: { r: ["a"] }, known: null };
    const database = new JournalDatabase(start);
    database.open();
    database.commit(commitOf("acknowledged"));
    database.close();
    // The same as a sync that failed after its bytes had reached the disk: the file knows more than was acknowledged.
    const stranger = new JournalDatabase(start);
    stranger.open();
    stranger.commit(commitOf("never acknowledged"));
    stranger.close();

    const { firstN } = database.commit({ ...commitOf("next"), values: {} });
    database.close();

    const again = new JournalDatabase(start);
    const { lastN, values, holdings } = again.open();
    const read = Buffer.from(again.read({ kind: "read", recordClass: "a", after: 0, limit: 10 })).toString("latin1");
    again.close();
    expect(firstN).toBe(2);
    expect({ lastN, values, pending: holdings[0]?.pending }).toEqual({
      lastN: 2,
      values: { head: "acknowledged" },
      pending: 2,
    });
    expect(read).toContain("next");
    expect(read).not.toContain("never");
  });

  it("cuts the file back to what the thread before it is known to have committed", async () => {
    const start = { file: join(await tempFolder(), "journal.db"), classes: ["a"], readers: { r: ["a"] }, known: null };
    const before = new JournalDatabase(start);
    before.open();
    before.commit(commitOf("acknowledged"));
    before.commit(commitOf("never acknowledged"));
    before.close();

    const after = new JournalDatabase({ ...start, known: { lastN: 1, values: { head: "acknowledged" } } });
    const opened = after.open();
    const { firstN } = after.commit({ ...commitOf("next"), values: {} });
    after.close();

    expect(opened).toMatchObject({ lastN: 1, values: { head: "acknowledged" }, holdings: [{ pending: 1 }] });
    expect(firstN).toBe(2);
  });
});
