import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { artefactPath, type UpdateFile } from "#contract/updates.ts";
import type { Clock } from "#kit/clock.ts";
import { syncFolder } from "#kit/durable-file.ts";
import { hashFile } from "#kit/hash-file.ts";
import { wait } from "#kit/wait.ts";
import { FileChanged, fetchPiece } from "./fetch-piece.ts";
import { isDiskFull, UpdateWaits } from "./update-refused.ts";

/** How files are fetched. */
export interface DownloadOptions {
  readonly fleetUrl: string;
  /** Where files lie by their hashes, whole ones, and begun ones with `.part`. */
  readonly folder: string;
  readonly pieceBytes?: number;
  /** On average; the radio belongs to the outbox. */
  readonly bytesPerS: number;
  readonly clock: Clock;
  /** Throws `UpdateWaits` when nothing may be fetched or written now; asked before each piece. */
  readonly mayGoOn: (bytesToCome: number) => Promise<void>;
  /** How long a link may be silent. */
  readonly silentMs?: number;
}

const PIECE_BYTES = 1024 * 1024;

/**
 * Fetches a file in pieces, each synced before the next one is asked for, and gives its path once its hash is right.
 *
 * Rejects with `UpdateWaits` or what the disk says; what is on disk by then is gone on from, also after a kill or a power cut. Bytes that turn
 * out to be other ones, and those of a disk that is full, are removed.
 */
export async function downloadFile(file: UpdateFile, options: DownloadOptions, signal: AbortSignal): Promise<string> {
  const whole = join(options.folder, file.sha256);
  if (await isWhole(whole, file)) return whole;
  const part = `${whole}.part`;
  await mkdir(options.folder, { recursive: true });
  const hash = createHash("sha256");
  const handle = await open(part, "a+");
  try {
    await fetchRest(handle, part, hash, file, options, signal);
    if (hash.digest("hex") !== file.sha256) throw new FileChanged("the cloud's file is not the one that was signed");
    await handle.sync();
  } catch (error) {
    // On a full disk the outbox needs the room more.
    if (error instanceof FileChanged || isDiskFull(error)) await rm(part, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
  await rename(part, whole);
  await syncFolder(options.folder);
  return whole;
}

/** Whether the file is here as it was signed; one that a fault of the card has spoiled since is removed. */
async function isWhole(path: string, { bytes, sha256 }: UpdateFile): Promise<boolean> {
  const size = await stat(path).then(
    (found) => found.size,
    () => undefined,
  );
  if (size === undefined) return false;
  if (size === bytes && (await hashFile(path)).sha256 === sha256) return true;
  await rm(path, { force: true });
  return false;
}

async function fetchRest(
  handle: FileHandle,
  part: string,
  hash: Hash,
  file: UpdateFile,
  options: DownloadOptions,
  signal: AbortSignal,
): Promise<void> {
  const { pieceBytes = PIECE_BYTES, bytesPerS, clock, mayGoOn, fleetUrl } = options;
  const url = new URL(artefactPath(file.sha256), fleetUrl);
  let at = await resume(handle, part, hash, file.bytes);
  let etag: string | undefined;
  const take = async (bytes: Uint8Array) => {
    await handle.appendFile(bytes);
    hash.update(bytes);
    at += bytes.length;
  };
  while (at < file.bytes) {
    await mayGoOn(file.bytes - at);
    const startedMs = clock.monotonicMs();
    const begun = at;
    const request = { url, from: at, to: Math.min(file.bytes, at + pieceBytes), fileBytes: file.bytes, etag };
    etag = await fetchPiece(request, take, signal, options.silentMs);
    await handle.datasync();
    const tookMs = clock.monotonicMs() - startedMs;
    if (at < file.bytes) await wait(Math.max(0, ((at - begun) / bytesPerS) * 1000 - tookMs), signal);
    if (signal.aborted) throw new UpdateWaits("given up");
  }
}

/** Takes what was begun into the hash; gives how much it is. A tail that a power cut spoiled shows in the hash. */
async function resume(handle: FileHandle, part: string, hash: Hash, fileBytes: number): Promise<number> {
  const { size } = await handle.stat();
  if (size > fileBytes) await handle.truncate(0);
  const kept = size > fileBytes ? 0 : size;
  if (kept > 0) for await (const bytes of createReadStream(part, { end: kept - 1 })) hash.update(bytes);
  return kept;
}
