import { randomUUID } from "node:crypto";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { codeOf } from "#kit/errors.ts";
import type { PhotoStore } from "./photos.ts";

/**
 * Opens a folder of photos: `ab/abcdef….jpg`, with half-written files only below `tmp/`.
 *
 * A file appears under its name only once its bytes are synced, so a photo that is there is whole.
 */
export async function openFolderPhotos(folder: string): Promise<PhotoStore> {
  const tmp = join(folder, "tmp");
  await mkdir(tmp, { recursive: true });
  await syncFolder(dirname(folder));
  return {
    put: (sha, bytes) => store(folder, tmp, sha, bytes),
    read: (sha) => readFile(pathOf(folder, sha)).catch(absent),
  };
}

/** Removes what a crash left half-written; only the one that writes may call it. */
export async function removeHalfWritten(folder: string): Promise<void> {
  await rm(join(folder, "tmp"), { recursive: true, force: true });
  await mkdir(join(folder, "tmp"), { recursive: true });
}

const pathOf = (folder: string, sha: string) => join(folder, sha.slice(0, 2), `${sha}.jpg`);

async function store(folder: string, tmp: string, sha: string, bytes: Uint8Array): Promise<void> {
  const path = pathOf(folder, sha);
  const half = join(tmp, `${sha}.${randomUUID()}`);
  await mkdir(dirname(path), { recursive: true });
  try {
    const file = await open(half, "wx");
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(half, path);
  } catch (error) {
    await rm(half, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
  await syncFolder(folder);
}

/** A new name is durable only once its folder is synced. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  await handle.sync().finally(() => handle.close());
}

function absent(error: unknown): undefined {
  if (codeOf(error) === "ENOENT") return undefined;
  throw error;
}
