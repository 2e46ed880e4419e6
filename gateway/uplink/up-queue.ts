import type { RecordClass } from "#contract/topics.ts";
import { type Journal, JournalUnavailable } from "#journal/journal.ts";
import { journalQueue } from "#uplink/journal-queue.ts";
import type { Outgoing, SendQueue } from "#uplink/send-queue.ts";
import type { Aside } from "./aside.ts";
import type { Blame } from "./blame.ts";
import { UPLINK_READER } from "./journal-layout.ts";
import type { RefusedBytes } from "./refused-bytes.ts";
import type { Verdict } from "./tenants.ts";

/** What decides about a record on its way up. */
export interface UpJudges {
  readonly aside: Pick<Aside, "put" | "has">;
  readonly blame: Pick<Blame, "isBlamed" | "isHeld">;
  readonly refused: Pick<RefusedBytes, "note" | "has">;
  readonly verdictOn: (topic: string) => Verdict;
}

/** The journal as the uplink sends it. */
export interface UpQueue extends SendQueue {
  /** Reads on where a class waits for a decision about a record, or for the disk. */
  lookAgain(): void;
}

/**
 * The journal as the uplink sends it: what may not go up, and what the parent refuses, is put aside when its turn comes,
 * and blocks nothing. Only a record about which nothing is decided yet, or that the disk does not take aside, holds those of
 * its class behind it until `lookAgain`.
 */
export function upQueue(journal: Journal, { aside, blame, refused, verdictOn }: UpJudges): UpQueue {
  const queue = journalQueue(journal, UPLINK_READER, (records) =>
    records.map(({ n, topic, bytes }) => ({ seq: n, topic, bytes })),
  );
  const waiting = new Set<string>();
  const listeners = new Set<(classes: ReadonlySet<string>) => void>();
  /** Whether records lie aside now. A full disk does not take them, and only what is sent on makes room there. */
  const mayPass = async (recordClass: RecordClass, barred: readonly Outgoing[]): Promise<boolean> => {
    if (barred.length === 0) return true;
    try {
      await aside.put(recordClass, barred);
      return true;
    } catch (error) {
      if (error instanceof JournalUnavailable) return false;
      throw error;
    }
  };
  /** Until `lookAgain` a class is read no further than to a record, so that the others have the window to themselves. */
  const waitBefore = (recordClass: RecordClass, records: readonly Outgoing[], end: number) => {
    if (end < 0) return records;
    waiting.add(recordClass);
    return records.slice(0, end);
  };
  return {
    ...queue,
    read: async (recordClass, after, limit) => {
      const read = await queue.read(recordClass, after, limit);
      const isAside = ({ seq }: Outgoing) => aside.has(recordClass, seq);
      const undecided = read.findIndex((record) => !isAside(record) && verdictOn(record.topic) === "unanswered");
      const records = waitBefore(recordClass, read, undecided);
      for (const record of records) if (blame.isBlamed(record.seq)) refused.note(record);
      const isBarred = (record: Outgoing) => verdictOn(record.topic) === "no" || refused.has(record);
      const barred = new Set(records.filter((record) => isAside(record) || isBarred(record)));
      const first = records.findIndex((record) => barred.has(record));
      const taken = (await mayPass(recordClass, [...barred])) ? records : waitBefore(recordClass, records, first);
      return taken.map((record) => {
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
