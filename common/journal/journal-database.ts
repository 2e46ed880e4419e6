import { DatabaseSync, type StatementSync } from "node:sqlite";
import { type PackedRecord, packedBytes, packKept, packRecords, unpackKept, unpackRecords } from "./record-codec.ts";
import type {
  ClassHolding,
  Commit,
  Committed,
  CursorMove,
  Known,
  Opened,
  Read,
  WorkerStart,
} from "./worker-messages.ts";

/** A checkpoint each 4 MiB of log: small enough to happen often on a device, large enough to be cheap. */
const CHECKPOINT_PAGES = 1000;
const LOG_BYTES_KEPT = 16 * 1024 * 1024;
/** So much is cleared in one transaction, so that nobody waits long for an append. */
const CLEARED_PER_COMMIT = 20_000;
/** An answer to a read is not much larger than this, however many records were asked for. */
const READ_BYTES = 4 * 1024 * 1024;
/** Time for a predecessor that was killed a moment ago to leave its lock. */
const LOCK_WAIT_MS = 3_000;

/** Statements of one class: each has its own table, so that clearing is a cut at one end. */
interface ClassTable {
  readonly insert: StatementSync;
  readonly read: StatementSync;
  readonly holding: StatementSync;
  readonly oldest: StatementSync;
  readonly boundary: StatementSync;
  readonly clear: StatementSync;
  readonly cutAfter: StatementSync;
}

interface Connection {
  readonly db: DatabaseSync;
  readonly tables: readonly ClassTable[];
  readonly setLastN: StatementSync;
  readonly setCursor: StatementSync;
  readonly setValue: StatementSync;
  readonly keep: StatementSync;
  readonly unkeep: StatementSync;
  readonly readKept: StatementSync;
}

/** What one class holds, and up to where it has been cleared since the file was opened. */
interface Holding {
  pending: number;
  oldest: number | null;
  clearedTo: number;
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
  readonly #cursors = new Map<string, CursorMove>();

  constructor(start: WorkerStart) {
    this.#start = start;
  }

  /** Opens the file for the first time in this thread and says what it holds. */
  open(): Opened {
    const connection = connect(this.#start);
    this.#connection = connection;
    const { lastN, values } = this.#start.known ?? knownTo(connection);
    this.#lastN = lastN;
    for (const [name, text] of Object.entries(values)) this.#values.set(name, text);
    this.#cutBack(connection);
    this.#holdings = holdingsOf(connection);
    for (const row of connection.db.prepare("SELECT reader, class, n FROM cursor").all()) {
      this.#keepCursor({ reader: String(row.reader), recordClass: String(row.class), n: Number(row.n) });
    }
    const cursors = [...this.#cursors.values()];
    return { lastN: this.#lastN, holdings: this.#report(), cursors, values: Object.fromEntries(this.#values) };
  }

  /** One transaction, synced. Throws when the disk does not take it; then nothing of it is kept. */
  commit(commit: Commit): Committed {
    return this.#withConnection((connection) => {
      connection.db.exec("BEGIN IMMEDIATE");
      const cursors = new Map(this.#cursors);
      for (const move of commit.moves) cursors.set(keyOf(move), move);
      const holdings = this.#holdings.map((holding) => ({ ...holding }));
      const lastN = this.#insert(connection, commit, holdings);
      unpackKept(commit.kept, (name, bytes) => {
        if (bytes === null) connection.unkeep.run(name);
        else connection.keep.run(name, bytes);
      });
      const hasMoreToClear = this.#clear(connection, cursors, holdings);
      connection.db.exec("COMMIT");

      const firstN = this.#lastN + 1;
      this.#lastN = lastN;
      this.#holdings = holdings;
      for (const move of commit.moves) this.#keepCursor(move);
      for (const [name, text] of Object.entries(commit.values)) this.#values.set(name, text);
      return { firstN, holdings: this.#report(), hasMoreToClear };
    });
  }

  /** Records of a class above a number, packed; at least one if there is one, and not many bytes. */
  read({ recordClass, after, limit }: Read): ArrayBuffer {
    return this.#withConnection((connection) => {
      const classIndex = this.#start.classes.indexOf(recordClass);
      const records: PackedRecord[] = [];
      let size = 0;
      for (const row of connection.tables[classIndex]?.read.iterate(after, limit) ?? []) {
        const bytes = row.bytes instanceof Uint8Array ? row.bytes : new Uint8Array();
        const topic = String(row.topic);
        records.push({ n: Number(row.n), classIndex, topic, bytes });
        size += packedBytes(topic.length, bytes.length);
        if (size >= READ_BYTES) break;
      }
      return packRecords(records);
    });
  }

  /** What is kept under names above this one, in their order, packed; nothing where there is no more. */
  readKept(after: string): ArrayBuffer {
    return this.#withConnection((connection) => {
      const kept: [string, Uint8Array][] = [];
      let size = 0;
      for (const row of connection.readKept.iterate(after)) {
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
  }

  #withConnection<Result>(work: (connection: Connection) => Result): Result {
    try {
      this.#connection ??= this.#reopen();
      return work(this.#connection);
    } catch (error) {
      this.#drop();
      throw error;
    }
  }

  /**
   * A commit that failed in its sync may still be found in the log when it is read again. It was never acknowledged,
   * so it is cut off: its numbers and values are given out anew.
   */
  #cutBack(connection: Connection): void {
    if (lastNOf(connection) <= this.#lastN) return;
    connection.db.exec("BEGIN IMMEDIATE; DELETE FROM value");
    for (const { cutAfter } of connection.tables) cutAfter.run(this.#lastN);
    for (const [name, text] of this.#values) connection.setValue.run(name, text);
    connection.setLastN.run(this.#lastN);
    connection.db.exec("COMMIT");
  }

  #reopen(): Connection {
    const connection = connect(this.#start);
    try {
      this.#cutBack(connection);
      this.#holdings = holdingsOf(connection);
      return connection;
    } catch (error) {
      // It holds the file's lock: left open, it would shut out every later one.
      connection.db.close();
      throw error;
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

  #insert({ tables, setLastN, setValue, setCursor }: Connection, commit: Commit, holdings: Holding[]): number {
    let n = this.#lastN;
    unpackRecords(commit.packed, ({ classIndex, topic, bytes }) => {
      n += 1;
      tables[classIndex]?.insert.run(n, topic, bytes);
      const holding = holdings[classIndex];
      if (holding === undefined) return;
      holding.pending += 1;
      holding.oldest ??= n;
    });
    setLastN.run(n);
    for (const [name, text] of Object.entries(commit.values)) setValue.run(name, text);
    for (const move of commit.moves) setCursor.run(move.reader, move.recordClass, move.n);
    return n;
  }

  /** Deletes what every reader has passed, a bounded number at a time; says whether more is left. */
  #clear({ tables }: Connection, cursors: ReadonlyMap<string, CursorMove>, holdings: Holding[]): boolean {
    let hasMore = false;
    this.#start.classes.forEach((recordClass, i) => {
      const table = tables[i];
      const holding = holdings[i];
      const passed = passedByAll(recordClass, this.#start.readers, cursors);
      if (table === undefined || holding === undefined || passed <= holding.clearedTo) return;
      const boundary = table.boundary.get(passed, CLEARED_PER_COMMIT)?.n;
      const to = boundary === undefined ? passed : Number(boundary);
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
      oldest: this.#holdings[i]?.oldest ?? null,
    }));
  }

  #keepCursor(move: CursorMove): void {
    this.#cursors.set(keyOf(move), move);
  }
}

const keyOf = ({ reader, recordClass }: { reader: string; recordClass: string }): string => `${reader}\n${recordClass}`;

const numberOrNull = (n: unknown): number | null => (typeof n === "number" ? n : null);

function passedByAll(
  recordClass: string,
  readers: WorkerStart["readers"],
  cursors: ReadonlyMap<string, CursorMove>,
): number {
  const own = Object.entries(readers).filter(([, classes]) => classes.includes(recordClass));
  return Math.min(...own.map(([reader]) => cursors.get(keyOf({ reader, recordClass }))?.n ?? 0));
}

function lastNOf({ db }: Connection): number {
  return Number(db.prepare("SELECT last_n FROM log").get()?.last_n ?? 0);
}

function knownTo(connection: Connection): Known {
  const rows = connection.db.prepare("SELECT name, text FROM value").all();
  const values = Object.fromEntries(rows.map((row) => [String(row.name), String(row.text)]));
  return { lastN: lastNOf(connection), values };
}

function holdingsOf({ tables }: Connection): Holding[] {
  return tables.map(({ holding }) => {
    const row = holding.get();
    return { pending: Number(row?.pending ?? 0), oldest: numberOrNull(row?.oldest), clearedTo: 0 };
  });
}

function connect({ file, classes }: WorkerStart): Connection {
  const db = new DatabaseSync(file, { timeout: LOCK_WAIT_MS });
  try {
    db.exec(`
      PRAGMA locking_mode=EXCLUSIVE;
      PRAGMA journal_mode=WAL;
      PRAGMA synchronous=FULL;
      PRAGMA wal_autocheckpoint=${CHECKPOINT_PAGES};
      PRAGMA journal_size_limit=${LOG_BYTES_KEPT};
      PRAGMA temp_store=MEMORY;
      BEGIN IMMEDIATE;
      CREATE TABLE IF NOT EXISTS log (id INTEGER PRIMARY KEY CHECK (id = 1), last_n INTEGER NOT NULL) STRICT;
      INSERT OR IGNORE INTO log VALUES (1, 0);
      CREATE TABLE IF NOT EXISTS class (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
      CREATE TABLE IF NOT EXISTS value (name TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT, WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, bytes BLOB NOT NULL) STRICT, WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS cursor (reader TEXT, class TEXT, n INTEGER NOT NULL, PRIMARY KEY (reader, class))
        STRICT, WITHOUT ROWID;
    `);
    const tables = classes.map((recordClass) => openClassTable(db, recordClass));
    db.exec("COMMIT");
    return {
      db,
      tables,
      setLastN: db.prepare("UPDATE log SET last_n = ?"),
      setCursor: db.prepare("INSERT OR REPLACE INTO cursor VALUES (?, ?, ?)"),
      setValue: db.prepare("INSERT OR REPLACE INTO value VALUES (?, ?)"),
      keep: db.prepare("INSERT OR REPLACE INTO kept VALUES (?, ?)"),
      unkeep: db.prepare("DELETE FROM kept WHERE name = ?"),
      readKept: db.prepare("SELECT name, bytes FROM kept WHERE name > ? ORDER BY name"),
    };
  } catch (error) {
    db.close();
    throw error;
  }
}

function openClassTable(db: DatabaseSync, recordClass: string): ClassTable {
  db.prepare("INSERT OR IGNORE INTO class (name) VALUES (?)").run(recordClass);
  const id = Number(db.prepare("SELECT id FROM class WHERE name = ?").get(recordClass)?.id);
  const table = `record_${id}`;
  db.exec(
    `CREATE TABLE IF NOT EXISTS ${table} (n INTEGER PRIMARY KEY, topic TEXT NOT NULL, bytes BLOB NOT NULL) STRICT`,
  );
  return {
    insert: db.prepare(`INSERT INTO ${table} VALUES (?, ?, ?)`),
    read: db.prepare(`SELECT n, topic, bytes FROM ${table} WHERE n > ? ORDER BY n LIMIT ?`),
    holding: db.prepare(`SELECT count(*) AS pending, min(n) AS oldest FROM ${table}`),
    oldest: db.prepare(`SELECT min(n) AS n FROM ${table}`),
    boundary: db.prepare(`SELECT n FROM ${table} WHERE n <= ? ORDER BY n LIMIT 1 OFFSET ?`),
    clear: db.prepare(`DELETE FROM ${table} WHERE n <= ?`),
    cutAfter: db.prepare(`DELETE FROM ${table} WHERE n > ?`),
  };
}
