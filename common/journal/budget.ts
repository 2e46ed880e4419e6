import type { Ranges } from "#kit/ranges.ts";
import type { NewRecord, StoredRecord, Values } from "./journal.ts";

/**
 * How much a journal may hold, and what becomes of the rest.
 *
 * When an append would go above `bytes`, the least worthy class above its share loses its oldest records, until there
 * is room and a little more. What is lost is said in records of the journal itself, in the same transaction.
 */
export interface JournalBudget {
  /** Bytes of all records together, as `stats().bytes` counts them: topic, payload and what a record takes besides. */
  readonly bytes: number;
  /** The part of the budget that no other class can take, by class; together at most 1. */
  readonly shares: Readonly<Record<string, number>>;
  /** The class of the records that say what was lost. */
  readonly gapClass: string;
  /** The module that exports `createGapWriter`: it is loaded into the journal's thread. */
  readonly gapWriter: URL;
  /** What the writer is told of its owner; it can be cloned. */
  readonly owner: unknown;
  /** What a gap says of the moment; asked for when room is made, and can be cloned. */
  readonly stamp: () => unknown;
  /** Hears how many records each class has just lost. */
  readonly onDropped?: (dropped: Readonly<Record<string, number>>) => void;
}

/** Numbers that are lost, under the name of the one gap that says them while it has room. */
export interface Loss {
  readonly key: string;
  readonly ranges: Ranges;
}

/** What a writer of gaps knows when room is made. */
export interface GapContext {
  readonly owner: unknown;
  readonly stamp: unknown;
  /** Values of the journal, and those that the writer has given before. */
  readonly values: ReadonlyMap<string, string>;
}

/** A gap to be appended, with values of the writer's own that are committed with it. */
export interface NewGap {
  readonly record: Omit<NewRecord, "recordClass" | "group">;
  readonly values?: Values;
}

/**
 * Says in the owner's words what a journal drops; one is made each time that room is made. It computes only.
 *
 * A gap that is still pending is itself dropped when one under the same key replaces it: `lossesOf` then gives its own
 * number and all that it said, so nothing is forgotten.
 */
export interface GapWriter {
  /** What is lost with a record: its number and, where it is a gap, the numbers that it named. */
  lossesOf(record: StoredRecord): readonly Loss[];
  /** One gap that says these numbers, at most `MAX_GAP_RANGES` ranges. */
  write(key: string, ranges: Ranges): NewGap;
}

export type CreateGapWriter = (context: GapContext) => GapWriter;

/** A gap stays some kilobytes small, however long it grows; the numbers of a class that alternates with another one
 * are one range each. */
export const MAX_GAP_RANGES = 500;

/**
 * What a record takes up besides its topic and payload: row header, number, cell pointer, and a part of the slack of
 * pages. Measured, size of the file by this sum: 0.88 for readings of 200 bytes, 1.00 for chunks of 32 KiB, 1.27 for
 * records of 1,000 bytes; at worst 2, where records are a little larger than half a page (4 KiB).
 */
export const RECORD_OVERHEAD_BYTES = 48;

/** What a record counts in the budget. The key of a group lies in the table and in its index. */
export const recordBytes = (topicBytes: number, bytes: number, groupBytes: number): number =>
  topicBytes + bytes + 2 * groupBytes + RECORD_OVERHEAD_BYTES;

/** What a record that is not packed yet counts in the budget. */
export const sizeInBudget = ({ topic, bytes, group = "" }: NewRecord): number =>
  recordBytes(Buffer.byteLength(topic), bytes.length, Buffer.byteLength(group));

/**
 * Room is made for so much more than is needed, so that it is made seldom; a sixteenth of a small budget. Appends wait
 * meanwhile: some 20 µs of CPU for each record that goes, so 0.3 s for this much of 200-byte readings.
 */
const SLACK_BYTES = 4 * 1024 * 1024;
/** One transaction drops not much more than this and the rest of one group, so that nobody waits long for an append. */
const DROPPED_PER_COMMIT = 16 * 1024 * 1024;

/** What one class holds, in bytes, and what no other class can take from it. */
export interface ClassBytes {
  readonly held: number;
  readonly incoming: number;
  readonly share: number;
}

/** How many bytes are to go in all, so that what comes fits and leaves a little slack; 0 while it fits as it is. */
export function bytesTooMany(budget: number, classes: readonly ClassBytes[]): number {
  const total = classes.reduce((sum, { held, incoming }) => sum + held + incoming, 0);
  if (total <= budget) return 0;
  return Math.min(total - budget + Math.min(SLACK_BYTES, budget / 16), DROPPED_PER_COMMIT);
}

/** How many of the bytes that are too many one class has to give. */
export const bytesToDrop = ({ held, incoming, share }: ClassBytes, tooMany: number): number =>
  Math.max(0, Math.min(tooMany, held + incoming - share));
