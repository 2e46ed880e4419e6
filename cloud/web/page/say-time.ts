import type { Speech } from "./language.ts";

const MINUTE_MS = 60_000;

/** A moment in words: that it is unknown, or how far it may be off where the device did not know it. */
export function sayTime(
  { words, format }: Pick<Speech, "words" | "format">,
  atMs: number | null,
  errorMs: number | null,
): string {
  if (atMs === null) return words.visit.timeUnknown;
  const moment = format.fullMoment(atMs);
  if (errorMs === null) return moment;
  return errorMs < MINUTE_MS
    ? words.visit.aboutSeconds(moment, Math.ceil(errorMs / 1_000))
    : words.visit.aboutMinutes(moment, Math.ceil(errorMs / MINUTE_MS));
}
