import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { AppError, codeOf } from "./errors.ts";

/** The disk is full or cannot be written: nothing of the file is kept, and the old one, if any, is as it was. */
export class DiskUnwritable extends AppError {
  readonly code: "disk-full" | "disk-unwritable";
  readonly retry = true;
  constructor(code: "disk-full" | "disk-unwritable", message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/**
 * Writes a file so that a crash leaves either the old one or the whole new one: temporary file, sync, rename, sync of
 * the folder. Rejects with `disk-full` or `disk-unwritable`, and then nothing is left behind.
 */
export async function writeDurably(path: string, bytes: Uint8Array | string, mode = 0o644): Promise<void> {
  const temporary = `${path}.tmp`;
  try {
    const file = await open(temporary, "w", mode);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {
      // The disk is in trouble; a left-over temporary file is swept at the next start.
    });
    throw unwritable(path, cause);
  }
}

/** Removes files of one folder, whether or not they are there, and syncs the folder. */
export async function removeDurably(paths: readonly string[]): Promise<void> {
  const [first] = paths;
  if (first === undefined) return;
  for (const path of paths) await rm(path, { force: true });
  await syncFolder(dirname(first));
}

/** Syncs a folder: a new name in it is durable only then. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function unwritable(path: string, cause: unknown): DiskUnwritable {
  const code = codeOf(cause);
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new DiskUnwritable("disk-full", `the disk is full: ${path} was not written`, { cause });
  }
  return new DiskUnwritable("disk-unwritable", `${path} cannot be written (${code})`, { cause });
}
