import type { Journal } from "#journal/journal.ts";
import { journalQueue } from "#uplink/journal-queue.ts";
import type { SendQueue } from "#uplink/send-queue.ts";
import type { Aside } from "./aside.ts";
import { UPLINK_READER } from "./journal-layout.ts";

/** The journal as the uplink sends it: what may not go up is put aside when its turn comes, and blocks nothing. */
export function upQueue(journal: Journal, aside: Aside, mayGoUp: (topic: string) => boolean): SendQueue {
  const queue = journalQueue(journal, UPLINK_READER, ({ topic, bytes }) => ({ topic, bytes }));
  return {
    ...queue,
    read: async (recordClass, after, limit) => {
      const records = await queue.read(recordClass, after, limit);
      const barred = new Set(records.filter(({ topic }) => !mayGoUp(topic)));
      if (barred.size === 0) return records;
      await aside.put([...barred]);
      return records.map((record) => (barred.has(record) ? { ...record, isElsewhere: true } : record));
    },
  };
}
