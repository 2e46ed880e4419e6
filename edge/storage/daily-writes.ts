import { z } from "zod";

const Bytes = z.number().min(0);

/** What was written in one day. `day` is of UTC, null while the device does not know the time. */
const DayWrites = z.object({ day: z.string().nullable(), ownBytes: Bytes, cardBytes: Bytes.nullable() });
export type DayWrites = z.infer<typeof DayWrites>;

/** The count of the days, as it outlives restarts. */
export const DailyWrites = z.object({
  today: DayWrites,
  /** The day before, whole. */
  before: DayWrites.nullable(),
  /** For how long today has been counted: a device that does not know the time has days of 24 hours of its own. */
  countedMs: z.number().min(0),
  /** What the counters said at the last look, and in which boot of the machine. */
  seen: z.object({ ownBytes: Bytes, cardBytes: Bytes.nullable(), boot: z.string().nullable() }),
});
export type DailyWrites = z.infer<typeof DailyWrites>;

/** Nothing was counted yet. */
export const NOTHING_WRITTEN: DailyWrites = {
  today: { day: null, ownBytes: 0, cardBytes: null },
  before: null,
  countedMs: 0,
  seen: { ownBytes: 0, cardBytes: null, boot: null },
};

/** What a look finds. */
export interface Look {
  /** Of UTC, as `2026-11-22`, or null while the time is not known. */
  readonly day: string | null;
  /** Name of the machine's boot. */
  readonly boot: string;
  readonly elapsedMs: number;
  readonly ownBytes: number | null;
  readonly cardBytes: number | null;
}

const DAY_MS = 86_400_000;

/** The count at the start of the program, whose own counter begins at zero. */
export function afterRestart(writes: DailyWrites): DailyWrites {
  return { ...writes, seen: { ...writes.seen, ownBytes: 0 } };
}

/** Counts what a look finds to its day. */
export function countWrites(writes: DailyWrites, look: Look): DailyWrites {
  const { day, boot, elapsedMs, ownBytes, cardBytes } = look;
  const { seen } = writes;
  const isNew = isNewDay(writes, look);
  const today = isNew ? { day, ownBytes: 0, cardBytes: null } : writes.today;
  const ownAdded = Math.max(0, (ownBytes ?? seen.ownBytes) - seen.ownBytes);
  const cardAdded = cardBytes === null ? null : addedToCard(writes, cardBytes, boot);
  return {
    today: {
      day: day ?? today.day,
      ownBytes: today.ownBytes + ownAdded,
      cardBytes: cardAdded === null ? today.cardBytes : (today.cardBytes ?? 0) + cardAdded,
    },
    before: isNew ? writes.today : writes.before,
    countedMs: isNew ? 0 : writes.countedMs + elapsedMs,
    seen: { ownBytes: ownBytes ?? seen.ownBytes, cardBytes: cardBytes ?? seen.cardBytes, boot },
  };
}

function isNewDay({ today, countedMs }: DailyWrites, { day, elapsedMs }: Look): boolean {
  if (day !== null && today.day !== null) return day !== today.day;
  return day === null && countedMs + elapsedMs >= DAY_MS;
}

/** All that a new boot of the machine has written counts; of the first look ever nothing is known to be of today. */
function addedToCard({ seen }: DailyWrites, cardBytes: number, boot: string): number {
  if (seen.boot === null || seen.cardBytes === null) return 0;
  return seen.boot === boot && cardBytes >= seen.cardBytes ? cardBytes - seen.cardBytes : cardBytes;
}

/** What a day's writes mean for the card. */
export interface CardVerdict {
  readonly isOver: boolean;
  /** So many times more rounds go into one reading, and so many times fewer health messages are written. */
  readonly packFactor: number;
}

/** A pack of ten minutes instead of one: what a power cut may take of readings that were not kept yet. */
const PACK_FACTOR = 10;
/** Where we ourselves write less of the budget than this, it is somebody else, and longer packs would not help. */
const OUR_SHARE = 0.1;

/** Over the budget until the day is over; alerts and visits are written at once all the same. */
export function judgeWrites({ ownBytes, cardBytes }: DayWrites, budgetBytes: number): CardVerdict {
  const isOver = Math.max(ownBytes, cardBytes ?? 0) > budgetBytes;
  return { isOver, packFactor: isOver && ownBytes > budgetBytes * OUR_SHARE ? PACK_FACTOR : 1 };
}
