import { classOfStream, parseTopic } from "#contract/topics.ts";
import type { Journal, NewRecord } from "#journal/journal.ts";
import { recordOf } from "../own/photo-group.ts";
import { ASIDE_CLASS, UPLINK_READER } from "./journal-layout.ts";

/** What the parent does not take lies aside, in a class of the journal of its own: durable, counted, and out of the way. */
export interface Aside {
  /** Records that lie aside. */
  readonly count: number;
  /** Puts records aside; on disk when it resolves. */
  put(records: readonly { readonly topic: string; readonly bytes: Uint8Array }[]): Promise<void>;
  /** Brings those that may go up now back into their classes, as new records; gives how many those were. */
  takeUp(mayGoUp: (topic: string) => boolean): Promise<number>;
}

const READ_AT_ONCE = 200;

/** What lies aside in a gateway's journal. A kill in the middle of `takeUp` only makes records come twice. */
export function openAside(journal: Journal): Aside {
  const put: Aside["put"] = async (records) => {
    await journal.append(records.map(({ topic, bytes }) => placeOf(topic, bytes, false)));
  };
  const mayAnyGo = async (mayGoUp: (topic: string) => boolean) => {
    let after = journal.cursor(UPLINK_READER, ASIDE_CLASS);
    for (;;) {
      const records = await journal.read(ASIDE_CLASS, after, READ_AT_ONCE);
      if (records.some(({ topic }) => mayGoUp(topic))) return true;
      const last = records.at(-1);
      if (last === undefined) return false;
      after = last.n;
    }
  };
  return {
    get count() {
      return journal.stats().pending[ASIDE_CLASS] ?? 0;
    },
    put,
    takeUp: async (mayGoUp) => {
      if (!(await mayAnyGo(mayGoUp))) return 0;
      let after = journal.cursor(UPLINK_READER, ASIDE_CLASS);
      let taken = 0;
      // What is put back behind has higher numbers than all that lay here before.
      let end = Number.POSITIVE_INFINITY;
      for (;;) {
        const read = await journal.read(ASIDE_CLASS, after, READ_AT_ONCE);
        const records = read.filter(({ n }) => n < end);
        const last = records.at(-1);
        if (last === undefined) return taken;
        const placed = records.map(({ topic, bytes }) => placeOf(topic, bytes, mayGoUp(topic)));
        const [firstN] = await journal.append(placed);
        journal.advance(UPLINK_READER, ASIDE_CLASS, last.n);
        taken += placed.filter(({ recordClass }) => recordClass !== ASIDE_CLASS).length;
        end = Math.min(end, firstN ?? end);
        after = last.n;
      }
    },
  };
}

function placeOf(topic: string, bytes: Uint8Array, mayGoUp: boolean): NewRecord {
  const parsed = parseTopic(topic);
  const stream = parsed?.kind === "data" ? parsed.stream : undefined;
  const recordClass = mayGoUp && stream !== undefined ? classOfStream(stream) : ASIDE_CLASS;
  return { ...recordOf(stream ?? ASIDE_CLASS, topic, bytes), recordClass };
}
