import type { Journal, StoredRecord } from "#journal/journal.ts";
import type { Outgoing, SendQueue } from "./send-queue.ts";

/** What one reader of a journal sends; `toOutgoing` says how the records of a read leave. The reader's cursors are the marks. */
export function journalQueue(
  journal: Journal,
  reader: string,
  toOutgoing: (records: readonly StoredRecord[]) => readonly Outgoing[],
): SendQueue {
  return {
    read: async (recordClass, after, limit) => toOutgoing(await journal.read(recordClass, after, limit)),
    acknowledged: (recordClass) => journal.cursor(reader, recordClass),
    acknowledge: (recordClass, seq) => journal.advance(reader, recordClass, seq),
    onAppended: (listener) =>
      journal.onCommitted((records) => listener(new Set(records.map(({ recordClass }) => recordClass)))),
  };
}
