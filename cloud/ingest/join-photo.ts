import { createHash } from "node:crypto";
import { messageOf } from "#kit/errors.ts";
import { hasNumber } from "#kit/ranges.ts";
import type { ChunkShelf, ShelvedChunk } from "../store/photos/chunk-shelf.ts";
import {
  forgetNotice,
  markWhole,
  type PendingPhoto,
  type PhotoKey,
  pendingPhoto,
  pendingSince,
  photoStatus,
  whoShows,
} from "../store/photos/photo-notices.ts";
import type { PhotoStore } from "../store/photos/photos.ts";
import { type DeadReason, keepDeadLetter, type Problem } from "../store/state/dead-letters.ts";
import { logRangesOf } from "../store/state/log-book.ts";
import type { StateStore } from "../store/state/state-store.ts";
import type { IngestEvent } from "./events.ts";
import { openDelivery } from "./open-delivery.ts";
import { isOurFault, type OnInternal } from "./our-fault.ts";

/** What joining photos needs. */
export interface JoinStores {
  readonly state: StateStore;
  readonly shelf: ChunkShelf;
  readonly photos: PhotoStore;
  /** Whether the bytes are a JPEG that can be decoded to its end. */
  readonly isJpeg: (bytes: Uint8Array) => Promise<boolean>;
  readonly nowMs: () => number;
  /** A photo that broke our own code: it is given up, and a person should know. */
  readonly onInternal: OnInternal;
}

/**
 * Joins a photo if all its pieces are here: checked by hash, decoded once, stored under its hash, then marked whole.
 *
 * The pieces go last: after a crash at any point the same call goes on. Bytes that are not what was announced leave a
 * dead letter, and a new announcement may come.
 */
export async function joinPhoto(key: PhotoKey, stores: JoinStores): Promise<readonly IngestEvent[]> {
  const photo = stores.state.read((sql) => pendingPhoto(sql, key));
  if (photo === undefined) return [];
  try {
    return await join(photo, stores);
  } catch (error) {
    if (!isOurFault(error)) throw error;
    // It would break us again at each try, and hold up all other photos.
    stores.onInternal(error, photo.letter);
    giveUp(photo, stores.shelf.piecesOf(key), { reason: "internal", detail: messageOf(error) }, stores);
    stores.shelf.remove(key);
    return [];
  }
}

async function join(photo: PendingPhoto, stores: JoinStores): Promise<readonly IngestEvent[]> {
  const { shelf } = stores;
  const key: PhotoKey = photo;
  const inventory = shelf.inventoryOf(key);
  if (inventory.some(({ n }) => n !== photo.n)) buryStrangers(photo, stores);
  if (inventory.filter(({ n }) => n === photo.n).length < photo.n) return [];

  const pieces = shelf.piecesOf(key).filter(({ n }) => n === photo.n);
  const bytes = Buffer.concat(pieces.map(({ letter, offset }) => letter.payload.subarray(offset)));
  const problem = await findProblem(photo, bytes, stores.isJpeg);
  if (problem !== undefined) {
    giveUp(photo, pieces, problem, stores);
    shelf.remove(key);
    return [];
  }
  await stores.photos.put(photo.sha, bytes);
  const events = settle(photo, stores);
  shelf.remove(key);
  return events;
}

/** After a start: pieces that a crash left behind although their photo was settled. */
export function sweepShelf({ state, shelf }: Pick<JoinStores, "state" | "shelf">): void {
  for (const key of shelf.keys()) {
    const status = state.read((sql) => photoStatus(sql, key))?.status;
    if (status === "whole") shelf.remove(key);
    if (status !== undefined) continue;
    for (const piece of shelf.piecesOf(key)) {
      const { lost } = state.read((sql) => logRangesOf(sql, piece.place));
      if (hasNumber(lost, piece.place.seq)) shelf.removePiece(piece);
    }
  }
}

/**
 * Gives up photos of which nothing has come for seven days: announced ones that are not complete, and pieces that nobody
 * announced. Their messages become dead letters, their numbers are lost.
 */
export function sweepOld(stores: JoinStores): void {
  const { state, shelf, nowMs } = stores;
  const sinceMs = nowMs() - GIVE_UP_AFTER_MS;
  const untouched = shelf.keysUntouchedSince(sinceMs);
  const names = new Set(untouched.map(nameOf));
  const isTouched = (key: PhotoKey) => !names.has(nameOf(key)) && shelf.inventoryOf(key).length > 0;
  for (const photo of state.read((sql) => pendingSince(sql, sinceMs))) {
    if (isTouched(photo)) continue;
    const pieces = shelf.piecesOf(photo);
    const detail = `${pieces.length} of ${photo.n} pieces came, and none for seven days`;
    giveUp(photo, pieces, { reason: "photo-incomplete", detail }, stores);
    shelf.remove(photo);
  }
  for (const key of untouched) {
    const status = state.read((sql) => photoStatus(sql, key))?.status;
    if (status === "pending") continue;
    if (status === undefined) buryPieces(shelf.piecesOf(key), "photo-incomplete", () => NOBODY, stores);
    shelf.remove(key);
  }
}

const nameOf = ({ tenant, device, sha }: PhotoKey) => `${tenant}:${device}:${sha}`;

/** The design's word: a photo that is incomplete for so long is lost. */
const GIVE_UP_AFTER_MS = 7 * 24 * 3_600_000;
const NOBODY = "nobody announced this photo for seven days";

async function findProblem(
  photo: PendingPhoto,
  bytes: Uint8Array,
  isJpeg: JoinStores["isJpeg"],
): Promise<Problem | undefined> {
  const sha = createHash("sha256").update(bytes).digest("hex");
  if (sha !== photo.sha) {
    const detail = `announced ${photo.bytes} bytes of ${photo.sha}, came ${bytes.length} bytes of ${sha}`;
    return { reason: "photo-hash", detail };
  }
  if (await isJpeg(bytes)) return undefined;
  return { reason: "photo-not-jpeg", detail: `${photo.sha} is no JPEG that can be decoded to its end` };
}

/** The facts of a whole photo; its bytes are on disk already. */
function settle(photo: PendingPhoto, { state, nowMs }: JoinStores): readonly IngestEvent[] {
  return state.transaction(nowMs(), (transaction) => {
    markWhole(transaction.sql, photo, transaction.nowMs);
    transaction.logs.touchNewestOf(photo);
    return whoShows(transaction.sql, photo).flatMap(({ site, alert }): IngestEvent[] => [
      { kind: "site", site },
      ...(alert === null ? [] : [{ kind: "alert" as const, alert }]),
    ]);
  });
}

/** The notice becomes a dead letter; its number and those of the pieces are lost. */
function giveUp(
  photo: PendingPhoto,
  pieces: readonly ShelvedChunk[],
  problem: Problem,
  { state, nowMs }: JoinStores,
): void {
  state.transaction(nowMs(), ({ sql, logs, nowMs: now }) => {
    keepDeadLetter(sql, photo.letter, problem, now);
    forgetNotice(sql, photo);
    const noticed = openDelivery(photo.letter).place;
    for (const place of [...(noticed === undefined ? [] : [noticed]), ...pieces.map((piece) => piece.place)]) {
      logs.lose(place);
    }
  });
}

/** Pieces that count the photo in another number of parts than its announcement. */
function buryStrangers(photo: PendingPhoto, stores: JoinStores): void {
  const { shelf } = stores;
  const strangers = shelf.piecesOf(photo).filter(({ n }) => n !== photo.n);
  const detailOf = ({ i, n }: ShelvedChunk) => `piece ${i} of ${n}, but the photo was announced in ${photo.n}`;
  buryPieces(strangers, "chunk-mismatch", detailOf, stores);
  for (const stranger of strangers) shelf.removePiece(stranger);
}

/** Pieces become dead letters; the caller takes them from the shelf afterwards. */
function buryPieces(
  pieces: readonly ShelvedChunk[],
  reason: DeadReason,
  detailOf: (piece: ShelvedChunk) => string,
  { state, nowMs }: JoinStores,
): void {
  state.transaction(nowMs(), ({ sql, logs, nowMs: now }) => {
    for (const piece of pieces) {
      keepDeadLetter(sql, piece.letter, { reason, detail: detailOf(piece) }, now);
      logs.lose(piece.place);
    }
  });
}
