import type { Journal } from "#journal/journal.ts";
import { journalQueue } from "#uplink/journal-queue.ts";
import type { SendQueue } from "#uplink/send-queue.ts";
import type { Aside } from "./aside.ts";
import type { Blame } from "./blame.ts";
import { UPLINK_READER } from "./journal-layout.ts";
import type { Verdict } from "./tenants.ts";

/** What decides about a record on its way up. */
export interface UpJudges {
  readonly aside: Pick<Aside, "put">;
  readonly blame: Pick<Blame, "isBlamed" | "isHeld">;
  readonly verdictOn: (topic: string) => Verdict;
}

/** The journal as the uplink sends it. */
export interface UpQueue extends SendQueue {
  /** Reads on where a class waits for a decision about a record. */
  lookAgain(): void;
}

/**
 * The journal as the uplink sends it: what may not go up, and what the parent refuses, is put aside when its turn comes,
 * and blocks nothing. Only a record about which nothing is decided yet holds those of its class behind it, until
 * `lookAgain` finds that it is.
 */
export function upQueue(journal: Journal, { aside, blame, verdictOn }: UpJudges): UpQueue {
  const queue = journalQueue(journal, UPLINK_READER, ({ topic, bytes }) => ({ topic, bytes }));
  const waiting = new Set<string>();
  const listeners = new Set<(classes: ReadonlySet<string>) => void>();
  return {
    ...queue,
    read: async (recordClass, after, limit) => {
      const records = await queue.read(recordClass, after, limit);
      const undecided = records.findIndex(({ topic }) => verdictOn(topic) === "unanswered");
      if (undecided >= 0) waiting.add(recordClass);
      const decided = undecided < 0 ? records : records.slice(0, undecided);
      const barred = new Set(decided.filter(({ seq, topic }) => verdictOn(topic) === "no" || blame.isBlamed(seq)));
      if (barred.size > 0) await aside.put([...barred]);
      return decided.map((record) => {
        if (barred.has(record)) return { ...record, unsent: "elsewhere" as const };
        return blame.isHeld(record.seq) ? { ...record, unsent: "held" as const } : record;
      });
    },
    onAppended: (listener) => {
      const stop = queue.onAppended(listener);
      listeners.add(listener);
      return () => {
        stop();
        listeners.delete(listener);
      };
    },
    lookAgain: () => {
      if (waiting.size === 0) return;
      const classes = new Set(waiting);
      waiting.clear();
      for (const listener of listeners) listener(classes);
    },
  };
}
