import { limits } from "#contract/limits.ts";
import type { Chunk } from "#contract/messages.ts";
import { type Address, clientIdOf } from "#contract/names.ts";
import { hasNumber, type Ranges } from "#kit/ranges.ts";
import type { ChunkShelf, ShelvedChunk } from "../store/photos/chunk-shelf.ts";
import { type PhotoKey, pendingShasOf, photoStatus } from "../store/photos/photo-notices.ts";
import type { Letter, Problem } from "../store/state/dead-letters.ts";
import { arrivedRangesOf } from "../store/state/log-book.ts";
import type { StateStore } from "../store/state/state-store.ts";
import type { OpenedMessage } from "./open-delivery.ts";

/** Re-encoding aims at `limits.photoBytes`; a device that misses it by this much is not turned away. */
export const MAX_PHOTO_BYTES = limits.photoBytes + 64 * 1024;

/** So much of a device's photos may lie on the shelf without an announcement; what is announced comes to an end by itself. */
export const LOOSE_BYTES_PER_DEVICE = 32 * 1024 * 1024;

/** Puts the new pieces of a batch on the shelf; gives the problems of those that cannot be used. */
export function shelveChunks(
  chunks: readonly OpenedMessage<Chunk>[],
  shelf: ChunkShelf,
  state: StateStore,
  nowMs: number,
): ReadonlyMap<Letter, Problem> {
  const problems = new Map<Letter, Problem>();
  const fresh: ShelvedChunk[] = [];
  const known = new Known(shelf, state);
  for (const chunk of chunks) {
    if (known.isReceived(chunk)) continue;
    const shelved = shelvedOf(chunk);
    const problem = boundsProblem(chunk.message) ?? known.roomProblem(shelved);
    if (problem === undefined) fresh.push(shelved);
    else problems.set(chunk.letter, problem);
  }
  shelf.put(
    fresh.filter(({ key }) => known.statusOf(key) !== "whole"),
    nowMs,
  );
  return problems;
}

function shelvedOf({ message, address, place, letter }: OpenedMessage<Chunk>): ShelvedChunk {
  const offset = letter.payload.length - message.bytes.length;
  return { key: { ...address, sha: message.sha }, i: message.i, n: message.n, place, letter, offset };
}

function boundsProblem({ i, n, bytes }: Chunk): Problem | undefined {
  if (i >= n) return { reason: "chunk-bounds", detail: `piece ${i} of ${n}` };
  if (bytes.length > 0 && bytes.length <= limits.chunkBytes) return undefined;
  return { reason: "chunk-bounds", detail: `a piece of ${bytes.length} bytes, at most ${limits.chunkBytes}` };
}

/** What the stores say of the pieces of one batch; each photo and log is asked for once. */
class Known {
  readonly #shelf: ChunkShelf;
  readonly #state: StateStore;
  readonly #arrived = new Map<string, Ranges>();
  readonly #status = new Map<string, "pending" | "whole" | "unannounced">();
  readonly #looseBytes = new Map<string, number>();
  readonly #sizes = new Map<string, Map<string, number>>();

  constructor(shelf: ChunkShelf, state: StateStore) {
    this.#shelf = shelf;
    this.#state = state;
  }

  isReceived({ place }: OpenedMessage): boolean {
    const key = `${place.tenant}:${place.device}:${place.log}`;
    const arrived = this.#arrived.get(key) ?? this.#state.read((sql) => arrivedRangesOf(sql, place));
    this.#arrived.set(key, arrived);
    return hasNumber(arrived, place.seq);
  }

  statusOf(photo: PhotoKey): "pending" | "whole" | "unannounced" {
    const key = nameOf(photo);
    const read = () => this.#state.read((sql) => photoStatus(sql, photo))?.status ?? "unannounced";
    const status = this.#status.get(key) ?? read();
    this.#status.set(key, status);
    return status;
  }

  /** A photo's pieces together may not be larger than a photo; a piece that lies there already takes no more room. */
  roomProblem({ key: photo, n, i, letter, offset }: ShelvedChunk): Problem | undefined {
    const key = nameOf(photo);
    const sizes =
      this.#sizes.get(key) ??
      new Map(this.#shelf.inventoryOf(photo).map((piece) => [`${piece.n}/${piece.i}`, piece.size]));
    this.#sizes.set(key, sizes);
    const name = `${n}/${i}`;
    if (sizes.has(name)) return undefined;
    const total = [...sizes.values()].reduce((sum, size) => sum + size, letter.payload.length - offset);
    if (total > MAX_PHOTO_BYTES) return { reason: "photo-too-large", detail: `more than ${MAX_PHOTO_BYTES} bytes` };
    if (this.statusOf(photo) === "unannounced" && !this.#takeLoose(photo, letter.payload.length)) {
      return { reason: "over-quota", detail: `more than ${LOOSE_BYTES_PER_DEVICE} bytes of photos nobody announced` };
    }
    sizes.set(name, letter.payload.length - offset);
    return undefined;
  }

  #takeLoose(device: Address, bytes: number): boolean {
    const key = clientIdOf(device);
    const total = (this.#looseBytes.get(key) ?? this.#countLoose(device)) + bytes;
    const hasRoom = total <= LOOSE_BYTES_PER_DEVICE;
    this.#looseBytes.set(key, hasRoom ? total : total - bytes);
    return hasRoom;
  }

  #countLoose(device: Address): number {
    const pending = this.#state.read((sql) => pendingShasOf(sql, device));
    const loose = this.#shelf.bytesOf(device).filter(({ sha }) => !pending.has(sha));
    return loose.reduce((sum, { bytes }) => sum + bytes, 0);
  }
}

const nameOf = ({ tenant, device, sha }: PhotoKey) => `${tenant}:${device}:${sha}`;
