import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { JournalUnavailable } from "#journal/journal.ts";
import { openJournal } from "#journal/sqlite-journal.ts";
import { maySmallDisk, mountSmallDisk } from "../../support/small-disk.ts";
import { tempFolder } from "../../support/temp-folder.ts";

describe("a journal on a full disk", () => {
  it.skipIf(!maySmallDisk)("refuses whole batches, burns no number, and goes on when room comes back", async () => {
    const disk = await mountSmallDisk(join(await tempFolder(), "small"), 2);
    const journal = await openJournal({ file: join(disk.folder, "journal.db"), classes: ["a"], readers: { r: ["a"] } });
    const aRecord = (text: string) => ({ recordClass: "a", topic: "t", bytes: Buffer.from(text) });
    await journal.append([aRecord("first")], { head: "first" });

    await disk.fill();
    const large = Array.from({ length: 400 }, (_, i) => ({ ...aRecord(""), bytes: Buffer.alloc(8192, i) }));
    const refused = await Promise.allSettled([
      journal.append([aRecord("lost-1"), ...large], { head: "lost" }),
      journal.append([aRecord("lost-2")]),
    ]);

    expect(refused.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(refused[0]).toMatchObject({ reason: expect.any(JournalUnavailable) });
    expect(journal.stats()).toMatchObject({ isHealthy: false, trouble: expect.stringMatching(/full/) });
    expect(journal.value("head")).toBe("first");

    await disk.empty();
    await vi.waitFor(() => expect(journal.stats().isHealthy).toBe(true), 10_000);
    expect(await journal.append([aRecord("second")])).toEqual([2]);
    const kept = await journal.read("a", 0, 10);
    expect(kept.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual(["first", "second"]);
    await journal.close();
  });
});
