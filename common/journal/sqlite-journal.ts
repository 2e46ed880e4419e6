import type { Closer } from "#kit/closer.ts";
import { messageOf } from "#kit/errors.ts";
import { every } from "#kit/every.ts";
import { Histogram } from "#kit/histogram.ts";
import { Batch, type Kept, type ReaderChange } from "./batch.ts";
import type { JournalBudget } from "./budget.ts";
import {
  type Journal,
  type JournalOptions,
  type JournalStats,
  JournalUnavailable,
  type NewRecord,
  type StoredRecord,
  UnknownClass,
  type Values,
} from "./journal.ts";
import { type JournalThread, startThread } from "./journal-thread.ts";
import { ReaderBook } from "./reader-book.ts";
import { budgetBytesOf, requirePackable, storedRecords, unpackKept } from "./record-codec.ts";
import type {
  ClassHolding,
  Committed,
  CursorMove,
  Known,
  Opened,
  Reply,
  Task,
  WorkerBudget,
} from "./worker-messages.ts";

/** Cursors are committed, and an unhealthy disk is tried again, this often where nobody appends. */
const SETTLE_EVERY_MS = 500;
const COMMIT_BOUNDS_S = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

/**
 * Opens (or creates) a journal on Node's SQLite, in a thread of its own.
 *
 * Rejects with `JournalInUse` when another process has it open and with `JournalUnavailable` when the disk does not let
 * it be opened. Whatever a kill at any moment left behind opens again.
 */
export async function openJournal(options: JournalOptions): Promise<Journal> {
  requireReaders(options);
  const { file, classes, readers, pageBytes } = options;
  const starting = { file, pageBytes, classes, readers, budget: workerBudgetOf(options) };
  let journal: SqliteJournal | undefined;
  const startAnew = (known: Known | null) => startThread({ ...starting, known }, (why) => journal?.lose(why));
  const { thread, opened } = await startAnew(null);
  journal = new SqliteJournal(options, startAnew, thread, opened);
  return journal;
}

type StartThread = (known: Known) => Promise<{ thread: JournalThread; opened: Opened }>;

class SqliteJournal implements Journal {
  readonly #classes: readonly string[];
  readonly #readers: ReaderBook;
  readonly #startAnew: StartThread;
  readonly #onListenerError: (error: unknown) => void;
  readonly #budget: JournalBudget | undefined;
  readonly #dropped = new Map<string, number>();
  readonly #values: Map<string, string>;
  readonly #listeners = new Set<(records: readonly StoredRecord[]) => void>();
  readonly #settling: Closer;
  #thread: JournalThread;
  #holdings: readonly ClassHolding[];
  #lastN: number;
  /** Batches that wait for their transaction; the last one still gathers. */
  #waiting: Batch[] = [];
  #committing: Promise<void> | undefined;
  #hasMoreToClear = false;
  #payloadBytes = 0;
  readonly #appended: number[];
  readonly #commitSeconds = new Histogram(COMMIT_BOUNDS_S);
  #commits = 0;
  #trouble: string | null = null;
  #isCramped = false;
  #closing: Promise<void> | undefined;

  constructor(
    { classes, readers, onListenerError = throwLater, budget }: JournalOptions,
    startAnew: StartThread,
    thread: JournalThread,
    opened: Opened,
  ) {
    this.#classes = classes;
    this.#appended = classes.map(() => 0);
    this.#readers = new ReaderBook(readers, opened);
    this.#onListenerError = onListenerError;
    this.#budget = budget;
    this.#startAnew = startAnew;
    this.#thread = thread;
    this.#holdings = opened.holdings;
    this.#lastN = opened.lastN;
    this.#values = new Map(Object.entries(opened.values));
    this.#settling = every(SETTLE_EVERY_MS, () => this.#settle(), ignoreReportedTrouble);
  }

  async append(records: readonly NewRecord[], values: Values = {}): Promise<readonly number[]> {
    for (const record of records) {
      if (!this.#classes.includes(record.recordClass)) throw new UnknownClass(`no class "${record.recordClass}" here`);
      requirePackable(record);
    }
    return await this.#commitSoon(records, values, []);
  }

  async keep(name: string, bytes: Uint8Array | null): Promise<void> {
    requirePackable({ topic: name });
    await this.#commitSoon([], {}, [[name, bytes]]);
  }

  async kept(prefix = ""): Promise<ReadonlyMap<string, Uint8Array>> {
    const kept = new Map<string, Uint8Array>();
    let after = "";
    for (;;) {
      const before = kept.size;
      const reply = await this.#thread.ask({ kind: "read-kept", prefix, after });
      if (reply.kind !== "kept") return kept;
      unpackKept(reply.packed, (name, bytes) => {
        if (bytes !== null) kept.set(name, bytes);
        after = name;
      });
      if (kept.size === before) return kept;
    }
  }

  async read(recordClass: string, after: number, limit: number): Promise<readonly StoredRecord[]> {
    if (!this.#classes.includes(recordClass)) throw new UnknownClass(`no class "${recordClass}" here`);
    const reply = await this.#thread.ask({ kind: "read", recordClass, after, limit });
    if (reply.kind !== "records") return [];
    const records = storedRecords(reply.packed, recordClass);
    // A gap that was found in the file after a failure is told with the next commit, and counts from then on.
    return (records.at(-1)?.n ?? 0) <= this.#lastN ? records : records.filter(({ n }) => n <= this.#lastN);
  }

  newest(): number {
    return this.#lastN;
  }

  cursor(reader: string, recordClass: string): number {
    return this.#readers.cursor(reader, recordClass);
  }

  cursors() {
    return this.#readers.cursors();
  }

  advance(reader: string, recordClass: string, n: number): void {
    if (n > this.#lastN) throw new RangeError(`${reader} cannot stand at ${n}: the last number is ${this.#lastN}`);
    this.#readers.advance({ reader, recordClass, n });
  }

  async addReader(reader: string, classes: readonly string[]): Promise<void> {
    if (this.#readers.own[reader] !== undefined) throw new UnknownClass(`"${reader}" is one of the own readers`);
    for (const name of classes) if (!this.#classes.includes(name)) throw new UnknownClass(`no class "${name}" here`);
    await this.#commitSoon([], {}, [], [reader, classes]);
  }

  async removeReader(reader: string): Promise<void> {
    await this.#commitSoon([], {}, [], [reader, null]);
  }

  addedReaders(): readonly string[] {
    return Object.keys(this.#readers.added);
  }

  value(name: string): string | undefined {
    return this.#values.get(name);
  }

  stats(): JournalStats {
    const oldest = this.#holdings.flatMap((holding) => (holding.oldest === null ? [] : [holding.oldest]));
    return {
      pending: Object.fromEntries(this.#holdings.map(({ recordClass, pending }) => [recordClass, pending])),
      bytes: Object.fromEntries(this.#holdings.map(({ recordClass, bytes }) => [recordClass, bytes])),
      budgetBytes: this.#budget?.bytes ?? null,
      dropped: Object.fromEntries(this.#classes.map((name) => [name, this.#dropped.get(name) ?? 0])),
      oldestPending: oldest.length === 0 ? null : Math.min(...oldest),
      oldest: Object.fromEntries(this.#holdings.map(({ recordClass, oldest: n }) => [recordClass, n])),
      newest: this.#lastN,
      appended: Object.fromEntries(this.#classes.map((recordClass, i) => [recordClass, this.#appended[i] ?? 0])),
      payloadBytesAppended: this.#payloadBytes,
      commits: this.#commits,
      commitSeconds: this.#commitSeconds.counts(),
      isHealthy: this.#trouble === null,
      trouble: this.#trouble,
    };
  }

  onCommitted(listener: (records: readonly StoredRecord[]) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  async #finish(): Promise<void> {
    await this.#settling.close();
    this.#startCommitting();
    await this.#committing;
    await this.#settle().catch(ignoreReportedTrouble);
    await this.#thread.ask({ kind: "close" }).catch(ignoreReportedTrouble);
    await this.#thread.ended;
  }

  /** The thread has ended: nothing is taken until it is started anew, within a second. */
  lose(why: string): void {
    if (this.#closing === undefined) this.#trouble = why;
  }

  /** What the lost thread did not answer was refused, so the file is cut back to what was acknowledged. */
  async #restart(): Promise<void> {
    await this.#thread.ended;
    const values = Object.fromEntries(this.#values);
    const known = { lastN: this.#lastN, values, addedReaders: this.#readers.added };
    const { thread, opened } = await this.#startAnew(known).catch((error: unknown) => {
      this.#trouble = messageOf(error);
      throw error;
    });
    this.#thread = thread;
    this.#holdings = opened.holdings;
    this.#lastN = opened.lastN;
    this.#tellGaps(opened.gaps);
  }

  /** Commits what does not come with an append: cursors, what is left to clear, a try whether the disk is well again. */
  async #settle(): Promise<void> {
    if (this.#thread.isGone) await this.#restart();
    if (this.#committing !== undefined) return;
    const isDue = this.#readers.hasMoved || this.#hasMoreToClear || this.#isCramped || this.#isOverBudget(0);
    if (!isDue && this.#trouble === null) return;
    const settling = this.#commit(new Batch(this.#classes)).then((tell) => tell());
    this.#commitInTurn(settling);
    await settling;
  }

  #commitSoon(
    records: readonly NewRecord[],
    values: Values,
    kept: readonly Kept[],
    readerChange?: ReaderChange,
  ): Promise<readonly number[]> {
    if (this.#closing !== undefined) return Promise.reject(new JournalUnavailable("the journal is closed"));
    let batch = this.#waiting.at(-1);
    // On a full disk records may be refused: what is kept beside them is not, and waits for none of them.
    const isOther = this.#isCramped && batch !== undefined && records.length > 0 !== batch.records.length > 0;
    if (batch === undefined || batch.isFull || isOther) {
      batch = new Batch(this.#classes);
      this.#waiting.push(batch);
    }
    const committed = batch.add(records, values, kept);
    if (readerChange !== undefined) batch.readerChanges.push(readerChange);
    this.#startCommitting();
    return committed;
  }

  /** Everything that arrives in one turn of the event loop, and then everything during a sync, goes together. */
  #startCommitting(): void {
    if (this.#waiting.length > 0 && this.#committing === undefined) this.#commitInTurn(this.#commitAll());
  }

  /** The thread has one transaction at a time: the next begins when the one before is answered. */
  #commitInTurn(committing: Promise<void>): void {
    this.#committing = committing.finally(() => {
      this.#committing = undefined;
      this.#startCommitting();
    });
  }

  /** The thread gets its next transaction before anyone hears of the last one, so that it need not wait for them. */
  async #commitAll(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve));
    for (let current = this.#commitNext(); current !== undefined; ) {
      const tell = await current;
      current = this.#commitNext();
      tell();
    }
  }

  #commitNext(): Promise<() => void> | undefined {
    const batch = this.#waiting.shift();
    return batch === undefined ? undefined : this.#commit(batch);
  }

  /** Commits a batch; gives what tells those who wait how it went. */
  async #commit(batch: Batch): Promise<() => void> {
    const { packed, kept } = batch.pack();
    const { records, values } = batch;
    try {
      if (this.#isOverBudget(budgetBytesOf(packed, records.length))) await this.#makeRoom(batch.incomingBytes());
      const askedMs = performance.now();
      const after = this.#readers.after(batch.readerChanges, this.#lastN);
      const taskOf = (moves: readonly CursorMove[]): Task => {
        const allMoves = [...moves, ...(after?.begins ?? [])];
        return { kind: "commit", packed, kept, values, moves: allMoves, addedReaders: after?.readers };
      };
      const reply = await this.#ask(taskOf, [packed, kept]);
      this.#commitSeconds.observe((performance.now() - askedMs) / 1000);
      if (reply.kind !== "committed") return () => undefined;
      this.#trouble = reply.committed.trouble;
      if (after !== undefined) this.#readers.take(after);
      this.#takeCommitted(records, values, reply.committed);
      return () => this.#tellAll(batch, reply.committed);
    } catch (error) {
      return () => batch.reject(error);
    }
  }

  /** A transaction takes the cursors' moves with it; they are kept for the next one when it fails. */
  async #ask(taskOf: (moves: readonly CursorMove[]) => Task, transferred: ArrayBuffer[]): Promise<Reply> {
    const moves = this.#readers.takeMoves();
    return await this.#thread.ask(taskOf(moves), transferred).catch((error: unknown) => {
      this.#readers.giveBack(moves);
      this.#trouble = messageOf(error);
      throw error;
    });
  }

  #isOverBudget(incomingBytes: number): boolean {
    if (this.#budget === undefined) return false;
    return this.#holdings.reduce((sum, { bytes }) => sum + bytes, incomingBytes) > this.#budget.bytes;
  }

  async #makeRoom(incoming: readonly number[]): Promise<void> {
    const stamp = this.#budget?.stamp();
    const reply = await this.#ask((moves) => ({ kind: "make-room", incoming, moves, stamp }), []);
    if (reply.kind !== "room-made") return;
    const { made } = reply;
    this.#takeCommitted([], {}, made);
    this.#tellGaps(made.gaps);
    const dropped = this.#classes.flatMap((name, i): [string, number][] =>
      (made.dropped[i] ?? 0) > 0 ? [[name, made.dropped[i] ?? 0]] : [],
    );
    for (const [name, count] of dropped) this.#dropped.set(name, (this.#dropped.get(name) ?? 0) + count);
    if (dropped.length > 0) this.#guard(() => this.#budget?.onDropped?.(Object.fromEntries(dropped)));
  }

  #takeCommitted(records: readonly NewRecord[], values: Values, committed: Committed): void {
    for (const [name, text] of Object.entries(values)) this.#values.set(name, text);
    this.#holdings = committed.holdings;
    this.#hasMoreToClear = committed.hasMoreToClear;
    this.#isCramped = committed.isCramped;
    this.#lastN = committed.lastN;
    this.#commits += 1;
    for (const { recordClass, bytes } of records) {
      const i = this.#classes.indexOf(recordClass);
      this.#appended[i] = (this.#appended[i] ?? 0) + 1;
      this.#payloadBytes += bytes.length;
    }
  }

  #tellAll(batch: Batch, { firstN, gaps }: Committed): void {
    this.#tellGaps(gaps);
    batch.resolve(firstN);
    if (batch.records.length > 0 && this.#listeners.size > 0) this.#tell(batch.stored(firstN));
  }

  #tellGaps(packed: ArrayBuffer | null): void {
    if (packed === null || this.#budget === undefined) return;
    this.#tell(storedRecords(packed, this.#budget.gapClass));
  }

  #tell(stored: readonly StoredRecord[]): void {
    for (const listener of this.#listeners) this.#guard(() => listener(stored));
  }

  /** The records are committed, whatever a listener makes of them. */
  #guard(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#onListenerError(error);
    }
  }
}

/** `stats().trouble` already says it, and the next round tries again. */
function ignoreReportedTrouble(): void {}

function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

function workerBudgetOf({ classes, budget }: JournalOptions): WorkerBudget | null {
  if (budget === undefined) return null;
  const shares = classes.map((name) => budget.shares[name] ?? 0);
  const isSound = shares.every((share) => share >= 0) && shares.reduce((sum, share) => sum + share, 0) <= 1.000001;
  if (!isSound) throw new RangeError("the shares of a budget are parts of 1, together at most 1");
  if (!classes.includes(budget.gapClass)) throw new UnknownClass(`no class "${budget.gapClass}" for gaps here`);
  const { bytes, gapClass, gapWriter, owner } = budget;
  return { bytes, shares: shares.map((share) => share * bytes), gapClass, gapWriter: gapWriter.href, owner };
}

function requireReaders({ classes, readers }: JournalOptions): void {
  for (const recordClass of classes) {
    if (!Object.values(readers).some((read) => read.includes(recordClass))) {
      throw new UnknownClass(`nobody reads the class "${recordClass}", so it would never be cleared`);
    }
  }
}
