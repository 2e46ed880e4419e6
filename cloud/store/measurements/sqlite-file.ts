import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS series (
    id INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL, station TEXT NOT NULL, sensor TEXT NOT NULL,
    UNIQUE (tenant, station, sensor)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS series_of_station ON series (station);
  CREATE TABLE IF NOT EXISTS point (
    series INTEGER NOT NULL REFERENCES series (id),
    at INTEGER NOT NULL,
    fields TEXT NOT NULL,
    PRIMARY KEY (series, at)
  ) STRICT, WITHOUT ROWID;

  -- The averages: of a station's pollutant in one resolution (m1, m20, h1, d1) one row for each window.
  CREATE TABLE IF NOT EXISTS window_series (
    id INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL, station TEXT NOT NULL, pollutant TEXT NOT NULL, resolution TEXT NOT NULL,
    UNIQUE (station, resolution, pollutant, tenant)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS air_window (
    series INTEGER NOT NULL REFERENCES window_series (id),
    start INTEGER NOT NULL,
    value REAL, raw REAL,
    minutes REAL NOT NULL, coverage REAL NOT NULL, confidence REAL NOT NULL,
    flags TEXT NOT NULL, correction TEXT,
    PRIMARY KEY (series, start)
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
