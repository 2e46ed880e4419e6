import { Worker } from "node:worker_threads";
import type { Closer } from "#kit/closer.ts";
import { messageOf } from "#kit/errors.ts";
import { every } from "#kit/every.ts";
import {
  type Journal,
  JournalInUse,
  type JournalOptions,
  type JournalStats,
  JournalUnavailable,
  type NewRecord,
  type StoredRecord,
  UnknownClass,
  type Values,
} from "./journal.ts";
import { packRecords, requirePackable, storedRecords } from "./record-codec.ts";
import type { ClassHolding, Committed, CursorMove, Opened, Reply, Request, Task } from "./worker-messages.ts";

/** A transaction takes at most so much, so that nobody waits long for its sync. */
const BATCH_RECORDS = 10_000;
const BATCH_BYTES = 8 * 1024 * 1024;
/** Cursors are committed, and an unhealthy disk is tried again, this often where nobody appends. */
const SETTLE_EVERY_MS = 500;

/** An append that waits for its commit. */
interface Waiting {
  readonly records: readonly NewRecord[];
  readonly values: Values;
  readonly resolve: (numbers: readonly number[]) => void;
  readonly reject: (error: unknown) => void;
}

interface Asked {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Opens (or creates) a journal on Node's SQLite, in a thread of its own.
 *
 * Rejects with `JournalInUse` when another process has it open and with `JournalUnavailable` when the disk does not let
 * it be opened. Whatever a kill at any moment left behind opens again.
 */
export async function openJournal(options: JournalOptions): Promise<Journal> {
  requireReaders(options);
  const worker = new Worker(new URL("./journal-worker.ts", import.meta.url), {
    workerData: { file: options.file, classes: options.classes, readers: options.readers },
    execArgv: [],
  });
  const first = await new Promise<Reply>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  }).catch((cause: unknown) => {
    throw new JournalUnavailable(`the journal's thread failed: ${messageOf(cause)}`, { cause });
  });
  if (first.kind === "opened") return new SqliteJournal(options, worker, first.opened);
  await worker.terminate();
  const message = first.kind === "not-opened" ? first.message : "the journal's thread gave no answer";
  if (first.kind === "not-opened" && first.isInUse) {
    throw new JournalInUse(`${options.file} is open in another process (${message})`);
  }
  throw new JournalUnavailable(`${options.file} cannot be opened: ${message}`);
}

class SqliteJournal implements Journal {
  readonly #classes: readonly string[];
  readonly #readers: JournalOptions["readers"];
  readonly #worker: Worker;
  readonly #asked = new Map<number, Asked>();
  readonly #cursors = new Map<string, number>();
  readonly #values: Map<string, string>;
  readonly #listeners = new Set<(records: readonly StoredRecord[]) => void>();
  readonly #settling: Closer;
  #holdings: readonly ClassHolding[];
  #lastN: number;
  #waiting: Waiting[] = [];
  #moves = new Map<string, CursorMove>();
  #committing: Promise<void> | undefined;
  #hasMoreToClear = false;
  #askedSoFar = 0;
  #payloadBytes = 0;
  #commits = 0;
  #trouble: string | null = null;
  #closing: Promise<void> | undefined;
  #isGone = false;

  constructor({ classes, readers }: JournalOptions, worker: Worker, opened: Opened) {
    this.#classes = classes;
    this.#readers = readers;
    this.#worker = worker;
    this.#holdings = opened.holdings;
    this.#lastN = opened.lastN;
    this.#values = new Map(Object.entries(opened.values));
    for (const { reader, recordClass, n } of opened.cursors) this.#cursors.set(keyOf(reader, recordClass), n);
    worker.on("message", (reply: Reply) => this.#takeReply(reply));
    worker.on("error", (error) => this.#lose(messageOf(error)));
    worker.on("exit", () => this.#lose("it has ended"));
    this.#settling = every(SETTLE_EVERY_MS, () => this.#settle(), ignoreReportedTrouble);
  }

  async append(records: readonly NewRecord[], values: Values = {}): Promise<readonly number[]> {
    for (const record of records) {
      if (!this.#classes.includes(record.recordClass)) throw new UnknownClass(`no class "${record.recordClass}" here`);
      requirePackable(record);
    }
    if (this.#closing !== undefined) throw new JournalUnavailable("the journal is closed");
    const committed = Promise.withResolvers<readonly number[]>();
    this.#waiting.push({ records, values, resolve: committed.resolve, reject: committed.reject });
    this.#startCommitting();
    return await committed.promise;
  }

  async read(recordClass: string, after: number, limit: number): Promise<readonly StoredRecord[]> {
    if (!this.#classes.includes(recordClass)) throw new UnknownClass(`no class "${recordClass}" here`);
    const reply = await this.#ask({ kind: "read", recordClass, after, limit });
    return reply.kind === "records" ? storedRecords(reply.packed, recordClass) : [];
  }

  cursor(reader: string, recordClass: string): number {
    this.#requireReader(reader, recordClass);
    return this.#cursors.get(keyOf(reader, recordClass)) ?? 0;
  }

  advance(reader: string, recordClass: string, n: number): void {
    this.#requireReader(reader, recordClass);
    if (n > this.#lastN) throw new RangeError(`${reader} cannot stand at ${n}: the last number is ${this.#lastN}`);
    const key = keyOf(reader, recordClass);
    if (n <= (this.#cursors.get(key) ?? 0)) return;
    this.#cursors.set(key, n);
    this.#moves.set(key, { reader, recordClass, n });
  }

  value(name: string): string | undefined {
    return this.#values.get(name);
  }

  stats(): JournalStats {
    const oldest = this.#holdings.flatMap((holding) => (holding.oldest === null ? [] : [holding.oldest]));
    return {
      pending: Object.fromEntries(this.#holdings.map(({ recordClass, pending }) => [recordClass, pending])),
      oldestPending: oldest.length === 0 ? null : Math.min(...oldest),
      payloadBytesAppended: this.#payloadBytes,
      commits: this.#commits,
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
    const ended = new Promise((resolve) => this.#worker.once("exit", resolve));
    if (this.#isGone) return;
    await this.#ask({ kind: "close" }).catch(ignoreReportedTrouble);
    await ended;
  }

  /** Commits what does not come with an append: cursors, what is left to clear, a try whether the disk is well again. */
  async #settle(): Promise<void> {
    if (this.#committing !== undefined) return;
    if (this.#moves.size > 0 || this.#hasMoreToClear || this.#trouble !== null) await this.#commit([]);
  }

  /** Everything that arrives in one turn of the event loop, and then everything during a sync, goes together. */
  #startCommitting(): void {
    if (this.#waiting.length === 0) return;
    this.#committing ??= this.#commitAll().finally(() => {
      this.#committing = undefined;
      this.#startCommitting();
    });
  }

  async #commitAll(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const batch = this.#takeBatch();
      await this.#commit(batch).catch((error: unknown) => {
        for (const { reject } of batch) reject(error);
      });
    }
  }

  #takeBatch(): readonly Waiting[] {
    let records = 0;
    let bytes = 0;
    let taken = 0;
    for (const waiting of this.#waiting) {
      if (taken > 0 && (records >= BATCH_RECORDS || bytes >= BATCH_BYTES)) break;
      records += waiting.records.length;
      bytes += sizeOf(waiting.records);
      taken += 1;
    }
    const batch = this.#waiting.slice(0, taken);
    this.#waiting = this.#waiting.slice(taken);
    return batch;
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    const records = batch.flatMap((waiting) => waiting.records);
    const values = Object.assign({}, ...batch.map((waiting) => waiting.values));
    const moves = this.#moves;
    this.#moves = new Map();
    const packed = packRecords(
      records.map(({ recordClass, topic, bytes }) => ({
        n: 0,
        classIndex: this.#classes.indexOf(recordClass),
        topic,
        bytes,
      })),
    );
    const task: Task = { kind: "commit", packed, values, moves: [...moves.values()] };
    const reply = await this.#ask(task, [packed]).catch((error: unknown) => {
      for (const [key, move] of moves) this.#moves.set(key, { ...move, n: this.#cursors.get(key) ?? move.n });
      this.#trouble = messageOf(error);
      throw error;
    });
    if (reply.kind !== "committed") return;
    this.#trouble = null;
    for (const [name, text] of Object.entries<string>(values)) this.#values.set(name, text);
    this.#takeCommitted(batch, records, reply.committed);
  }

  #takeCommitted(batch: readonly Waiting[], records: readonly NewRecord[], committed: Committed): void {
    this.#holdings = committed.holdings;
    this.#hasMoreToClear = committed.hasMoreToClear;
    this.#lastN = committed.firstN + records.length - 1;
    this.#commits += 1;
    this.#payloadBytes += sizeOf(records);
    let n = committed.firstN;
    for (const waiting of batch) waiting.resolve(waiting.records.map(() => n++));
    if (records.length === 0 || this.#listeners.size === 0) return;
    const stored = records.map(({ recordClass, topic, bytes }, i) => ({
      n: committed.firstN + i,
      recordClass,
      topic,
      bytes,
    }));
    for (const listener of this.#listeners) listener(stored);
  }

  #ask(task: Task, transferred: ArrayBuffer[] = []): Promise<Reply> {
    if (this.#isGone) return Promise.reject(new JournalUnavailable(this.#trouble ?? "the journal is closed"));
    this.#askedSoFar += 1;
    const id = this.#askedSoFar;
    const request: Request = { ...task, id };
    const answered = Promise.withResolvers<Reply>();
    this.#asked.set(id, answered);
    this.#worker.postMessage(request, transferred);
    return answered.promise;
  }

  #takeReply(reply: Reply): void {
    if (!("id" in reply)) return;
    const asked = this.#asked.get(reply.id);
    this.#asked.delete(reply.id);
    if (reply.kind === "failed") asked?.reject(new JournalUnavailable(reply.message));
    else asked?.resolve(reply);
  }

  #lose(why: string): void {
    if (this.#isGone) return;
    this.#isGone = true;
    if (this.#closing === undefined) this.#trouble = `the journal's thread is gone: ${why}`;
    for (const { reject } of this.#asked.values())
      reject(new JournalUnavailable(`the journal's thread is gone: ${why}`));
    this.#asked.clear();
  }

  #requireReader(reader: string, recordClass: string): void {
    if (!(this.#readers[reader]?.includes(recordClass) ?? false)) {
      throw new UnknownClass(`no reader "${reader}" of the class "${recordClass}" here`);
    }
  }
}

const keyOf = (reader: string, recordClass: string): string => `${reader}\n${recordClass}`;

const sizeOf = (records: readonly NewRecord[]): number => records.reduce((sum, { bytes }) => sum + bytes.length, 0);

/** `stats().trouble` already says it, and the next round tries again. */
function ignoreReportedTrouble(): void {}

function requireReaders({ classes, readers }: JournalOptions): void {
  for (const recordClass of classes) {
    if (!Object.values(readers).some((read) => read.includes(recordClass))) {
      throw new UnknownClass(`nobody reads the class "${recordClass}", so it would never be cleared`);
    }
  }
}
