import type { Journal, NewRecord } from "#journal/journal.ts";

/** What becomes of publishes that were taken. */
export interface IntakeEnd {
  /** They are on disk: acknowledge them. */
  readonly onStored: (messageIds: readonly number[]) => void;
  /** Nothing of them was kept: they must not be acknowledged. */
  readonly onRefused: (error: unknown, count: number) => void;
}

/**
 * The durable publishes of one connection on their way into the journal.
 *
 * What one read of the socket brought goes into the journal as one append; the answer comes after the group commit.
 */
export class DurableIntake {
  readonly #journal: Journal;
  readonly #end: IntakeEnd;
  #records: NewRecord[] = [];
  #messageIds: number[] = [];
  #gatheredBytes = 0;
  #waitingBytes = 0;
  #lastAppend: Promise<void> = Promise.resolve();

  constructor(journal: Journal, end: IntakeEnd) {
    this.#journal = journal;
    this.#end = end;
  }

  /** Bytes that were taken and are not on disk yet. */
  get unjournaledBytes(): number {
    return this.#waitingBytes + this.#gatheredBytes;
  }

  /** Takes a publish; it is appended with the next `flush`. */
  take(record: NewRecord, messageId: number): void {
    this.#records.push(record);
    this.#messageIds.push(messageId);
    this.#gatheredBytes += record.bytes.length + record.topic.length;
  }

  /** Appends what was taken. */
  flush(): void {
    if (this.#records.length > 0) this.#lastAppend = this.#append();
  }

  /** Resolves when everything that was flushed has been answered. */
  async settled(): Promise<void> {
    await this.#lastAppend;
  }

  async #append(): Promise<void> {
    const records = this.#records;
    const messageIds = this.#messageIds;
    const bytes = this.#gatheredBytes;
    this.#records = [];
    this.#messageIds = [];
    this.#gatheredBytes = 0;
    this.#waitingBytes += bytes;
    try {
      await this.#journal.append(records);
      this.#waitingBytes -= bytes;
      this.#end.onStored(messageIds);
    } catch (error) {
      this.#waitingBytes -= bytes;
      this.#end.onRefused(error, records.length);
    }
  }
}
