import { mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { syncFolder, writeDurably } from "#kit/durable-file.ts";
import { codeOf } from "#kit/errors.ts";
import type { PhotoStore } from "./photos.ts";

/**
 * Opens a folder of photos: `ab/abcdef….jpg`, with a half-written one beside it as `….jpg.tmp`, which the next try
 * writes over.
 *
 * A file appears under its name only once its bytes are synced, so a photo that is there is whole.
 */
export async function openFolderPhotos(folder: string): Promise<PhotoStore> {
  await mkdir(folder, { recursive: true });
  await syncFolder(dirname(folder));
  return {
    put: async (sha, bytes) => {
      const path = pathOf(folder, sha);
      await mkdir(dirname(path), { recursive: true });
      await writeDurably(path, bytes);
      await syncFolder(folder);
    },
    read: (sha) => readFile(pathOf(folder, sha)).catch(absent),
  };
}

const pathOf = (folder: string, sha: string) => join(folder, sha.slice(0, 2), `${sha}.jpg`);

function absent(error: unknown): undefined {
  if (codeOf(error) === "ENOENT") return undefined;
  throw error;
}
