import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openFolderPhotos } from "../../../../cloud/store/photos/folder-photos.ts";
import { tempFolder } from "../../../support/temp-folder.ts";

const SHA = "ab".repeat(32);

describe("a folder of photos", () => {
  it("gives back what was put, under the hash's name", async () => {
    const folder = join(await tempFolder(), "photos");
    const photos = await openFolderPhotos(folder);

    await photos.put(SHA, Buffer.from("bytes"));
    await photos.put(SHA, Buffer.from("bytes"));

    expect(await photos.read(SHA)).toEqual(Buffer.from("bytes"));
    expect(await readdir(join(folder, "ab"))).toEqual([`${SHA}.jpg`]);
  });

  it("knows no photo that was not put", async () => {
    const photos = await openFolderPhotos(join(await tempFolder(), "photos"));

    expect(await photos.read(SHA)).toBeUndefined();
  });

  it("says when it cannot write, and writes over what a crash left half-written", async () => {
    const folder = join(await tempFolder(), "photos");
    const photos = await openFolderPhotos(folder);
    await writeFile(join(folder, "ab"), "a file where a folder should be");

    await expect(photos.put(SHA, Buffer.from("bytes"))).rejects.toThrow();

    await rm(join(folder, "ab"));
    await mkdir(join(folder, "ab"));
    await writeFile(join(folder, "ab", `${SHA}.jpg.tmp`), "half");
    await photos.put(SHA, Buffer.from("bytes"));
    expect(await readdir(join(folder, "ab"))).toEqual([`${SHA}.jpg`]);
  });
});
