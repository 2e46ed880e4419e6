import { classOfStream, parseTopic } from "#contract/topics.ts";
import type { Journal, NewRecord, StoredRecord } from "#journal/journal.ts";
import type { Outgoing } from "#uplink/send-queue.ts";
import { recordOf } from "../own/photo-group.ts";
import type { GapRelay } from "./gap-relay.ts";
import { ASIDE_CLASS, UPLINK_READER } from "./journal-layout.ts";

/** What the parent does not take lies aside, in a class of the journal of its own: durable, counted, and out of the way. */
export interface Aside {
  /** Records that lie aside. */
  readonly count: number;
  /**
   * Puts records of a class aside; on disk when it resolves. One that this run has put aside stays where it is: it is read
   * again over each connection, until all that was sent before it is acknowledged. A gap of a gateway behind this one does
   * not lie aside: this one says it anew.
   */
  put(recordClass: string, records: readonly Outgoing[]): Promise<void>;
  /** Whether this run has put a record aside that its reader has not passed yet. */
  has(recordClass: string, seq: number): boolean;
  /**
   * Brings some of those that may go up now back into their classes, as new records; gives how many those were, and whether
   * it has gone through all that lay here when it began: else it goes on from there.
   */
  takeUp(mayGoUp: (record: LainRecord) => boolean, most: number): Promise<{ taken: number; isThrough: boolean }>;
}

/** A record that lies aside. */
export type LainRecord = Pick<StoredRecord, "topic" | "bytes">;

const READ_AT_ONCE = 200;

/** What lies aside in a gateway's journal. A kill in the middle of `takeUp` only makes records come twice. */
export function openAside(journal: Journal, relay?: GapRelay): Aside {
  const putHere = new Map<string, Set<number>>();
  const has: Aside["has"] = (recordClass, seq) => putHere.get(recordClass)?.has(seq) === true;
  const putNow = async (recordClass: string, records: readonly Outgoing[]) => {
    const fresh = records.filter(({ seq }) => !has(recordClass, seq));
    if (fresh.length === 0) return;
    const gaps = fresh.filter((record) => relay?.takes(record));
    const others = fresh.filter((record) => !gaps.includes(record));
    const said = gaps.length > 0 ? relay?.sayAnew(gaps) : undefined;
    const lain = others.map(({ topic, bytes }) => placeOf(topic, bytes, false));
    await journal.append([...(said?.records ?? []), ...lain], said?.values);
    const passed = journal.cursor(UPLINK_READER, recordClass);
    const before = putHere.get(recordClass) ?? [];
    const seqs = [...before, ...fresh.map(({ seq }) => seq)].filter((seq) => seq > passed);
    putHere.set(recordClass, new Set(seqs));
  };
  // One after the other: connections overlap for a moment, and each must see what the one before has put.
  let last: Promise<unknown> = Promise.resolve();
  const put: Aside["put"] = (recordClass, records) => {
    const putting = last.then(() => putNow(recordClass, records));
    // Whoever asked hears of the failure; the next one is tried all the same.
    last = putting.catch(() => {});
    return putting;
  };
  const mayAnyGo = async (mayGoUp: (record: LainRecord) => boolean) => {
    let after = journal.cursor(UPLINK_READER, ASIDE_CLASS);
    for (;;) {
      const records = await journal.read(ASIDE_CLASS, after, READ_AT_ONCE);
      if (records.some(mayGoUp)) return true;
      const last = records.at(-1);
      if (last === undefined) return false;
      after = last.n;
    }
  };
  // Where the going through of now ends: what is put back behind has higher numbers.
  let end: number | undefined;
  return {
    get count() {
      return journal.stats().pending[ASIDE_CLASS] ?? 0;
    },
    put,
    has,
    takeUp: async (mayGoUp, most) => {
      if (end === undefined) {
        if (!(await mayAnyGo(mayGoUp))) return { taken: 0, isThrough: true };
        end = journal.newest();
      }
      let taken = 0;
      while (taken < most) {
        const after = journal.cursor(UPLINK_READER, ASIDE_CLASS);
        const read = await journal.read(ASIDE_CLASS, after, READ_AT_ONCE);
        const records = upToMost(
          read.filter(({ n }) => n <= (end ?? 0)),
          mayGoUp,
          most - taken,
        );
        const last = records.at(-1);
        if (last === undefined) {
          end = undefined;
          return { taken, isThrough: true };
        }
        const placed = records.map((record) => placeOf(record.topic, record.bytes, mayGoUp(record)));
        await journal.append(placed);
        journal.advance(UPLINK_READER, ASIDE_CLASS, last.n);
        taken += placed.filter(({ recordClass }) => recordClass !== ASIDE_CLASS).length;
      }
      return { taken, isThrough: false };
    },
  };
}

/** The first records, until so many of them may go up. */
function upToMost(records: readonly StoredRecord[], mayGoUp: (record: LainRecord) => boolean, most: number) {
  const going = records.flatMap((record, i) => (mayGoUp(record) ? [i] : []));
  const lastGoing = going[most - 1];
  return lastGoing === undefined ? records : records.slice(0, lastGoing + 1);
}

function placeOf(topic: string, bytes: Uint8Array, mayGoUp: boolean): NewRecord {
  const parsed = parseTopic(topic);
  const stream = parsed?.kind === "data" ? parsed.stream : undefined;
  const recordClass = mayGoUp && stream !== undefined ? classOfStream(stream) : ASIDE_CLASS;
  return { ...recordOf(stream ?? ASIDE_CLASS, topic, bytes), recordClass };
}
