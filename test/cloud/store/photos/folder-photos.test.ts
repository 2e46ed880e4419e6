import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openFolderPhotos, removeHalfWritten } from "../../../../cloud/store/photos/folder-photos.ts";
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
    expect(await readdir(join(folder, "tmp"))).toEqual([]);
  });

  it("knows no photo that was not put", async () => {
    const photos = await openFolderPhotos(join(await tempFolder(), "photos"));

    expect(await photos.read(SHA)).toBeUndefined();
  });

  it("leaves nothing half-written behind when a write fails or was cut off", async () => {
    const folder = join(await tempFolder(), "photos");
    const photos = await openFolderPhotos(folder);
    await writeFile(join(folder, "ab"), "a file where a folder should be");

    await expect(photos.put(SHA, Buffer.from("bytes"))).rejects.toThrow();
    expect(await readdir(join(folder, "tmp"))).toEqual([]);

    await writeFile(join(folder, "tmp", "cut-off"), "half");
    await removeHalfWritten(folder);
    expect(await readdir(join(folder, "tmp"))).toEqual([]);
  });
});
