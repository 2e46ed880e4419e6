import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openJournal } from "#journal/sqlite-journal.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const open = async (folder: string) =>
  openJournal({ file: join(folder, "journal.db"), classes: ["reading"], readers: { air: ["reading"] } });
const textsOf = (kept: ReadonlyMap<string, Uint8Array>) =>
  Object.fromEntries([...kept].map(([name, bytes]) => [name, Buffer.from(bytes).toString()]));

describe("what a journal keeps beside its log", () => {
  it("is there again after it was closed, the last of each name, and not what was taken away", async () => {
    const folder = await tempFolder();
    const journal = await open(folder);
    await Promise.all([
      journal.keep("a", Buffer.from("first")),
      journal.keep("gone", Buffer.from("x")),
      journal.keep("a", Buffer.from("second")),
      journal.keep("empty", Buffer.alloc(0)),
      journal.keep("gone", null),
      journal.append([{ recordClass: "reading", topic: "t", bytes: Buffer.from("r") }]),
    ]);
    expect(journal.stats().commits).toBeLessThan(6);
    await journal.close();

    const again = await open(folder);

    expect(textsOf(await again.kept())).toEqual({ a: "second", empty: "" });
    expect(await again.read("reading", 0, 10)).toHaveLength(1);
    await again.close();
  });

  it("is found by the beginning of its names, and nothing else comes with it", async () => {
    const journal = await open(await tempFolder());
    for (const name of ["a", "b", "b 1", "b 2", "b é", "bb", "c"]) await journal.keep(name, Buffer.from(name));

    expect(Object.keys(textsOf(await journal.kept("b ")))).toEqual(["b 1", "b 2", "b é"]);
    expect(Object.keys(textsOf(await journal.kept("b")))).toEqual(["b", "b 1", "b 2", "b é", "bb"]);
    expect((await journal.kept("d")).size).toBe(0);
    await journal.close();
  });

  it("comes whole, however much it is", async () => {
    const journal = await open(await tempFolder());
    const large = Buffer.alloc(1_500_000, "x");
    const names = Array.from({ length: 9 }, (_, i) => `name ${i}`);
    for (const name of names) await journal.keep(name, large);

    const kept = await journal.kept();

    expect([...kept.keys()]).toEqual(names);
    expect([...kept.values()].every((bytes) => bytes.length === large.length)).toBe(true);
    await journal.close();
  });

  it("is refused once the journal is closed", async () => {
    const journal = await open(await tempFolder());
    await journal.close();

    await expect(journal.keep("a", Buffer.from("x"))).rejects.toThrow("closed");
  });
});
