import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { z } from "zod";
import { AppError } from "#kit/errors.ts";
import { SCHEMA, SCHEMA_VERSION, UPGRADES } from "./schema.ts";

/** Three threads share the file; a writer waits this long for another one's transaction before it gives up. */
const BUSY_TIMEOUT_MS = 30_000;

/** Primary result codes (https://sqlite.org/rescode.html) that speak of the disk or the file, not of the statement. */
const STORAGE_CODES = new Set([5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 26]);

const Version = z.object({ user_version: z.number().int() });

/** The state store cannot be read or written now: nothing of the transaction was kept, the same may be tried again. */
export class StateUnavailable extends AppError {
  readonly code = "state-unavailable";
  readonly retry = true;
}

/** Whether an error speaks of the disk (full, broken, busy) and not of what was asked; then waiting may help. */
export function isStorageFailure(error: unknown): boolean {
  if (error instanceof StateUnavailable) return true;
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return false;
  return STORAGE_CODES.has(error.errcode & 0xff);
}

/** A thin layer over one SQLite connection: statements are prepared once, rows are parsed as they come out. */
export class Sql {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Changes rows and gives how many. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#prepare(sql).run(...values).changes);
  }

  /** The first row, or undefined. */
  get<Row>(row: z.ZodType<Row>, sql: string, ...values: SQLInputValue[]): Row | undefined {
    const found = this.#prepare(sql).get(...values);
    return found === undefined ? undefined : row.parse(found);
  }

  all<Row>(row: z.ZodType<Row>, sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#prepare(sql)
      .all(...values)
      .map((found) => row.parse(found));
  }

  /** Runs `work` in one transaction that holds the write lock from its first line; a throw keeps nothing. */
  transaction<T>(work: () => T): T {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.#database.exec("COMMIT");
      return result;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  /** Runs `work` inside a transaction so that its own changes alone are taken back when it throws. */
  savepoint<T>(work: () => T): T {
    this.#database.exec("SAVEPOINT one");
    try {
      const result = work();
      this.#database.exec("RELEASE one");
      return result;
    } catch (error) {
      // A full disk may have ended the whole transaction already.
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK TO one; RELEASE one");
      throw error;
    }
  }

  close(): void {
    this.#statements.clear();
    if (this.#database.isOpen) this.#database.close();
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const prepared = this.#database.prepare(sql);
    this.#statements.set(sql, prepared);
    return prepared;
  }
}

/** Opens the state file for writing. */
export const openStateFile = (file: string): Sql =>
  openFile(file, { tables: SCHEMA, version: SCHEMA_VERSION, upgrades: UPGRADES });

/** What a SQLite file holds. */
export interface FileSchema {
  readonly tables: string;
  readonly version: number;
  /** What brings the tables of version 1 to 2, of 2 to 3, and so on. */
  readonly upgrades?: readonly string[];
}

/** Opens a SQLite file for writing (WAL, every commit synced); lays its tables where it is new, brings older ones up. */
export function openFile(file: string, schema: FileSchema): Sql {
  const database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
  try {
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
    const sql = new Sql(database);
    sql.transaction(() => {
      const version = sql.get(Version, "PRAGMA user_version")?.user_version ?? 0;
      if (version === schema.version) return;
      const upgrades = version === 0 ? [schema.tables] : (schema.upgrades ?? []).slice(version - 1);
      if (version > schema.version || upgrades.length === 0) {
        throw new StateUnavailable(`${file} has the tables of version ${version}, not of this one`);
      }
      database.exec(`${upgrades.join("")} PRAGMA user_version = ${schema.version}`);
    });
    return sql;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Opens an existing state file for reading only. */
export function openStateFileReadOnly(file: string): Sql {
  return new Sql(new DatabaseSync(file, { readOnly: true, timeout: BUSY_TIMEOUT_MS }));
}
