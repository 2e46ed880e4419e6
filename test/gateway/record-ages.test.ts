import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openJournal } from "#journal/sqlite-journal.ts";
import { startRecordAges, thinned } from "../../gateway/record-ages.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { until } from "../support/until.ts";

const fail = (error: unknown) => {
  throw error;
};

describe("the ages of records", () => {
  it("are those since a record was appended, also after a restart", async () => {
    const file = join(await tempFolder(), "journal.db");
    const options = { file, classes: ["reading"], readers: { air: ["reading"] } };
    let nowMs = 1_000_000_000_000;
    const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
    const journal = await openJournal(options);
    const ages = await startRecordAges(journal, clock, fail);
    const append = () => journal.append([{ recordClass: "reading", topic: "t", bytes: Buffer.from("x") }]);
    await append();
    await until("the first is marked", () => {
      nowMs += 1000;
      return ages.ageS(1) > 0;
    });
    nowMs += 3_600_000;
    await append();
    await until("the marks are on disk", async () => (await journal.kept()).size === 1);
    expect(ages.ageS(1)).toBeGreaterThanOrEqual(3_600);
    expect(ages.ageS(2)).toBe(0);
    await ages.close();
    await journal.close();

    const again = await openJournal(options);
    nowMs += 60_000;
    const later = await startRecordAges(again, clock, fail);

    expect(later.ageS(1)).toBeGreaterThanOrEqual(3_660);
    expect(later.ageS(2)).toBe(60);
    await later.close();
    await again.close();
  });

  it("lose their exactness with time, never the oldest or the newest", () => {
    let marks: readonly { n: number; atMs: number }[] = [];
    for (let n = 1; n <= 5_000; n += 1) marks = thinned([...marks, { n, atMs: n * 1000 }]);

    expect(marks.length).toBeLessThanOrEqual(600);
    expect(marks[0]?.n).toBe(1);
    expect(marks.at(-1)?.n).toBe(5_000);
  });
});
