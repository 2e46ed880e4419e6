import { statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { messageOf } from "#kit/errors.ts";
import { JournalInUse, JournalUnavailable } from "./journal.ts";

/** What a journal's file holds, without any payload. */
export interface JournalContents {
  /** Bytes of the file and of its log. */
  readonly fileBytes: number;
  readonly newest: number;
  readonly classes: readonly {
    readonly recordClass: string;
    readonly pending: number;
    readonly oldest: number | null;
  }[];
  readonly cursors: readonly { readonly reader: string; readonly recordClass: string; readonly n: number }[];
  readonly kept: readonly { readonly name: string; readonly bytes: number }[];
}

/**
 * Looks into the file of a journal that nobody has open. Throws `JournalInUse` when somebody has, `JournalUnavailable`
 * when it is no journal.
 */
export function inspectJournalFile(file: string): JournalContents {
  if (sizeOf(file) === 0) throw new JournalUnavailable(`there is no journal at ${file}`);
  try {
    const fileBytes = sizeOf(file) + sizeOf(`${file}-wal`);
    const db = new DatabaseSync(file, { open: false, timeout: 500 });
    db.open();
    try {
      db.exec("PRAGMA locking_mode=EXCLUSIVE; PRAGMA query_only=ON; BEGIN");
      const names = db.prepare("SELECT id, name FROM class ORDER BY id").all();
      const classes = names.map(({ id, name }) => {
        const row = db.prepare(`SELECT count(*) AS pending, min(n) AS oldest FROM record_${Number(id)}`).get();
        const oldest = row?.oldest;
        return {
          recordClass: String(name),
          pending: Number(row?.pending ?? 0),
          oldest: typeof oldest === "number" ? oldest : null,
        };
      });
      return {
        fileBytes,
        newest: Number(db.prepare("SELECT last_n FROM log").get()?.last_n ?? 0),
        classes,
        cursors: db
          .prepare("SELECT reader, class, n FROM cursor ORDER BY reader, class")
          .all()
          .map((row) => ({ reader: String(row.reader), recordClass: String(row.class), n: Number(row.n) })),
        kept: db
          .prepare("SELECT name, length(bytes) AS bytes FROM kept ORDER BY name")
          .all()
          .map((row) => ({ name: String(row.name), bytes: Number(row.bytes) })),
      };
    } finally {
      db.close();
    }
  } catch (cause) {
    const isLocked = cause instanceof Error && "errcode" in cause && cause.errcode === 5;
    if (isLocked) throw new JournalInUse(`${file} is open in a running process`, { cause });
    throw new JournalUnavailable(`${file} cannot be read as a journal: ${messageOf(cause)}`, { cause });
  }
}

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
