import { once } from "node:events";
import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createGunzip } from "node:zlib";
import { z } from "zod";
import { syncFolder } from "#kit/durable-file.ts";
import { codeOf, messageOf } from "#kit/errors.ts";
import { decodeTarHeader, paddingOf, plainStepsOf, TAR_BLOCK, type TarEntry } from "#kit/tar-header.ts";
import { UpdateRefused } from "./update-refused.ts";

/** How much an archive may become. */
export interface UnpackLimits {
  readonly bytes: number;
  readonly files: number;
}

/** A bundle with its native libraries and its own Node has some 250 MB in 3,000 files. */
export const BUNDLE_LIMITS: UnpackLimits = { bytes: 768 * 1024 * 1024, files: 20_000 };

/**
 * Unpacks a gzipped ustar archive into a new folder, synced. Only plain files with plain names are taken: what has a link,
 * a device, `..`, an absolute path, a name twice or more bytes than the limits ends with `UpdateRefused`.
 *
 * Nothing is ever written outside the folder; after an error the folder holds what came before it and is to be removed.
 */
export async function unpack(archive: string, folder: string, limits: UnpackLimits = BUNDLE_LIMITS): Promise<void> {
  await mkdir(folder);
  const gunzip = createGunzip();
  const source = createReadStream(archive);
  source.once("error", (error) => gunzip.destroy(error));
  const folders = new Set([folder]);
  let hasEnded = false;
  let unpacked = 0;
  let files = 0;
  try {
    const bytes = byteReader(source.pipe(gunzip));
    for (;;) {
      const header = await bytes.take(TAR_BLOCK);
      const entry = header.length === 0 ? undefined : decodeTarHeader(header);
      if (entry === undefined) {
        hasEnded = header.length > 0;
        break;
      }
      files += 1;
      unpacked += entry.bytes;
      if (files > limits.files) throw new UpdateRefused(`the archive holds more than ${limits.files} files`);
      if (unpacked > limits.bytes) throw new UpdateRefused(`the archive unpacks to more than ${limits.bytes} bytes`);
      await writeEntry(bytes, entry, folder, folders);
    }
    if (!hasEnded) throw new UpdateRefused("the archive ends too early");
  } catch (error) {
    throw refusalOf(error);
  } finally {
    gunzip.destroy();
    source.destroy();
    if (!source.closed) await once(source, "close");
  }
  for (const one of folders) await syncFolder(one);
}

/** Where an entry goes. Throws `UpdateRefused` where that could be anywhere but in the folder. */
export function pathOf(folder: string, path: string): string {
  const steps = plainStepsOf(path);
  if (steps === undefined) {
    throw new UpdateRefused(`the archive holds ${JSON.stringify(path.slice(0, 80))}, which is no path in its folder`);
  }
  return join(folder, ...steps);
}

async function writeEntry(bytes: ByteReader, entry: TarEntry, folder: string, folders: Set<string>): Promise<void> {
  const path = pathOf(folder, entry.path);
  for (let parent = dirname(path); !folders.has(parent); parent = dirname(parent)) folders.add(parent);
  await mkdir(dirname(path), { recursive: true });
  // `wx`: a name that stands twice, or a file where a folder was, ends it.
  const file = await open(path, "wx", entry.isExecutable ? 0o755 : 0o644);
  try {
    await copy(bytes, file, entry.bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await bytes.take(paddingOf(entry.bytes));
}

const PIECE = 256 * 1024;

async function copy(bytes: ByteReader, file: FileHandle, length: number): Promise<void> {
  for (let left = length; left > 0; ) {
    const piece = await bytes.take(Math.min(left, PIECE));
    if (piece.length === 0) throw new UpdateRefused("the archive ends too early");
    await file.write(piece);
    left -= piece.length;
  }
}

/** Takes so many bytes from a stream, fewer only at its end. */
interface ByteReader {
  take(count: number): Promise<Buffer>;
}

function byteReader(stream: AsyncIterable<unknown>): ByteReader {
  const pieces = stream[Symbol.asyncIterator]();
  let held: Buffer = Buffer.alloc(0);
  return {
    take: async (count) => {
      const parts = [held];
      let length = held.length;
      while (length < count) {
        const next = await pieces.next();
        if (next.done === true) break;
        const piece = z.instanceof(Buffer).parse(next.value);
        parts.push(piece);
        length += piece.length;
      }
      const all = parts.length === 1 ? held : Buffer.concat(parts);
      held = all.subarray(count);
      return all.subarray(0, count);
    },
  };
}

/** What is wrong with the archive is its maker's affair; what is wrong with the disk is ours and may pass. */
function refusalOf(error: unknown): unknown {
  if (error instanceof RangeError) return new UpdateRefused(error.message, { cause: error });
  const code = codeOf(error);
  if (code.startsWith("Z_")) return new UpdateRefused(`the archive is damaged: ${messageOf(error)}`, { cause: error });
  const isTwice = code === "EEXIST" || code === "ENOTDIR" || code === "EISDIR";
  return isTwice ? new UpdateRefused("a name stands twice in the archive", { cause: error }) : error;
}
