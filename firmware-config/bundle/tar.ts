import { createReadStream, createWriteStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { encodeTarHeader, paddingOf, TAR_BLOCK } from "#kit/tar-header.ts";

const EXECUTABLE = 0o111;

/**
 * Packs a folder's files into a `.tar.gz`: sorted, of user 0 and time 0, so that the same files give the same bytes.
 * Throws for a path that an archive cannot hold and for anything but plain files.
 */
export async function packFolder(folder: string, file: string): Promise<void> {
  await pipeline(tarOf(folder), createGzip({ level: 9 }), createWriteStream(file));
}

async function* tarOf(folder: string): AsyncGenerator<Uint8Array> {
  for (const path of await filesBelow(folder)) {
    const { size: bytes, mode } = await stat(join(folder, path));
    yield encodeTarHeader({ path, bytes, isExecutable: (mode & EXECUTABLE) !== 0 });
    for await (const piece of createReadStream(join(folder, path))) yield Buffer.from(piece);
    yield Buffer.alloc(paddingOf(bytes));
  }
  yield Buffer.alloc(2 * TAR_BLOCK);
}

/** Paths of all files below a folder, from it, sorted. */
export async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const odd = entries.find((entry) => !entry.isFile() && !entry.isDirectory());
  if (odd !== undefined) throw new Error(`${join(odd.parentPath, odd.name)} is neither a file nor a folder`);
  const files = entries.filter((entry) => entry.isFile());
  return files.map(({ parentPath, name }) => relative(folder, join(parentPath, name))).sort();
}
