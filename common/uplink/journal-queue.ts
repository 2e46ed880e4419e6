import type { Journal, StoredRecord } from "#journal/journal.ts";
import type { SendQueue } from "./send-queue.ts";

/** What one reader of a journal sends; `toOutgoing` says how a record leaves. The reader's cursors are the marks. */
export function journalQueue(
  journal: Journal,
  reader: string,
  toOutgoing: (record: StoredRecord) => { readonly topic: string; readonly bytes: Uint8Array },
): SendQueue {
  return {
    read: async (recordClass, after, limit) => {
      const records = await journal.read(recordClass, after, limit);
      return records.map((record) => ({ seq: record.n, ...toOutgoing(record) }));
    },
    acknowledged: (recordClass) => journal.cursor(reader, recordClass),
    acknowledge: (recordClass, seq) => journal.advance(reader, recordClass, seq),
    onAppended: (listener) =>
      journal.onCommitted((records) => listener(new Set(records.map(({ recordClass }) => recordClass)))),
  };
}
