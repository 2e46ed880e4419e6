import { lstat, readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { hashFile } from "#kit/hash-file.ts";

/** A file of a bundle as it lies there. */
export interface FoundFile {
  /** What it holds; of large files and of what is no text the first megabyte, bytes as Latin-1. */
  readonly text: string;
  /** Permission bits. */
  readonly mode: number;
  readonly bytes: number;
  /** Of all its bytes. */
  readonly sha256: string;
}

/** Files by their path from the bundle's folder. */
export type FoundBundle = ReadonlyMap<string, FoundFile>;

const MOST_BYTES = 1024 * 1024;

/** Reads all plain files below a folder; what cannot be read is there with nothing in it. */
export async function readBundle(folder: string): Promise<FoundBundle> {
  const found = new Map<string, FoundFile>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const place = join(entry.parentPath, entry.name);
    const { mode, size } = await lstat(place);
    const bytes = size > MOST_BYTES ? Buffer.alloc(0) : await readFile(place).catch(() => Buffer.alloc(0));
    const text = bytes.includes(0) ? bytes.toString("latin1") : bytes.toString("utf8");
    const { sha256 } = await hashFile(place).catch(() => ({ sha256: "" }));
    found.set(relative(folder, place), { text, mode: mode & 0o777, bytes: size, sha256 });
  }
  return found;
}
