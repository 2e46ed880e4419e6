import type { Journal, StoredRecord } from "#journal/journal.ts";

/** A record that was handed out, or needs not be, and whether it is done with. */
export interface Handout {
  readonly lane: Lane;
  readonly n: number;
  isSettled: boolean;
}

/** A record to be delivered; `isAgain` when it was handed out before. */
export interface Outgoing {
  readonly record: StoredRecord;
  readonly handout: Handout;
  readonly isAgain: boolean;
}

const READ_RECORDS = 2_000;
/** The next part is read from the journal while so many are still at hand. */
const READ_AHEAD_BELOW = 1_000;
const QUEUE_RECORDS = 20_000;
const QUEUE_BYTES = 32 * 1024 * 1024;

/**
 * One class of one consumer group, in order of its numbers.
 *
 * Fresh records come from memory as they are committed; where too many wait, or nobody was there to take them, they are
 * read from the journal. The group's cursor stands at the end of the settled prefix.
 */
export class Lane {
  readonly recordClass: string;
  readonly #journal: Journal;
  readonly #group: string;
  readonly #onReadable: () => void;
  readonly #onTrouble: (error: unknown) => void;
  /** Handed out and not yet behind the cursor, in order. */
  #handouts: Handout[] = [];
  #firstHandout = 0;
  /** Settled beyond the cursor by a member that has gone: not to be handed out again. */
  #settledBeyond = new Set<number>();
  #highestHandedOut = 0;
  #queue: StoredRecord[] = [];
  #firstQueued = 0;
  #queuedBytes = 0;
  /** The queue holds all there is up to this number. */
  #queuedTo = 0;
  /** Nothing lies in the journal beyond the queue. */
  #isComplete = false;
  #newestCommitted = 0;
  #isRunning = false;
  #reading: symbol | undefined;

  constructor(
    recordClass: string,
    journal: Journal,
    group: string,
    onReadable: () => void,
    onTrouble: (error: unknown) => void,
  ) {
    this.recordClass = recordClass;
    this.#journal = journal;
    this.#group = group;
    this.#onReadable = onReadable;
    this.#onTrouble = onTrouble;
  }

  /** Begins at the cursor for a new member. */
  start(): void {
    this.#queuedTo = this.#journal.cursor(this.#group, this.recordClass);
    this.#isComplete = false;
    this.#isRunning = true;
    this.#readOn();
  }

  /** The member has gone: what it did not acknowledge will be handed out again. */
  stop(): void {
    for (const { n, isSettled } of this.#handouts.slice(this.#firstHandout)) if (isSettled) this.#settledBeyond.add(n);
    this.#handouts = [];
    this.#firstHandout = 0;
    this.#dropQueue();
    this.#isRunning = false;
    this.#reading = undefined;
  }

  /** A record of this class was committed. */
  offer(record: StoredRecord): void {
    this.#newestCommitted = record.n;
    if (!this.#isRunning || !this.#isComplete || record.n <= this.#queuedTo) return;
    if (this.#queue.length - this.#firstQueued >= QUEUE_RECORDS || this.#queuedBytes >= QUEUE_BYTES) {
      this.#isComplete = false;
      return;
    }
    this.#enqueue(record);
  }

  /** The next record to deliver; undefined where there is none at hand (`onReadable` is called when there is). */
  next(): Outgoing | undefined {
    for (;;) {
      if (!this.#isComplete && this.#queue.length - this.#firstQueued < READ_AHEAD_BELOW) this.#readOn();
      const record = this.#queue[this.#firstQueued];
      if (record === undefined) return undefined;
      this.#dequeue(record);
      const handout: Handout = { lane: this, n: record.n, isSettled: this.#settledBeyond.delete(record.n) };
      this.#handouts.push(handout);
      if (handout.isSettled) continue;
      const isAgain = record.n <= this.#highestHandedOut;
      this.#highestHandedOut = Math.max(record.n, this.#highestHandedOut);
      return { record, handout, isAgain };
    }
  }

  /** Moves the group's cursor over everything that is settled without a hole. */
  advance(): void {
    let settledTo = 0;
    for (let head = this.#handouts[this.#firstHandout]; head?.isSettled; head = this.#handouts[this.#firstHandout]) {
      settledTo = head.n;
      this.#firstHandout += 1;
    }
    if (settledTo === 0) return;
    if (this.#firstHandout > 1_000 && this.#firstHandout * 2 > this.#handouts.length) {
      this.#handouts = this.#handouts.slice(this.#firstHandout);
      this.#firstHandout = 0;
    }
    this.#journal.advance(this.#group, this.recordClass, settledTo);
  }

  #readOn(): void {
    if (this.#reading !== undefined || !this.#isRunning) return;
    const reading = Symbol("reading");
    this.#reading = reading;
    const newestBefore = this.#newestCommitted;
    this.#journal.read(this.recordClass, this.#queuedTo, READ_RECORDS).then(
      (records) => {
        if (this.#reading !== reading) return;
        this.#reading = undefined;
        for (const record of records) this.#enqueue(record);
        const hasReachedNewest = this.#newestCommitted > 0 && this.#queuedTo >= this.#newestCommitted;
        this.#isComplete = hasReachedNewest || (records.length === 0 && this.#newestCommitted === newestBefore);
        if (!this.#isComplete || records.length > 0) this.#onReadable();
      },
      (error: unknown) => {
        if (this.#reading !== reading) return;
        this.#reading = undefined;
        this.#onTrouble(error);
      },
    );
  }

  #enqueue(record: StoredRecord): void {
    this.#queue.push(record);
    this.#queuedBytes += record.bytes.length;
    this.#queuedTo = record.n;
  }

  #dequeue(record: StoredRecord): void {
    this.#firstQueued += 1;
    this.#queuedBytes -= record.bytes.length;
    if (this.#firstQueued < 1_000 && this.#firstQueued < this.#queue.length) return;
    this.#queue = this.#queue.slice(this.#firstQueued);
    this.#firstQueued = 0;
  }

  #dropQueue(): void {
    this.#queue = [];
    this.#firstQueued = 0;
    this.#queuedBytes = 0;
    this.#isComplete = false;
  }
}
