import { createReadStream, createWriteStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";

const BLOCK = 512;
const EXECUTABLE = 0o111;

/**
 * Packs a folder's files into a `.tar.gz`: sorted, of user 0 and time 0, so that the same files give the same bytes.
 * POSIX.1-1988 (ustar), which every tar reads. Throws for a path that it cannot hold and for anything but plain files.
 */
export async function packFolder(folder: string, file: string): Promise<void> {
  await pipeline(tarOf(folder), createGzip({ level: 9 }), createWriteStream(file));
}

async function* tarOf(folder: string): AsyncGenerator<Uint8Array> {
  for (const path of await filesBelow(folder)) {
    const { size, mode } = await stat(join(folder, path));
    yield tarHeader(path, size, (mode & EXECUTABLE) === 0 ? 0o644 : 0o755);
    for await (const piece of createReadStream(join(folder, path))) yield Buffer.from(piece);
    yield Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
  }
  yield Buffer.alloc(2 * BLOCK);
}

/** Paths of all files below a folder, from it, sorted. */
export async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const odd = entries.find((entry) => !entry.isFile() && !entry.isDirectory());
  if (odd !== undefined) throw new Error(`${join(odd.parentPath, odd.name)} is neither a file nor a folder`);
  const files = entries.filter((entry) => entry.isFile());
  return files.map(({ parentPath, name }) => relative(folder, join(parentPath, name))).sort();
}

const LONGEST_NAME = 100;
const LONGEST_PREFIX = 155;

function tarHeader(path: string, size: number, mode: number): Buffer {
  const { prefix, name } = splitPath(path);
  const header = Buffer.alloc(BLOCK);
  const octal = (value: number, width: number) => `${value.toString(8).padStart(width - 1, "0")}\0`;
  header.write(name, 0);
  header.write(octal(mode, 8), 100);
  header.write(octal(0, 8), 108);
  header.write(octal(0, 8), 116);
  header.write(octal(size, 12), 124);
  header.write(octal(0, 12), 136);
  header.write("        ", 148);
  header.write("0", 156);
  header.write("ustar\x0000", 257);
  header.write(prefix, 345);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return header;
}

function splitPath(path: string): { readonly prefix: string; readonly name: string } {
  if (Buffer.byteLength(path) <= LONGEST_NAME) return { prefix: "", name: path };
  const cuts = [...path.matchAll(/\//g)].map(({ index }) => index);
  const cut = cuts.find((at) => Buffer.byteLength(path.slice(at + 1)) <= LONGEST_NAME);
  const prefix = cut === undefined ? "" : path.slice(0, cut);
  if (cut === undefined || Buffer.byteLength(prefix) > LONGEST_PREFIX) throw new Error(`${path} is too long for a tar`);
  return { prefix, name: path.slice(cut + 1) };
}
