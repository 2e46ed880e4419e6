import type { Closer } from "#kit/closer.ts";
import { AppError } from "#kit/errors.ts";
import type { HistogramCounts } from "#kit/histogram.ts";
import type { JournalBudget } from "./budget.ts";

/** What is appended. `recordClass` is one of the classes that the journal was opened with. */
export interface NewRecord {
  readonly recordClass: string;
  readonly topic: string;
  readonly bytes: Uint8Array;
  /** Records of a class with the same key go together when one of them has to go (a photo's chunks). */
  readonly group?: string;
}

/** A record as it lies in the journal: `n` counts from 1 over all classes, without holes, and is never given twice. */
export interface StoredRecord extends NewRecord {
  readonly n: number;
}

/** Small named texts that are committed together with an append (chain head, log id). */
export type Values = Readonly<Record<string, string>>;

/** The disk is full or the file cannot be written: nothing of the batch is kept, and nothing was acknowledged. */
export class JournalUnavailable extends AppError {
  readonly code = "journal-unavailable";
  readonly retry = true;
}

/** Another process has the journal's file open. */
export class JournalInUse extends AppError {
  readonly code = "journal-in-use";
  readonly retry = true;
}

/** A class or a reader that the journal was not opened with. */
export class UnknownClass extends AppError {
  readonly code = "unknown-class";
  readonly retry = false;
}

/** What the journal did and holds. */
export interface JournalStats {
  /** Records that are not cleared yet, by class: an advance shows here once it is committed, within a second. */
  readonly pending: Readonly<Record<string, number>>;
  /** What those records count in the budget, by class: topic, payload and what a record takes up besides. */
  readonly bytes: Readonly<Record<string, number>>;
  /** The budget, or null where everything is kept. */
  readonly budgetBytes: number | null;
  /** Records that had to go since this journal was opened, by class; gaps say which. */
  readonly dropped: Readonly<Record<string, number>>;
  /** The oldest number that is still pending, or null; over all classes, and by class. */
  readonly oldestPending: number | null;
  readonly oldest: Readonly<Record<string, number | null>>;
  /** The newest number that was given. */
  readonly newest: number;
  /** Records appended since it was opened, by class. */
  readonly appended: Readonly<Record<string, number>>;
  readonly payloadBytesAppended: number;
  readonly commits: number;
  /** Seconds from the asking for a transaction until it was on disk. */
  readonly commitSeconds: HistogramCounts;
  /** False from the first failed write until one succeeds again. */
  readonly isHealthy: boolean;
  /** Message of the last failure while unhealthy. */
  readonly trouble: string | null;
}

/**
 * An append-only log on disk with named readers.
 *
 * A promise of `append` resolves only after the records are synced (group commit: everything that arrives while a sync
 * is running goes into the next one). Records of one append are committed together or not at all. A record is
 * cleared once every reader of its class has advanced past it. SQLite lives in a worker thread, so that a slow disk
 * never holds the event loop; a thread that ends is a failed write like any other: it is started anew.
 */
export interface Journal extends Closer {
  /** Numbers of the appended records, in order. Rejects with `JournalUnavailable`; then nothing was kept. */
  append(records: readonly NewRecord[], values?: Values): Promise<readonly number[]>;
  /**
   * Records of one class with a number above `after`, oldest first, at most `limit`. Fewer may come when they are large
   * (about 4 MiB at a time); only an empty answer means that there is no more now.
   */
  read(recordClass: string, after: number, limit: number): Promise<readonly StoredRecord[]>;
  /** The last number that was given; 0 where none ever was. */
  newest(): number;
  /** Where a reader stands in a class: every record up to this number is acknowledged (0 at the start). */
  cursor(reader: string, recordClass: string): number;
  /** Where every reader stands in each of its classes. */
  cursors(): readonly { readonly reader: string; readonly recordClass: string; readonly n: number }[];
  /** Moves a reader forward. Durable with the next commit or within a second: a crash only makes records come twice. */
  advance(reader: string, recordClass: string, n: number): void;
  /**
   * Adds a reader of some classes to those that the journal was opened with; durable when it resolves. It begins at the
   * newest number, and from then on nothing is cleared that it has not passed. One that is there already stays as it is.
   */
  addReader(reader: string, classes: readonly string[]): Promise<void>;
  /** Takes a reader that was added away again, and what only it kept may be cleared. */
  removeReader(reader: string): Promise<void>;
  /** The readers that were added. */
  addedReaders(): readonly string[];
  /** A value that was committed with an append. */
  value(name: string): string | undefined;
  /**
   * Keeps bytes under a name beside the log, or takes them away (null); on disk when it resolves, in the same group
   * commit as everything else. Of several calls for a name the last one stays. Rejects with `JournalUnavailable`; then it
   * may or may not be there after a restart.
   */
  keep(name: string, bytes: Uint8Array | null): Promise<void>;
  /** What is kept under names that begin with `prefix`, by name, as it lies on the disk; without one, everything. */
  kept(prefix?: string): Promise<ReadonlyMap<string, Uint8Array>>;
  stats(): JournalStats;
  /**
   * Calls back after each commit with what it added, in order; gives the way to stop it. What a listener throws changes
   * nothing for the append and the other listeners: `onListenerError` hears of it.
   */
  onCommitted(listener: (records: readonly StoredRecord[]) => void): () => void;
}

/** How a journal is opened. Every class must be read by at least one reader. */
export interface JournalOptions {
  readonly file: string;
  readonly classes: readonly string[];
  /** Which classes each named reader reads; they exist from the first start, so nothing is cleared too early. */
  readonly readers: Readonly<Record<string, readonly string[]>>;
  /** Hears what a listener of `onCommitted` threw; without it that is thrown where nobody catches it. */
  readonly onListenerError?: (error: unknown) => void;
  /**
   * Size of a page of a new file, a power of two from 512 on; 4096 if not said. Each commit writes whole pages: small ones
   * spare a card on which little is appended at a time, large ones are faster where much is.
   */
  readonly pageBytes?: number;
  /** How much may be held; without it everything is kept until the disk is full. */
  readonly budget?: JournalBudget;
}
