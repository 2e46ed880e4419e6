import { type Address, clientIdOf } from "#contract/names.ts";
import { foldSamples } from "#contract/sample-table.ts";
import { classOfStream, topics } from "#contract/topics.ts";
import type { Journal, NewRecord, StoredRecord } from "#journal/journal.ts";
import { releaseBytes } from "#kit/release-bytes.ts";
import { journalQueue } from "#uplink/journal-queue.ts";
import type { Outgoing } from "#uplink/send-queue.ts";
import type { NewMessage } from "./new-message.ts";
import { ForeignOutbox, type Outbox } from "./outbox.ts";
import { refuseTooLarge } from "./too-large.ts";

/** The one reader of a device's journal. */
export const UPLINK_READER = "uplink";

/**
 * Pages of a device's journal: it appends little at a time, and each commit writes whole pages. Half of what pages of 4 KiB
 * write for a reading (BENCHMARKS.md, "What a device writes").
 */
export const OUTBOX_PAGE_BYTES = 1024;

/** As much as is under way at a time (256 KiB, `sender.ts`): more would only lie in memory. */
const CHUNKS_AT_ONCE = 8;

/** The value that holds the outbox's log. */
export const LOG = "log";
const OWNER = "owner";

/**
 * An outbox on a journal whose classes are RECORD_CLASSES and whose one reader is `uplink`.
 *
 * The journal's number is the message's `seq`, so a failed append burns none. A record lies there without log, seq and
 * id; they are put in front when it is read, always the same, so what was sent once is sent the same again. `newLog` is
 * used when this journal has no log yet; it is committed with the first append.
 *
 * Throws `foreign-outbox` when the journal was begun by another device.
 */
export function openJournalOutbox(journal: Journal, address: Address, newLog: string): Outbox {
  const owner = clientIdOf(address);
  const begunBy = journal.value(OWNER);
  if (begunBy !== undefined && begunBy !== owner) {
    throw new ForeignOutbox(`this data folder belongs to ${begunBy}, not to ${owner}: use another DATA_DIR`);
  }
  const log = journal.value(LOG) ?? newLog;
  const queue = journalQueue(journal, UPLINK_READER, (records) => outgoingOf(records, log));
  return {
    ...queue,
    read: (recordClass, after, limit) =>
      queue.read(recordClass, after, recordClass === "chunk" ? Math.min(limit, CHUNKS_AT_ONCE) : limit),
    log,
    append: async (messages, values = {}) => {
      const records = messages.map((message) => recordOf(message, address));
      await journal.append(
        records,
        journal.value(LOG) === undefined ? { ...values, [LOG]: log, [OWNER]: owner } : values,
      );
      for (const { bytes } of records) releaseBytes(bytes);
    },
    value: (name) => journal.value(name),
    pending: () => {
      const { pending, bytes, oldest, budgetBytes, oldestPending, isHealthy, trouble } = journal.stats();
      return {
        total: Object.values(pending).reduce((sum, count) => sum + count, 0),
        byClass: pending,
        bytesByClass: bytes,
        oldestByClass: oldest,
        budgetBytes,
        oldest: oldestPending,
        trouble: isHealthy ? null : (trouble ?? "the last append failed"),
      };
    },
    close: () => journal.close(),
  };
}

function recordOf(message: NewMessage, address: Address): NewRecord {
  const bytes = encodeUnplaced(message);
  refuseTooLarge(message.kind, bytes);
  return {
    recordClass: classOfStream(message.kind),
    topic: topics.data(address, message.kind),
    bytes,
    ...(message.kind === "chunk" ? { group: message.sha } : {}),
  };
}

/** The bytes of a message that has no place yet, in the form of the contract's `encode`. */
function encodeUnplaced(message: NewMessage): Uint8Array {
  if (message.kind === "reading") return Buffer.from(JSON.stringify(foldSamples(message)));
  if (message.kind !== "chunk") return Buffer.from(JSON.stringify(message));
  const { bytes, ...header } = message;
  return Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), bytes]);
}

/**
 * Puts log, seq and id behind the opening brace; a chunk's line of JSON begins with one too. What is read together lies in one
 * piece of memory: malloc gives a large one back whole, where many small ones that are freed at different times leave holes.
 */
function outgoingOf(records: readonly StoredRecord[], log: string): Outgoing[] {
  const places = records.map(({ n }) =>
    Buffer.from(`{"log":${JSON.stringify(log)},"seq":${n},"id":${JSON.stringify(`${log}-${n}`)},`),
  );
  const parts = records.flatMap(({ bytes }, i) => [places[i] ?? Buffer.of(), bytes.subarray(1)]);
  const together = Buffer.concat(parts);
  let end = 0;
  return records.map(({ n, topic, bytes }, i) => {
    const start = end;
    end += (places[i]?.length ?? 0) + bytes.length - 1;
    return { seq: n, topic, bytes: together.subarray(start, end) };
  });
}
