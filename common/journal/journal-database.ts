import { releaseBytes } from "#kit/release-bytes.ts";
import type { CreateGapWriter } from "./budget.ts";
import { DiskReserve, isDiskFull } from "./disk-reserve.ts";
import {
  type Connection,
  connect,
  holdingsOf,
  insertAll,
  knownTo,
  lastNOf,
  numberOrNull,
  pageBytesOf,
  setAddedReaders,
} from "./journal-file.ts";
import { type Holding, makeRoom, recordOf } from "./make-room.ts";
import { type PackedRecord, packKept, packRecords, RecordPacker, unpackKept } from "./record-codec.ts";
import type {
  ClassHolding,
  Commit,
  Committed,
  CursorMove,
  MakeRoom,
  Opened,
  Read,
  Readers,
  ReadKept,
  RoomMade,
  WorkerStart,
} from "./worker-messages.ts";

/** So much is cleared in one transaction, so that nobody waits long for an append. */
const CLEARED_PER_COMMIT = 20_000;
/** An answer to a read is not much larger than this, however many records were asked for. */
const READ_BYTES = 4 * 1024 * 1024;

/** While the disk is full, what comes must fit into freed pages, with room for splits of pages. */
const GROWTH = 1.25;
const SPARE_BYTES = 64 * 1024;
/** Comes after every name that goes on with another one: it is no character of a text. */
const LAST_CHARACTER = "\u{10FFFF}";
const DISK_FULL = "database or disk is full";
const NOTHING = new ArrayBuffer(0);

/** What is refused before SQLite has to. */
class DiskFull extends Error {}

interface Draft {
  readonly lastN: number;
  readonly holdings: readonly Holding[];
}

/**
 * The journal's file: everything synchronous, for the worker thread only.
 *
 * WAL with `synchronous=FULL`: a transaction is on disk when `commit` returns, and the main file is written only in
 * checkpoints. `locking_mode=EXCLUSIVE`: a second opener fails, and no shared-memory file is needed.
 * After a failure the connection is dropped and opened anew for the next attempt.
 */
export class JournalDatabase {
  readonly #start: WorkerStart;
  #connection: Connection | undefined;
  #holdings: readonly Holding[] = [];
  /** What was acknowledged; a file that says more after a failed commit is cut back to this. */
  #lastN = 0;
  readonly #values = new Map<string, string>();
  readonly #gapValues = new Map<string, string>();
  readonly #cursors = new Map<string, CursorMove>();
  #addedReaders: Readers = {};
  /** Gaps that lie in the file and that nobody has heard of yet. */
  #untoldGaps: PackedRecord[] = [];
  #reserve: DiskReserve | undefined;
  #takenOfReserve = 0;
  /** The disk is full: only what fits into freed pages is appended. */
  #isCramped = false;
  #hasMoreToClear = false;

  constructor(start: WorkerStart) {
    this.#start = start;
  }

  /** Opens the file for the first time in this thread and says what it holds. */
  open(): Opened {
    const { file, budget } = this.#start;
    this.#reserve = budget === null ? undefined : new DiskReserve(file, budget.bytes);
    this.#isCramped = this.#reserve !== undefined && !this.#reserve.hold(0);
    const connection = connect(this.#start, this.#reserve?.bytes ?? Number.MAX_SAFE_INTEGER);
    this.#connection = connection;
    const { lastN, values, addedReaders = {} } = this.#start.known ?? knownTo(connection);
    this.#lastN = lastN;
    this.#addedReaders = addedReaders;
    for (const [name, text] of Object.entries(values)) this.#values.set(name, text);
    this.#cutBack(connection);
    this.#holdings = holdingsOf(connection);
    for (const row of connection.db.prepare("SELECT reader, class, n FROM cursor").all()) {
      this.#keepCursor({ reader: String(row.reader), recordClass: String(row.class), n: Number(row.n) });
    }
    this.#loadGapValues(connection);
    return {
      lastN: this.#lastN,
      holdings: this.#report(),
      cursors: [...this.#cursors.values()],
      values: Object.fromEntries(this.#values),
      addedReaders,
      gaps: this.#tellGaps(),
    };
  }

  /** One transaction, synced. Throws when the disk does not take it; then nothing of it is kept. */
  commit(commit: Commit): Committed {
    return this.#withConnection((connection) => {
      if (this.#isCramped) return this.#commitCramped(connection, commit);
      return this.#committed(this.#commitNow(connection, commit));
    });
  }

  /**
   * Drops what the budget does not hold any more and appends the gaps that say so: one transaction, synced.
   * `createGapWriter` is what the budget's module exports.
   */
  makeRoom({ incoming, moves, stamp }: MakeRoom, createGapWriter: CreateGapWriter): RoomMade {
    return this.#withConnection((connection) => {
      const { budget, classes } = this.#start;
      if (budget === null) throw new Error("this journal has no budget");
      const values = new Map([...this.#values, ...this.#gapValues]);
      const writer = createGapWriter({ owner: budget.owner, stamp, values });
      const gapClass = classes.indexOf(budget.gapClass);
      const gaps: PackedRecord[] = [];

      connection.db.exec("BEGIN IMMEDIATE");
      const { cursors, holdings } = this.#draft(moves);
      for (const { reader, recordClass, n } of moves) connection.setCursor.run(reader, recordClass, n);
      const reading = { cursors, addedReaders: this.#addedReaders };
      this.#clear(connection, reading, holdings, Number.MAX_SAFE_INTEGER);
      const { bytes: budgetBytes, shares } = budget;
      const { tables } = connection;
      const room = makeRoom({ ...budget, budgetBytes, shares, classes, tables, holdings, incoming, writer });
      for (const { key, ranges } of room.gaps) {
        const { record, values: given = {} } = writer.write(key, ranges);
        gaps.push({ n: this.#lastN + gaps.length + 1, classIndex: gapClass, group: key, ...record });
        for (const [name, text] of Object.entries(given)) {
          values.set(name, text);
          connection.setGapValue.run(name, text);
        }
      }
      const lastN = insertAll(connection, packRecords(gaps), this.#lastN, holdings);
      connection.db.exec("COMMIT");

      this.#loadGapValues(connection);
      this.#untoldGaps.push(...gaps);
      this.#take({ lastN, holdings, moves, values: {} });
      return { ...this.#committed(lastN + 1), dropped: room.dropped };
    });
  }

  /** Records of a class above a number, packed; at least one if there is one, and not many bytes. */
  read({ recordClass, after, limit }: Read): ArrayBuffer {
    return this.#withConnection((connection) => {
      const classIndex = this.#start.classes.indexOf(recordClass);
      const packer = new RecordPacker();
      for (const row of connection.tables[classIndex]?.read.iterate(after, limit) ?? []) {
        const bytes = row.bytes instanceof Uint8Array ? row.bytes : new Uint8Array();
        packer.add(Number(row.n), classIndex, { topic: String(row.topic), bytes });
        releaseBytes(bytes);
        if (packer.usedBytes >= READ_BYTES) break;
      }
      return packer.take();
    });
  }

  /** What is kept under names of a prefix above one of them, in their order, packed; nothing where there is no more. */
  readKept({ prefix, after }: ReadKept): ArrayBuffer {
    return this.#withConnection((connection) => {
      const kept: [string, Uint8Array][] = [];
      let size = 0;
      for (const row of connection.readKept.iterate(after, prefix, `${prefix}${LAST_CHARACTER}`)) {
        const bytes = row.bytes instanceof Uint8Array ? row.bytes : new Uint8Array();
        kept.push([String(row.name), bytes]);
        size += bytes.length;
        if (size >= READ_BYTES) break;
      }
      return packKept(kept);
    });
  }

  close(): void {
    this.#connection?.db.close();
    this.#connection = undefined;
    // The log is gone now: its room must not be somebody else's when we come back.
    this.#reserve?.hold(0);
  }

  #withConnection<Result>(work: (connection: Connection) => Result): Result {
    try {
      this.#connection ??= this.#reopen();
      return work(this.#connection);
    } catch (error) {
      if (error instanceof DiskFull) throw error;
      this.#drop();
      if (isDiskFull(error)) this.#noteFullDisk();
      throw error;
    }
  }

  /** Gives the number of the first record. */
  #commitNow(connection: Connection, commit: Commit): number {
    connection.db.exec("BEGIN IMMEDIATE");
    const { cursors, holdings } = this.#draft(commit.moves);
    const lastN = insertAll(connection, commit.packed, this.#lastN, holdings);
    for (const [name, text] of Object.entries(commit.values)) connection.setValue.run(name, text);
    for (const { reader, recordClass, n } of commit.moves) connection.setCursor.run(reader, recordClass, n);
    // After the moves: some may be of a reader that goes with this transaction.
    if (commit.addedReaders !== undefined) setAddedReaders(connection, this.#addedReaders, commit.addedReaders);
    unpackKept(commit.kept, (name, bytes) => {
      if (bytes === null) connection.unkeep.run(name);
      else connection.keep.run(name, bytes);
    });
    const addedReaders = commit.addedReaders ?? this.#addedReaders;
    const hasMoreToClear = this.#clear(connection, { cursors, addedReaders }, holdings, CLEARED_PER_COMMIT);
    connection.db.exec("COMMIT");

    const firstN = this.#lastN + 1;
    this.#take({ lastN, holdings, moves: commit.moves, values: commit.values });
    this.#hasMoreToClear = hasMoreToClear;
    this.#takeReaders(addedReaders);
    return firstN;
  }

  /**
   * The disk is full: first what frees room, in steps that need little, and then what came,
   * if it fits into freed pages. What does not fit is refused before it takes the room that the next clearing needs. A
   * little that is no record may use that room: without it nobody could read on and so make room.
   */
  #commitCramped(connection: Connection, commit: Commit): Committed {
    if (commit.moves.length > 0 || this.#hasMoreToClear) {
      this.#commitNow(connection, { ...commit, packed: NOTHING, kept: NOTHING, values: {}, addedReaders: undefined });
    }
    const incoming = commit.packed.byteLength + commit.kept.byteLength;
    if (incoming > 0 || Object.keys(commit.values).length > 0 || commit.addedReaders !== undefined) {
      if (this.#freeBytes(connection) < incoming * GROWTH + SPARE_BYTES) this.#takeOfReserve(commit);
      return this.#committed(this.#commitNow(connection, { ...commit, moves: [] }));
    }
    // Over only where as much again is free, so that it does not begin anew with the next append.
    this.#isCramped = this.#reserve !== undefined && !this.#reserve.hold(this.#reserve.bytes);
    const isTaking = !this.#isCramped || this.#freeBytes(connection) >= (this.#reserve?.bytes ?? 0) / 2;
    return { ...this.#committed(this.#lastN + 1), trouble: isTaking ? null : DISK_FULL };
  }

  #takeOfReserve({ packed, kept }: Commit): void {
    const left = (this.#reserve?.bytes ?? 0) / 8 - this.#takenOfReserve;
    if (packed.byteLength > 0 || kept.byteLength > left) throw new DiskFull(DISK_FULL);
    this.#takenOfReserve += kept.byteLength;
  }

  /** What fails while the disk is known to be full is what would make room: the reserve is for that. */
  #noteFullDisk(): void {
    if (this.#isCramped) this.#reserve?.release();
    this.#isCramped = this.#reserve !== undefined;
    this.#takenOfReserve = 0;
  }

  #freeBytes({ db }: Connection): number {
    return Number(db.prepare("PRAGMA freelist_count").get()?.freelist_count ?? 0) * pageBytesOf(db);
  }

  #draft(moves: readonly CursorMove[]): { cursors: ReadonlyMap<string, CursorMove>; holdings: Holding[] } {
    const cursors = new Map(this.#cursors);
    for (const move of moves) cursors.set(keyOf(move), move);
    return { cursors, holdings: this.#holdings.map((holding) => ({ ...holding })) };
  }

  #take({ lastN, holdings, moves, values }: Pick<Commit, "moves" | "values"> & Draft): void {
    this.#lastN = lastN;
    this.#holdings = holdings;
    for (const move of moves) this.#keepCursor(move);
    for (const [name, text] of Object.entries(values)) this.#values.set(name, text);
  }

  #committed(firstN: number): Committed {
    return {
      firstN,
      lastN: this.#lastN,
      holdings: this.#report(),
      hasMoreToClear: this.#hasMoreToClear,
      gaps: this.#tellGaps(),
      trouble: null,
      isCramped: this.#isCramped,
    };
  }

  #tellGaps(): ArrayBuffer | null {
    const gaps = this.#untoldGaps;
    this.#untoldGaps = [];
    return gaps.length === 0 ? null : packRecords(gaps);
  }

  /**
   * A commit that failed in its sync may still be found in the log when it is read again. It was never acknowledged,
   * so it is cut off: its numbers and values are given out anew. Room that was made in that way stays made, since what
   * was dropped is gone: its gaps are numbered before everything that is cut off.
   */
  #cutBack(connection: Connection): void {
    if (lastNOf(connection) <= this.#lastN) return;
    this.#adoptGaps(connection);
    connection.db.exec("BEGIN IMMEDIATE; DELETE FROM value");
    for (const { cutAfter } of connection.tables) cutAfter.run(this.#lastN);
    for (const [name, text] of this.#values) connection.setValue.run(name, text);
    connection.setLastN.run(this.#lastN);
    connection.db.exec("COMMIT");
  }

  #adoptGaps({ tables }: Connection): void {
    const { classes, budget } = this.#start;
    const classIndex = classes.indexOf(budget?.gapClass ?? "");
    for (const row of tables[classIndex]?.groupedAfter.all(this.#lastN) ?? []) {
      const gap = recordOf(row, "");
      this.#untoldGaps.push({ ...gap, classIndex });
      this.#lastN = gap.n;
    }
  }

  #reopen(): Connection {
    const connection = connect(this.#start, this.#reserve?.bytes ?? Number.MAX_SAFE_INTEGER);
    try {
      this.#cutBack(connection);
      this.#holdings = holdingsOf(connection);
      this.#loadGapValues(connection);
      return connection;
    } catch (error) {
      // It holds the file's lock: left open, it would shut out every later one.
      connection.db.close();
      throw error;
    }
  }

  /** Only `makeRoom` writes them, so whatever the file says holds. */
  #loadGapValues({ db }: Connection): void {
    for (const { name, text } of db.prepare("SELECT name, text FROM gap_value").all()) {
      this.#gapValues.set(String(name), String(text));
    }
  }

  #drop(): void {
    try {
      this.#connection?.db.close();
    } catch {
      // The disk may refuse this as well; the failure that led here is the one to report.
    }
    this.#connection = undefined;
  }

  /** Deletes what every reader has passed, a bounded number at a time; says whether more is left. */
  #clear(
    { tables }: Connection,
    { cursors, addedReaders }: { readonly cursors: ReadonlyMap<string, CursorMove>; readonly addedReaders: Readers },
    holdings: readonly Holding[],
    most: number,
  ): boolean {
    let hasMore = false;
    const readers = { ...this.#start.readers, ...addedReaders };
    this.#start.classes.forEach((recordClass, i) => {
      const table = tables[i];
      const holding = holdings[i];
      const passed = passedByAll(recordClass, readers, cursors);
      if (table === undefined || holding === undefined || passed <= holding.clearedTo) return;
      const boundary = table.boundary.get(passed, most)?.n;
      const to = boundary === undefined ? passed : Number(boundary);
      holding.bytes -= Number(table.bytesUpTo.get(to)?.bytes ?? 0);
      holding.pending -= Number(table.clear.run(to).changes);
      holding.oldest = numberOrNull(table.oldest.get()?.n);
      holding.clearedTo = to;
      hasMore ||= to < passed;
    });
    return hasMore;
  }

  #report(): ClassHolding[] {
    return this.#start.classes.map((recordClass, i) => ({
      recordClass,
      pending: this.#holdings[i]?.pending ?? 0,
      bytes: this.#holdings[i]?.bytes ?? 0,
      oldest: this.#holdings[i]?.oldest ?? null,
    }));
  }

  /** A reader that is gone has no cursor any more. */
  #takeReaders(addedReaders: Readers): void {
    for (const reader of Object.keys(this.#addedReaders)) {
      if (addedReaders[reader] !== undefined) continue;
      for (const [key, move] of this.#cursors) if (move.reader === reader) this.#cursors.delete(key);
    }
    this.#addedReaders = addedReaders;
  }

  #keepCursor(move: CursorMove): void {
    this.#cursors.set(keyOf(move), move);
  }
}

const keyOf = ({ reader, recordClass }: { reader: string; recordClass: string }): string => `${reader}\n${recordClass}`;

function passedByAll(recordClass: string, readers: Readers, cursors: ReadonlyMap<string, CursorMove>): number {
  const own = Object.entries(readers).filter(([, classes]) => classes.includes(recordClass));
  return Math.min(...own.map(([reader]) => cursors.get(keyOf({ reader, recordClass }))?.n ?? 0));
}
