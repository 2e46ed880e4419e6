import type { Journal } from "#journal/journal.ts";
import { journalQueue } from "#uplink/journal-queue.ts";
import type { SendQueue } from "#uplink/send-queue.ts";
import type { Aside } from "./aside.ts";
import type { Blame } from "./blame.ts";
import { UPLINK_READER } from "./journal-layout.ts";

/** What decides about a record on its way up. */
export interface UpJudges {
  readonly aside: Aside;
  readonly blame: Pick<Blame, "isBlamed" | "isHeld">;
  readonly mayGoUp: (topic: string) => boolean;
}

/**
 * The journal as the uplink sends it: what may not go up, and what the parent refuses, is put aside when its turn comes,
 * and blocks nothing.
 */
export function upQueue(journal: Journal, { aside, blame, mayGoUp }: UpJudges): SendQueue {
  const queue = journalQueue(journal, UPLINK_READER, ({ topic, bytes }) => ({ topic, bytes }));
  return {
    ...queue,
    read: async (recordClass, after, limit) => {
      const records = await queue.read(recordClass, after, limit);
      const barred = new Set(records.filter(({ seq, topic }) => !mayGoUp(topic) || blame.isBlamed(seq)));
      if (barred.size > 0) await aside.put([...barred]);
      return records.map((record) => {
        if (barred.has(record)) return { ...record, unsent: "elsewhere" as const };
        return blame.isHeld(record.seq) ? { ...record, unsent: "held" as const } : record;
      });
    },
  };
}
