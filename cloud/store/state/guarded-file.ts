import { type FileSchema, isStorageFailure, openFile, type Sql, StateUnavailable } from "./database.ts";

/** A SQLite file that is opened anew after the disk or the file has failed: such a connection is not to be trusted. */
export class GuardedFile {
  readonly #file: string;
  readonly #tables: FileSchema;
  readonly #trouble: string;
  #sql: Sql | undefined;

  /** Opens it, and lays its tables where it is new; `trouble` is what is said while the disk will not have it. */
  constructor(file: string, tables: FileSchema, trouble: string) {
    this.#file = file;
    this.#tables = tables;
    this.#trouble = trouble;
    this.#sql = openFile(file, tables);
  }

  /** Runs `work`. Throws `StateUnavailable` when the disk will not have it; the next call opens the file anew. */
  use<T>(work: (sql: Sql) => T): T {
    try {
      this.#sql ??= openFile(this.#file, this.#tables);
      return work(this.#sql);
    } catch (cause) {
      if (!isStorageFailure(cause)) throw cause;
      this.close();
      throw new StateUnavailable(this.#trouble, { cause });
    }
  }

  /** Runs `work` in one transaction: when it returns, all of it is on disk; a throw keeps nothing. */
  transaction<T>(work: (sql: Sql) => T): T {
    return this.use((sql) => sql.transaction(() => work(sql)));
  }

  close(): void {
    this.#sql?.close();
    this.#sql = undefined;
  }
}
