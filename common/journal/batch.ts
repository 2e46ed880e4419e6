import { sizeInBudget } from "./budget.ts";
import type { NewRecord, StoredRecord, Values } from "./journal.ts";
import { packKept, RecordPacker } from "./record-codec.ts";

/** A transaction takes at most so much, so that nobody waits long for its sync. */
const MOST_RECORDS = 10_000;
const MOST_BYTES = 8 * 1024 * 1024;

/** Bytes that are kept under a name beside the log; null takes them away. */
export type Kept = readonly [name: string, bytes: Uint8Array | null];

/** A reader that is added, with its classes, or taken away (null). */
export type ReaderChange = readonly [reader: string, classes: readonly string[] | null];

/** One append that waits for its commit. */
interface Waiter {
  readonly records: number;
  readonly resolve: (numbers: readonly number[]) => void;
  readonly reject: (error: unknown) => void;
}

/** What goes to the disk in one transaction, packed while it gathers. */
export class Batch {
  readonly #classes: readonly string[];
  readonly #packer = new RecordPacker();
  readonly #kept: Kept[] = [];
  readonly #waiters: Waiter[] = [];
  #keptBytes = 0;
  readonly records: NewRecord[] = [];
  readonly values: Record<string, string> = {};
  /** In the order in which they were asked for. */
  readonly readerChanges: ReaderChange[] = [];

  constructor(classes: readonly string[]) {
    this.#classes = classes;
  }

  get isFull(): boolean {
    return this.records.length >= MOST_RECORDS || this.#packer.usedBytes + this.#keptBytes >= MOST_BYTES;
  }

  /** Adds an append; gives its numbers once it is committed. Records must be packable and of the journal's classes. */
  add(records: readonly NewRecord[], values: Values, kept: readonly Kept[]): Promise<readonly number[]> {
    for (const record of records) {
      this.#packer.add(0, this.#classes.indexOf(record.recordClass), record);
      this.records.push(record);
    }
    Object.assign(this.values, values);
    for (const entry of kept) {
      this.#kept.push(entry);
      this.#keptBytes += entry[1]?.length ?? 0;
    }
    const committed = Promise.withResolvers<readonly number[]>();
    this.#waiters.push({ records: records.length, resolve: committed.resolve, reject: committed.reject });
    return committed.promise;
  }

  /** The buffers of the batch, to be transferred; they can be taken once. */
  pack(): { readonly packed: ArrayBuffer; readonly kept: ArrayBuffer } {
    return { packed: this.#packer.take(), kept: packKept(this.#kept) };
  }

  /** What its records count in a budget, by class. */
  incomingBytes(): number[] {
    const incoming = this.#classes.map(() => 0);
    for (const record of this.records) {
      const i = this.#classes.indexOf(record.recordClass);
      incoming[i] = (incoming[i] ?? 0) + sizeInBudget(record);
    }
    return incoming;
  }

  /** Its records under the numbers that they were given. */
  stored(firstN: number): readonly StoredRecord[] {
    return this.records.map(({ recordClass, topic, bytes }, i) => ({ n: firstN + i, recordClass, topic, bytes }));
  }

  /** Tells those who wait that it is on disk. */
  resolve(firstN: number): void {
    let n = firstN;
    for (const { records, resolve } of this.#waiters) resolve(Array.from({ length: records }, () => n++));
  }

  /** Tells those who wait that nothing of it was kept. */
  reject(error: unknown): void {
    for (const { reject } of this.#waiters) reject(error);
  }
}
