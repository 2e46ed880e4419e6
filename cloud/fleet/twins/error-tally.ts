import { z } from "zod";

/** Errors that a device has counted, as one of its healths says. Times in ms since the machine's start. */
export const ErrorTally = z.object({
  boot: z.string(),
  up: z.number(),
  /** Since when they are counted: the program's start. Null for devices that do not say so (before 0.1.0). */
  countedFrom: z.number().nullable(),
  count: z.number(),
});
export type ErrorTally = z.infer<typeof ErrorTally>;

/** Over a shorter time a rate of errors says nothing: a start has errors of its own. */
export const RATE_AFTER_MS = 30 * 60_000;
/** A program that begins so soon after its machine was started with it, not anew. */
const STARTS_WITHIN_MS = 10 * 60_000;
const HOUR_MS = 3_600_000;

/**
 * Counted errors in an hour since an earlier tally, or since the counters began where that is later or there is none; null
 * where that is too short. A device that does not say since when it counts may have begun anew at any moment: then this is
 * the least that it can be, so that nobody is blamed for what he has not counted.
 */
export function errorsPerHour(tally: ErrorTally, earlier?: ErrorTally | null): number | null {
  const { up, count, countedFrom } = tally;
  const isSameBoot = earlier?.boot === tally.boot && earlier.up <= up;
  const hasBegunSince = !isSameBoot || (countedFrom !== null && countedFrom > earlier.up) || count < earlier.count;
  const from = Math.max(countedFrom ?? 0, isSameBoot ? earlier.up : 0);
  if (up - from < RATE_AFTER_MS) return null;
  return ((hasBegunSince ? count : count - earlier.count) * HOUR_MS) / (up - from);
}

/** Whether the program was started anew in a running machine less than `withinMs` ago. */
export const hasJustRestarted = ({ up, countedFrom }: ErrorTally, withinMs: number): boolean =>
  countedFrom !== null && countedFrom > STARTS_WITHIN_MS && up - countedFrom < withinMs;
