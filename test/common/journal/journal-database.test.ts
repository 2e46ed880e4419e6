import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { JournalDatabase } from "../../../common/journal/journal-database.ts";
import { packKept, packRecords, storedRecords } from "../../../common/journal/record-codec.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { createGapWriter } from "./plain-gap-writer.ts";
import { numbersIn } from "./small-budget.ts";

const commitOf = (text: string) => ({
  kind: "commit" as const,
  kept: packKept([]),
  packed: packRecords([{ n: 0, classIndex: 0, topic: "t", bytes: Buffer.from(text) }]),
  values: { head: text },
  moves: [],
});

describe("JournalDatabase", () => {
  it("cuts off what a commit that was reported as failed left in the file, and gives its number out anew", async () => {
    const start = {
      file: join(await tempFolder(), "journal.db"),
      classes: ["a"],
      readers: { r: ["a"] },
      budget: null,
      known: null,
    };
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
    const start = {
      file: join(await tempFolder(), "journal.db"),
      classes: ["a"],
      readers: { r: ["a"] },
      budget: null,
      known: null,
    };
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

describe("JournalDatabase with a budget", () => {
  const classes = ["alert", "chunk"];
  const budget = {
    bytes: 4_000,
    shares: [400, 400],
    gapClass: "alert",
    gapWriter: "",
    owner: null,
  };
  const chunks = (text: string) => ({
    kind: "commit" as const,
    packed: packRecords(
      [1, 2].map((i) => ({ n: 0, classIndex: 1, topic: "t", bytes: Buffer.alloc(900, `${text}${i}`) })),
    ),
    kept: packKept([]),
    values: { head: text },
    moves: [],
  });
  const room = { kind: "make-room" as const, incoming: [0, 2_000], moves: [], stamp: "noon" };
  const gapsIn = (packed: ArrayBuffer | null) => (packed === null ? [] : numbersIn(storedRecords(packed, "alert")));

  it("keeps room that was made though it was reported as failed, and tells of its gap", async () => {
    const file = join(await tempFolder(), "journal.db");
    const start = { file, classes, readers: { r: classes }, budget, known: null };
    const database = new JournalDatabase(start);
    database.open();
    database.commit(chunks("a"));
    database.commit(chunks("b"));
    database.close();
    // Room and a batch whose syncs failed after their bytes had reached the disk.
    const stranger = new JournalDatabase(start);
    stranger.open();
    const made = stranger.makeRoom(room, createGapWriter);
    stranger.commit(chunks("never acknowledged"));
    stranger.close();

    const committed = database.commit(chunks("next"));
    const second = database.makeRoom(room, createGapWriter);
    const left = Buffer.from(database.read({ kind: "read", recordClass: "chunk", after: 0, limit: 10 })).toString(
      "latin1",
    );
    database.close();

    const named = gapsIn(made.gaps);
    expect(named.length).toBeGreaterThan(0);
    expect(gapsIn(committed.gaps)).toEqual(named);
    expect(committed.firstN).toBe(6);
    expect(gapsIn(second.gaps)).toEqual(expect.arrayContaining([...named, 5]));
    expect(left).toContain("next");
    expect(left).not.toContain("never");
  });

  it("does so too when the thread that made it is gone", async () => {
    const file = join(await tempFolder(), "journal.db");
    const start = { file, classes, readers: { r: classes }, budget, known: null };
    const before = new JournalDatabase(start);
    before.open();
    before.commit(chunks("a"));
    before.commit(chunks("b"));
    before.makeRoom(room, createGapWriter);
    before.commit(chunks("never acknowledged"));
    before.close();

    const known = { lastN: 4, values: { head: "b" } };
    const after = new JournalDatabase({ ...start, known });
    const opened = after.open();
    after.close();

    expect(opened).toMatchObject({ lastN: 5, values: { head: "b" } });
    expect(gapsIn(opened.gaps).length).toBeGreaterThan(0);
  });
});
