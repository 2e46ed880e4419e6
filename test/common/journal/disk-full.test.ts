import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, vi } from "vitest";
import { JournalUnavailable } from "#journal/journal.ts";
import { openJournal } from "#journal/sqlite-journal.ts";

const disk = mkdtempSync(join(tmpdir(), "dvornik-full-"));

function mountSmallDisk(): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", disk], { stdio: "ignore" });
    return true;
  } catch {
    // Mounting needs rights that this machine may not give; the test then says that it was skipped.
    return false;
  }
}

const isMounted = mountSmallDisk();
afterAll(() => {
  if (isMounted) execFileSync("umount", [disk]);
  rmSync(disk, { recursive: true, force: true });
});

describe("a journal on a full disk", () => {
  it.skipIf(!isMounted)("refuses whole batches, burns no number, and goes on when room comes back", async () => {
    const journal = await openJournal({ file: join(disk, "journal.db"), classes: ["a"], readers: { r: ["a"] } });
    const aRecord = (text: string) => ({ recordClass: "a", topic: "t", bytes: Buffer.from(text) });
    await journal.append([aRecord("first")], { head: "first" });

    await writeFile(join(disk, "filler"), Buffer.alloc(8 * 1024 * 1024)).catch(() => undefined);
    const large = Array.from({ length: 400 }, (_, i) => ({ ...aRecord(""), bytes: Buffer.alloc(8192, i) }));
    const refused = await Promise.allSettled([
      journal.append([aRecord("lost-1"), ...large], { head: "lost" }),
      journal.append([aRecord("lost-2")]),
    ]);

    expect(refused.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(refused[0]).toMatchObject({ reason: expect.any(JournalUnavailable) });
    expect(journal.stats()).toMatchObject({ isHealthy: false, trouble: expect.stringMatching(/full/) });
    expect(journal.value("head")).toBe("first");

    await rm(join(disk, "filler"));
    await vi.waitFor(() => expect(journal.stats().isHealthy).toBe(true), 10_000);
    expect(await journal.append([aRecord("second")])).toEqual([2]);
    const kept = await journal.read("a", 0, 10);
    expect(kept.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual(["first", "second"]);
    await journal.close();
  });
});
