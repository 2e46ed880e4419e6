import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { evenly, listPhotos, listSet } from "../../../models/eval/photos.ts";
import { tempFolder } from "../../support/temp-folder.ts";

async function aFolderOf(...files: readonly string[]): Promise<string> {
  const folder = join(await tempFolder(), "yard");
  for (const file of files) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), "");
  }
  return folder;
}

describe("a folder of photos", () => {
  it("has the label in the folder's name, and the source in the file's first word or else in the folder's", async () => {
    const folder = await aFolderOf("clean/street-1.jpg", "clean/20260101_120000.JPEG", "overflow/truck7-a-b.jpg");

    const photos = await listPhotos(folder);

    expect(photos.map(({ label, source, set }) => [label, source, set])).toEqual([
      ["clean", "yard", ""],
      ["clean", "street", ""],
      ["overflow", "truck7", ""],
    ]);
  });

  it("may have sets; the one that models are trained on is left out, unless it is alone", async () => {
    const both = await aFolderOf(
      "train/clean/a-1.jpg",
      "val/clean/a-2.jpg",
      "test/clean/a-3.jpg",
      "labels.csv",
      "pairs/x.jpg",
    );
    const alone = await aFolderOf("train/clean/a-1.jpg");

    expect((await listPhotos(both)).map(({ set }) => set)).toEqual(["val", "test"]);
    expect((await listPhotos(alone)).map(({ set }) => set)).toEqual(["train"]);
  });

  it("has pictures of other kinds in its list, so that the report names them, but is none of them alone", async () => {
    const mixed = await aFolderOf("clean/a-1.jpg", "clean/b.PNG", "clean/c.heic", "clean/notes.txt");
    const none = await aFolderOf("clean/b.png");

    expect((await listPhotos(mixed)).map(({ name }) => name)).toEqual(["a-1.jpg", "b.PNG", "c.heic"]);
    expect((await listSet(mixed, "")).map(({ name }) => name)).toEqual(["a-1.jpg"]);
    expect(await listSet(mixed, "val")).toEqual([]);
    await expect(listPhotos(none)).rejects.toThrow(/of the 1 pictures there none is a JPEG/);
  });

  it("is taken evenly where there is a limit", async () => {
    const folder = await aFolderOf(...Array.from({ length: 10 }, (_, i) => `clean/a-${i}.jpg`));

    expect((await listPhotos(folder, 2)).map(({ name }) => name)).toEqual(["a-0.jpg", "a-5.jpg"]);
    expect(evenly([1, 2, 3], undefined)).toEqual([1, 2, 3]);
  });

  it("says what to do where a class is unknown, and where there are no photos or no folder", async () => {
    const strange = await aFolderOf("clean/a-1.jpg", "dirty/a-2.jpg");
    const empty = await aFolderOf("clean/readme.txt");

    await expect(listPhotos(strange)).rejects.toThrow(
      /"dirty", which is no class: rename it to one of clean, overflow/,
    );
    await expect(listPhotos(empty)).rejects.toThrow(/no photos in .*yard: put them as clean\/\*\.jpg/);
    await expect(listPhotos("/nowhere/at/all")).rejects.toThrow(/--photos/);
  });
});
