import { isStorageFailure, openStateFile, type Sql, StateUnavailable } from "./database.ts";
import { LogBook } from "./log-book.ts";

/** What a transaction of the ingest works with. */
export interface StateTransaction {
  readonly sql: Sql;
  /** Received and lost numbers; written once per log when the transaction ends. */
  readonly logs: LogBook;
  /** UTC ms of this transaction. */
  readonly nowMs: number;
}

/** The state store as a writer sees it. */
export interface StateStore {
  /**
   * Runs `work` in one transaction; when it returns, all of it is on disk. A throw keeps nothing.
   *
   * Throws `StateUnavailable` when the disk or the file will not have it; the file is opened anew for the next try.
   */
  transaction<T>(nowMs: number, work: (transaction: StateTransaction) => T): T;
  /** Reads what is committed. */
  read<T>(work: (sql: Sql) => T): T;
  close(): void;
}

/** Opens the state store for writing; each thread opens its own. */
export function openStateStore(file: string): StateStore {
  let sql: Sql | undefined = openStateFile(file);
  const guard = <T>(work: (open: Sql) => T): T => {
    try {
      sql ??= openStateFile(file);
      return work(sql);
    } catch (cause) {
      if (!isStorageFailure(cause)) throw cause;
      sql?.close();
      sql = undefined;
      throw new StateUnavailable("the state store did not take the messages", { cause });
    }
  };
  return {
    transaction: (nowMs, work) =>
      guard((open) =>
        open.transaction(() => {
          const logs = new LogBook(open);
          const result = work({ sql: open, logs, nowMs });
          logs.flush();
          return result;
        }),
      ),
    read: guard,
    close: () => {
      sql?.close();
      sql = undefined;
    },
  };
}
