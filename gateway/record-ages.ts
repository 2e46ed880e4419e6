import { z } from "zod";
import type { Journal } from "#journal/journal.ts";
import type { Clock } from "#kit/clock.ts";
import type { Closer } from "#kit/closer.ts";
import { every } from "#kit/every.ts";

/** The newest number of the journal at a moment (UTC ms). */
interface Mark {
  readonly n: number;
  readonly atMs: number;
}

const Marks = z.array(z.tuple([z.number(), z.number()]));
const MARK_EVERY_MS = 1_000;
const KEEP_EVERY_MS = 60_000;
/** More marks than this are thinned: every second one of the older half goes. */
const MOST_MARKS = 600;
const NAME = "record ages";

/** How old the records of a journal are. Records carry no time of their own; marks of number and time tell it. */
export interface RecordAges extends Closer {
  /** Seconds since the record with this number was appended, or a little less. */
  ageS(n: number): number;
}

/** Marks the newest number each second; the marks lie beside the log, so that ages outlive a restart. */
export async function startRecordAges(
  journal: Journal,
  clock: Clock,
  onTrouble: (error: unknown) => void,
): Promise<RecordAges> {
  let marks = readMarks((await journal.kept(NAME)).get(NAME));
  let keptAtMs = clock.nowMs();
  const keep = () => journal.keep(NAME, Buffer.from(JSON.stringify(marks.map(({ n, atMs }) => [n, atMs]))));
  const marking = every(
    MARK_EVERY_MS,
    async () => {
      const mark = { n: journal.stats().newest, atMs: clock.nowMs() };
      if (mark.n === (marks.at(-1)?.n ?? 0)) return;
      marks = thinned([...marks, mark]);
      if (mark.atMs - keptAtMs < KEEP_EVERY_MS) return;
      keptAtMs = mark.atMs;
      await keep();
    },
    onTrouble,
  );
  return {
    ageS: (n) => {
      const after = marks.find((mark) => mark.n >= n);
      return after === undefined ? 0 : Math.max(0, (clock.nowMs() - after.atMs) / 1000);
    },
    close: async () => {
      await marking.close();
      await keep().catch(onTrouble);
    },
  };
}

/** Fewer marks of old times: an age of days needs no seconds. */
export function thinned(marks: readonly Mark[]): readonly Mark[] {
  if (marks.length <= MOST_MARKS) return marks;
  const half = Math.floor(marks.length / 2);
  return marks.filter((_, i) => i >= half || i % 2 === 0);
}

function readMarks(bytes: Uint8Array | undefined): readonly Mark[] {
  if (bytes === undefined) return [];
  const parsed = Marks.safeParse(JSON.parse(Buffer.from(bytes).toString()));
  return parsed.success ? parsed.data.map(([n, atMs]) => ({ n, atMs })) : [];
}
