import type { Chunk, Message, PhotoNotice, Visit } from "#contract/messages.ts";
import type { Address } from "#contract/names.ts";
import { messageOf } from "#kit/errors.ts";
import type { RegistryIndex } from "../registry/registry-index.ts";
import { keepVisit, type VisitOutcome } from "../sites/visit-book.ts";
import type { ChunkShelf } from "../store/photos/chunk-shelf.ts";
import { keepNotice, type PhotoKey } from "../store/photos/photo-notices.ts";
import { countWrongClocks, type ToldTime, timeTold } from "../store/state/boot-times.ts";
import { addTo } from "../store/state/counters.ts";
import { isStorageFailure } from "../store/state/database.ts";
import {
  keepDeadLetter,
  type Letter,
  lettersOf,
  type Problem,
  removeDeadLetter,
  renameDeadLetter,
} from "../store/state/dead-letters.ts";
import { keepHealth, keepReport } from "../store/state/devices.ts";
import type { StateTransaction } from "../store/state/state-store.ts";
import { applyGap, type GapStores } from "./cover-gap.ts";
import type { IngestEvent } from "./events.ts";
import { jsonTextOf, type Opened, type OpenedMessage, openDelivery } from "./open-delivery.ts";
import type { OnInternal } from "./our-fault.ts";
import { keepNews, type PairMemory } from "./pair-memory.ts";
import { MAX_PHOTO_BYTES, shelveChunks } from "./shelve-chunks.ts";

/** What storing everything but readings needs. */
export interface SiteStores extends GapStores {
  readonly shelf: ChunkShelf;
  readonly registry: () => RegistryIndex;
  /** A message that broke our own code: it is kept as a dead letter, and a person should know. */
  readonly onInternal: OnInternal;
  readonly pairs: PairMemory;
}

/** What a stored batch means for others. */
export interface StoredMessages {
  readonly events: readonly IngestEvent[];
  /** Photos that may have all their pieces now. */
  readonly photos: readonly PhotoKey[];
}

const REPLAY_BATCH = 200;

/**
 * Stores a batch of visits, photos, pieces, health, gaps and alerts: pieces first, which may be repeated, then
 * everything else in one transaction.
 *
 * When it returns all of the batch is on disk and may be acknowledged. When it throws, the same batch is to be stored
 * again.
 */
export function storeMessages(letters: readonly Letter[], stores: SiteStores): StoredMessages {
  const opened = letters.map(openDelivery);
  const problems = shelveChunks(opened.filter(isChunk), stores.shelf, stores.state, stores.nowMs());
  return commitMessages(opened, problems, stores);
}

/** The state half of a batch, in one transaction. */
export function commitMessages(
  opened: readonly Opened[],
  problems: ReadonlyMap<Letter, Problem>,
  stores: SiteStores,
): StoredMessages {
  const nowMs = stores.nowMs();
  const news = stores.pairs.newsIn(opened.map((one) => toldBy(one, nowMs)?.pair));
  const stored = stores.state.transaction(nowMs, (transaction): StoredMessages => {
    keepNews(transaction, news);
    const events: IngestEvent[] = [];
    const photos = new Map<string, PhotoKey>();
    const told: ToldTime[] = [];
    for (const one of opened) {
      const isNew = one.place === undefined || transaction.logs.receive(one.place);
      const time = isNew ? toldBy(one, nowMs) : undefined;
      if (time !== undefined) told.push(time);
      const known = one.problem ?? problems.get(one.letter);
      if (known !== undefined) {
        bury(transaction, one, known, isNew);
      } else if (isNew && one.problem === undefined) {
        const outcome = attempt(transaction, one, stores);
        if (outcome.problem === undefined) events.push(...outcome.events);
        else bury(transaction, one, outcome.problem, isNew);
      }
      const photo = photoOf(one);
      if (photo !== undefined) photos.set(`${photo.tenant}:${photo.device}:${photo.sha}`, photo);
    }
    countWrongClocks(transaction.sql, told);
    return { events, photos: [...photos.values()] };
  });
  stores.pairs.remember(news);
  return stored;
}

/** What a message tells of the time of its boot. */
const toldBy = (opened: Opened, nowMs: number): ToldTime | undefined =>
  opened.problem === undefined ? timeTold(opened.address, opened.message, nowMs) : undefined;

/** Tries the visits of unknown sites again; gives what has changed. A new registry is the reason to call it. */
export function replayVisits(stores: SiteStores): readonly IngestEvent[] {
  const events: IngestEvent[] = [];
  for (let after = 0; ; ) {
    const letters = stores.state.read((sql) => lettersOf(sql, "unknown-site", after, REPLAY_BATCH));
    if (letters.length === 0) return events;
    after = letters.at(-1)?.n ?? after;
    const found = stores.state.transaction(stores.nowMs(), (transaction) =>
      letters.flatMap((letter) => replay(transaction, openDelivery(letter), stores)),
    );
    events.push(...found);
  }
}

function replay(transaction: StateTransaction, opened: Opened, stores: SiteStores): readonly IngestEvent[] {
  if (opened.problem !== undefined) return [];
  const outcome = attempt(transaction, opened, stores);
  if (outcome.problem !== undefined) {
    renameDeadLetter(transaction.sql, opened.letter, outcome.problem);
    return [];
  }
  removeDeadLetter(transaction.sql, opened.letter);
  transaction.logs.find(opened.place);
  return outcome.events;
}

/** Keeps what cannot be used. A number that came before stays what it was: stored, perhaps. */
function bury(transaction: StateTransaction, { letter, place }: Opened, problem: Problem, isNew: boolean): void {
  if (isNew && place !== undefined) transaction.logs.lose(place);
  keepDeadLetter(transaction.sql, letter, problem, transaction.nowMs);
}

/** One message's effects. What breaks our own code would break it again, so it does not hold up the others. */
function attempt(transaction: StateTransaction, opened: OpenedMessage, stores: SiteStores): VisitOutcome {
  try {
    return transaction.sql.savepoint(() => apply(transaction, opened, opened.message, stores));
  } catch (error) {
    if (isStorageFailure(error)) throw error;
    stores.onInternal(error, opened.letter);
    return { problem: { reason: "internal", detail: messageOf(error) } };
  }
}

const DONE: VisitOutcome = { events: [] };

function apply(
  transaction: StateTransaction,
  { address, place, letter }: OpenedMessage,
  message: Message,
  stores: SiteStores,
): VisitOutcome {
  const { sql, nowMs } = transaction;
  switch (message.kind) {
    case "visit":
      return applyVisit({ sql, nowMs }, address, message, letter, stores.registry());
    case "photo":
      return applyNotice({ sql, nowMs }, address, message, letter);
    case "chunk":
      return DONE;
    case "health":
      keepHealth(sql, address, jsonTextOf(letter, false), nowMs);
      return DONE;
    case "gap":
      applyGap(transaction, place, message, jsonTextOf(letter, false), stores);
      return DONE;
    case "alert":
      keepReport(sql, place, "alert", jsonTextOf(letter, false), nowMs);
      addTo(sql, "device-alerts", 1);
      return DONE;
    case "reading":
      return { problem: { reason: "wrong-topic", detail: "a reading is not for this group" } };
    default:
      return message satisfies never;
  }
}

type Now = Pick<StateTransaction, "sql" | "nowMs">;

function applyVisit(now: Now, address: Address, visit: Visit, letter: Letter, registry: RegistryIndex): VisitOutcome {
  return keepVisit(now.sql, address, visit, jsonTextOf(letter, false), registry, now.nowMs);
}

function applyNotice(now: Now, address: Address, notice: PhotoNotice, letter: Letter): VisitOutcome {
  if (notice.bytes > MAX_PHOTO_BYTES) {
    return { problem: { reason: "photo-too-large", detail: `${notice.bytes} bytes, at most ${MAX_PHOTO_BYTES}` } };
  }
  const problem = keepNotice(now.sql, address, notice, letter, now.nowMs);
  return problem === undefined ? DONE : { problem };
}

function isChunk(opened: Opened): opened is OpenedMessage<Chunk> & { readonly problem: undefined } {
  return opened.problem === undefined && opened.message.kind === "chunk";
}

function photoOf(opened: Opened): PhotoKey | undefined {
  if (opened.problem !== undefined) return undefined;
  const { address, message } = opened;
  return message.kind === "chunk" || message.kind === "photo" ? { ...address, sha: message.sha } : undefined;
}
