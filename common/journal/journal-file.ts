import { DatabaseSync, type StatementSync } from "node:sqlite";
import { type ClassTable, openClassTable, upgradeTables } from "./class-table.ts";
import type { Holding } from "./make-room.ts";
import { unpackRecords } from "./record-codec.ts";
import type { Known, Readers, WorkerStart } from "./worker-messages.ts";

/** A checkpoint for so much of the log: small enough to happen often on a device, large enough to be cheap. */
const CHECKPOINT_BYTES = 4_096_000;
const LOG_BYTES_KEPT = 16 * 1024 * 1024;
/** Below this a log would be written back at nearly each commit. */
const FEWEST_PAGES = 16;
/** Time for a predecessor that was killed a moment ago to leave its lock. */
const LOCK_WAIT_MS = 3_000;

/** The open file with its statements. */
export interface Connection {
  readonly db: DatabaseSync;
  readonly tables: readonly ClassTable[];
  readonly setLastN: StatementSync;
  readonly setCursor: StatementSync;
  readonly setValue: StatementSync;
  readonly setGapValue: StatementSync;
  readonly keep: StatementSync;
  readonly unkeep: StatementSync;
  readonly readKept: StatementSync;
}

/** Size of the file's pages: it is given to a new file, and stays. */
export const pageBytesOf = (db: DatabaseSync): number => Number(db.prepare("PRAGMA page_size").get()?.page_size);

/** The last number that the file knows. */
export function lastNOf({ db }: Connection): number {
  return Number(db.prepare("SELECT last_n FROM log").get()?.last_n ?? 0);
}

/** What the file says was acknowledged. */
export function knownTo(connection: Connection): Known {
  const rows = connection.db.prepare("SELECT name, text FROM value").all();
  const values = Object.fromEntries(rows.map((row) => [String(row.name), String(row.text)]));
  return { lastN: lastNOf(connection), values, addedReaders: addedReadersOf(connection) };
}

function addedReadersOf({ db }: Connection): Readers {
  const classesOf = new Map<string, string[]>();
  for (const { reader, class: name } of db.prepare("SELECT reader, class FROM added_reader").all()) {
    classesOf.set(String(reader), [...(classesOf.get(String(reader)) ?? []), String(name)]);
  }
  return Object.fromEntries(classesOf);
}

/** Writes down which readers were added, in place of `before`; the cursors of those that are gone go with them. */
export function setAddedReaders({ db }: Connection, before: Readers, now: Readers): void {
  db.exec("DELETE FROM added_reader");
  const insert = db.prepare("INSERT INTO added_reader VALUES (?, ?)");
  for (const [reader, classes] of Object.entries(now)) for (const name of classes) insert.run(reader, name);
  const forget = db.prepare("DELETE FROM cursor WHERE reader = ?");
  for (const reader of Object.keys(before)) if (now[reader] === undefined) forget.run(reader);
}

/** Counts what each class holds. */
export function holdingsOf({ tables }: Connection): Holding[] {
  return tables.map(({ holding }) => {
    const row = holding.get();
    return {
      pending: Number(row?.pending ?? 0),
      bytes: Number(row?.bytes ?? 0),
      oldest: numberOrNull(row?.oldest),
      clearedTo: 0,
    };
  });
}

/** Inserts packed records after a number and counts them; gives the last number. */
export function insertAll(
  { tables, setLastN }: Connection,
  packed: ArrayBuffer,
  after: number,
  holdings: Holding[],
): number {
  let n = after;
  unpackRecords(packed, ({ classIndex, topic, group, bytes }, size) => {
    n += 1;
    const table = tables[classIndex];
    if (group === undefined) table?.insert.run(n, topic, bytes);
    else table?.insertGrouped.run(n, topic, bytes, group);
    const holding = holdings[classIndex];
    if (holding === undefined) return;
    holding.pending += 1;
    holding.bytes += size;
    holding.oldest ??= n;
  });
  setLastN.run(n);
  return n;
}

/**
 * Opens the file and lays what it lacks. `reserveBytes` is the room that is kept for deleting on a full disk: the log
 * must stay small enough to be written back into the main file within it.
 */
export function connect({ file, pageBytes, classes }: WorkerStart, reserveBytes: number): Connection {
  const db = new DatabaseSync(file, { timeout: LOCK_WAIT_MS });
  try {
    // Before anything is read or written: a file that is there already keeps its own.
    if (pageBytes !== undefined) db.exec(`PRAGMA page_size=${pageBytes}`);
    db.exec("PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL");
    const checkpointBytes = Math.min(CHECKPOINT_BYTES, reserveBytes / 4);
    db.exec(`
      PRAGMA wal_autocheckpoint=${Math.max(FEWEST_PAGES, Math.floor(checkpointBytes / pageBytesOf(db)))};
      PRAGMA journal_size_limit=${LOG_BYTES_KEPT};
      PRAGMA temp_store=MEMORY;
      BEGIN IMMEDIATE;
      CREATE TABLE IF NOT EXISTS log (id INTEGER PRIMARY KEY CHECK (id = 1), last_n INTEGER NOT NULL) STRICT;
      INSERT OR IGNORE INTO log VALUES (1, 0);
      CREATE TABLE IF NOT EXISTS class (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
      CREATE TABLE IF NOT EXISTS value (name TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT, WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS gap_value (name TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT, WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, bytes BLOB NOT NULL) STRICT, WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS cursor (reader TEXT, class TEXT, n INTEGER NOT NULL, PRIMARY KEY (reader, class))
        STRICT, WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS added_reader (reader TEXT, class TEXT, PRIMARY KEY (reader, class))
        STRICT, WITHOUT ROWID;
    `);
    upgradeTables(db);
    const tables = classes.map((recordClass) => openClassTable(db, recordClass));
    db.exec("COMMIT");
    return {
      db,
      tables,
      setLastN: db.prepare("UPDATE log SET last_n = ?"),
      setCursor: db.prepare("INSERT OR REPLACE INTO cursor VALUES (?, ?, ?)"),
      setValue: db.prepare("INSERT OR REPLACE INTO value VALUES (?, ?)"),
      setGapValue: db.prepare("INSERT OR REPLACE INTO gap_value VALUES (?, ?)"),
      keep: db.prepare("INSERT OR REPLACE INTO kept VALUES (?, ?)"),
      unkeep: db.prepare("DELETE FROM kept WHERE name = ?"),
      readKept: db.prepare("SELECT name, bytes FROM kept WHERE name > ? AND name >= ? AND name < ? ORDER BY name"),
    };
  } catch (error) {
    db.close();
    throw error;
  }
}

/** A number of a row, or null where there is none. */
export const numberOrNull = (n: unknown): number | null => (typeof n === "number" ? n : null);
