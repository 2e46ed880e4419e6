import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS series (
    id INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL, station TEXT NOT NULL, sensor TEXT NOT NULL,
    UNIQUE (tenant, station, sensor)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS point (
    series INTEGER NOT NULL REFERENCES series (id),
    at INTEGER NOT NULL,
    fields TEXT NOT NULL,
    PRIMARY KEY (series, at)
  ) STRICT, WITHOUT ROWID;
`;

/** Another thread may hold the file for as long as a slow disk takes for a sync. */
const BUSY_TIMEOUT_MS = 10_000;

/** Opens the measurements file, made with its folder and tables if it is not there. Throws what SQLite throws. */
export function openSqliteFile(file: string): DatabaseSync {
  mkdirSync(dirname(file), { recursive: true });
  const database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
  try {
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;");
    database.exec(SCHEMA);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}
