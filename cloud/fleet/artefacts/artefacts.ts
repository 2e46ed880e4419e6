import { createHash, randomUUID } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, statSync, unlinkSync } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { Sha256 } from "#contract/names.ts";
import { DiskUnwritable, syncFolder } from "#kit/durable-file.ts";
import { AppError, codeOf } from "#kit/errors.ts";
import type { ByteRange } from "./byte-range.ts";

/** What was uploaded is not what was announced: nothing of it is kept. */
export class ArtefactRefused extends AppError {
  readonly code: "size-mismatch" | "hash-mismatch" | "upload-broken";
  readonly retry = false;
  constructor(code: ArtefactRefused["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A file by the SHA-256 of its bytes. */
export interface Artefact {
  readonly sha256: string;
  readonly bytes: number;
}

/** Files of updates, by hash. One that is there is whole and synced. */
export interface Artefacts {
  /** Its size in bytes, or undefined where there is none. */
  size(sha256: string): Promise<number | undefined>;
  /** Its bytes, or undefined where there is none (any more); what has been opened is read to its end. */
  read(sha256: string, range: ByteRange): Promise<Readable | undefined>;
  /** Takes `bytes` bytes in. Rejects with `ArtefactRefused` or `DiskUnwritable`, and then leaves nothing behind. */
  put(artefact: Artefact, source: AsyncIterable<Uint8Array>): Promise<void>;
  list(): Promise<readonly Artefact[]>;
}

/** What an upload leaves free for the city's own data: the stores lie on the same disk. */
const RESERVED_BYTES = 256 * 1024 * 1024;

/** How the folder is opened. */
export interface ArtefactSettings {
  readonly folder: string;
  readonly reservedBytes?: number;
}

/** Opens the folder: `ab/abcdef…`, and `incoming/` for what is being uploaded; halves of before are removed. */
export async function openArtefacts({ folder, reservedBytes = RESERVED_BYTES }: ArtefactSettings): Promise<Artefacts> {
  const incoming = join(folder, "incoming");
  await rm(incoming, { recursive: true, force: true });
  await mkdir(incoming, { recursive: true });
  let announced = 0;
  return {
    size: (sha256) => sizeOf(artefactFile(folder, sha256)),
    read: async (sha256, range) => (await openOrNone(artefactFile(folder, sha256)))?.createReadStream({ ...range }),
    put: async (artefact, source) => {
      const { bavail, bsize } = await statfs(folder);
      if (bavail * bsize - announced - reservedBytes < artefact.bytes) {
        throw new DiskUnwritable(
          "disk-full",
          `the disk has no room for ${artefact.bytes} bytes: remove what is not used`,
        );
      }
      announced += artefact.bytes;
      try {
        await takeIn(folder, join(incoming, `${randomUUID()}.part`), artefact, source);
      } finally {
        announced -= artefact.bytes;
      }
    },
    list: () => listOf(folder),
  };
}

const artefactFile = (folder: string, sha256: string): string => join(folder, sha256.slice(0, 2), sha256);

/** Whether an artefact is there in this size; asked for by the thread of the fleet, in one turn with what depends on it. */
export function hasArtefact(folder: string, { sha256, bytes }: Artefact): boolean {
  return statSync(artefactFile(folder, sha256), { throwIfNoEntry: false })?.size === bytes;
}

/** Removes an artefact; false where there is none. Synchronous, in one turn with the question whether it is used. */
export function removeArtefact(folder: string, sha256: string): boolean {
  const file = artefactFile(folder, sha256);
  if (!existsSync(file)) return false;
  unlinkSync(file);
  const handle = openSync(dirname(file), "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  return true;
}

async function takeIn(
  folder: string,
  temporary: string,
  { sha256, bytes }: Artefact,
  source: AsyncIterable<Uint8Array>,
): Promise<void> {
  const path = artefactFile(folder, sha256);
  try {
    const file = await open(temporary, "wx", 0o644);
    try {
      await file.writeFile(checked(source, sha256, bytes));
      await file.sync();
    } finally {
      await file.close();
    }
    await mkdir(dirname(path), { recursive: true });
    await rename(temporary, path);
    await syncFolder(dirname(path));
    await syncFolder(folder);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {
      // The disk is in trouble; the next start removes it.
    });
    throw told(cause);
  }
}

/** Passes the bytes on; throws `ArtefactRefused` as soon as they are not what was announced, at the latest with the last. */
async function* checked(source: AsyncIterable<Uint8Array>, sha256: string, bytes: number) {
  const hash = createHash("sha256");
  let taken = 0;
  for await (const chunk of source) {
    taken += chunk.length;
    if (taken > bytes) throw new ArtefactRefused("size-mismatch", `more than the ${bytes} bytes that were announced`);
    hash.update(chunk);
    yield chunk;
  }
  if (taken < bytes) throw new ArtefactRefused("size-mismatch", `${taken} bytes came instead of ${bytes}`);
  const found = hash.digest("hex");
  if (found !== sha256) throw new ArtefactRefused("hash-mismatch", `the bytes have the SHA-256 ${found}`);
}

function told(cause: unknown): unknown {
  const code = codeOf(cause);
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new DiskUnwritable("disk-full", "the disk is full: the upload was not kept", { cause });
  }
  // Node's word for a connection that has ended in the middle of a body.
  if (code === "ECONNRESET" || code === "ERR_STREAM_PREMATURE_CLOSE") {
    return new ArtefactRefused("upload-broken", "the upload ended before all of it was there", { cause });
  }
  return cause;
}

const sizeOf = async (path: string): Promise<number | undefined> => (await stat(path).catch(noneWhereMissing))?.size;

const openOrNone = (path: string) => open(path, "r").catch(noneWhereMissing);

function noneWhereMissing(error: unknown): undefined {
  if (codeOf(error) !== "ENOENT") throw error;
}

async function listOf(folder: string): Promise<readonly Artefact[]> {
  const names = (await readdir(folder, { recursive: true })).map((path) => path.slice(path.lastIndexOf("/") + 1));
  const shas = names.filter((name) => Sha256.safeParse(name).success).sort();
  const sized = await Promise.all(
    shas.map(async (sha256) => ({ sha256, bytes: await sizeOf(artefactFile(folder, sha256)) })),
  );
  return sized.flatMap(({ sha256, bytes }) => (bytes === undefined ? [] : [{ sha256, bytes }]));
}
