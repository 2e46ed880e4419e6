import type { DatabaseSync, StatementSync } from "node:sqlite";
import { RECORD_OVERHEAD_BYTES } from "./budget.ts";

/** Version of the record tables, kept in the file (`user_version`): 1 gave them `group_key`. */
const TABLES_VERSION = 1;

/** Statements of one class: each has its own table, so that clearing is a cut at one end. */
export interface ClassTable {
  readonly insert: StatementSync;
  readonly insertGrouped: StatementSync;
  readonly read: StatementSync;
  readonly holding: StatementSync;
  readonly oldest: StatementSync;
  readonly boundary: StatementSync;
  readonly bytesUpTo: StatementSync;
  readonly clear: StatementSync;
  readonly cutAfter: StatementSync;
  /** Oldest first, with group and size. */
  readonly eldest: StatementSync;
  readonly eldestUngrouped: StatementSync;
  readonly one: StatementSync;
  /** Numbers of a group, oldest first: its bytes may be more than memory should hold. */
  readonly groupNumbersAfter: StatementSync;
  readonly groupBytesAfter: StatementSync;
  readonly newestOfGroup: StatementSync;
  readonly groupedAfter: StatementSync;
  readonly remove: StatementSync;
  readonly removeUpTo: StatementSync;
  readonly removeUngroupedUpTo: StatementSync;
}

/** What a record counts: the same sum as `recordBytes`. The key of a group lies in the table and in the index. */
const SIZE = `octet_length(topic) + octet_length(bytes) + 2 * ifnull(octet_length(group_key), 0) + ${RECORD_OVERHEAD_BYTES}`;

/** Brings the record tables of an older file up to this version, within the opening transaction. */
export function upgradeTables(db: DatabaseSync): void {
  const version = Number(db.prepare("PRAGMA user_version").get()?.user_version ?? 0);
  if (version > TABLES_VERSION) throw new Error(`the journal was written by a newer version (${version})`);
  if (version === TABLES_VERSION) return;
  for (const { id } of db.prepare("SELECT id FROM class").all()) {
    db.exec(`ALTER TABLE record_${Number(id)} ADD COLUMN group_key TEXT`);
  }
  db.exec(`PRAGMA user_version = ${TABLES_VERSION}`);
}

/** Opens the table of a class, and lays it where it is new. */
export function openClassTable(db: DatabaseSync, recordClass: string): ClassTable {
  db.prepare("INSERT OR IGNORE INTO class (name) VALUES (?)").run(recordClass);
  const id = Number(db.prepare("SELECT id FROM class WHERE name = ?").get(recordClass)?.id);
  const table = `record_${id}`;
  db.exec(`
    CREATE TABLE IF NOT EXISTS ${table}
      (n INTEGER PRIMARY KEY, topic TEXT NOT NULL, bytes BLOB NOT NULL, group_key TEXT) STRICT;
    CREATE INDEX IF NOT EXISTS ${table}_groups ON ${table} (group_key) WHERE group_key IS NOT NULL;
  `);
  const whole = "n, topic, bytes, group_key";
  return {
    insert: db.prepare(`INSERT INTO ${table} (n, topic, bytes) VALUES (?, ?, ?)`),
    insertGrouped: db.prepare(`INSERT INTO ${table} (n, topic, bytes, group_key) VALUES (?, ?, ?, ?)`),
    read: db.prepare(`SELECT n, topic, bytes FROM ${table} WHERE n > ? ORDER BY n LIMIT ?`),
    holding: db.prepare(`SELECT count(*) AS pending, min(n) AS oldest, sum(${SIZE}) AS bytes FROM ${table}`),
    oldest: db.prepare(`SELECT min(n) AS n FROM ${table}`),
    boundary: db.prepare(`SELECT n FROM ${table} WHERE n <= ? ORDER BY n LIMIT 1 OFFSET ?`),
    bytesUpTo: db.prepare(`SELECT sum(${SIZE}) AS bytes FROM ${table} WHERE n <= ?`),
    clear: db.prepare(`DELETE FROM ${table} WHERE n <= ?`),
    cutAfter: db.prepare(`DELETE FROM ${table} WHERE n > ?`),
    eldest: db.prepare(`SELECT ${whole} FROM ${table} ORDER BY n`),
    eldestUngrouped: db.prepare(`SELECT ${whole} FROM ${table} WHERE group_key IS NULL ORDER BY n`),
    one: db.prepare(`SELECT ${whole} FROM ${table} WHERE n = ?`),
    groupNumbersAfter: db.prepare(`SELECT n FROM ${table} WHERE group_key = ? AND n > ? ORDER BY n LIMIT ?`),
    groupBytesAfter: db.prepare(
      `SELECT sum(size) AS bytes FROM
         (SELECT ${SIZE} AS size FROM ${table} WHERE group_key = ? AND n > ? ORDER BY n LIMIT ?)`,
    ),
    newestOfGroup: db.prepare(`SELECT ${whole} FROM ${table} WHERE group_key = ? ORDER BY n DESC LIMIT 1`),
    groupedAfter: db.prepare(`SELECT ${whole} FROM ${table} WHERE n > ? AND group_key IS NOT NULL ORDER BY n`),
    remove: db.prepare(`DELETE FROM ${table} WHERE n = ?`),
    removeUpTo: db.prepare(`DELETE FROM ${table} WHERE n <= ?`),
    removeUngroupedUpTo: db.prepare(`DELETE FROM ${table} WHERE n <= ? AND group_key IS NULL`),
  };
}
