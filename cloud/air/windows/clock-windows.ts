import type { Resolution } from "../../store/measurements/air-windows.ts";

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;
const WIDTH_MS = { m1: MINUTE_MS, m20: 20 * MINUTE_MS, h1: HOUR_MS } as const;

/** A stretch of time: its beginning is part of it, its end is not. UTC ms. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Cuts time into windows: minutes, thirds of an hour and hours of UTC, and the days of one time zone. */
export interface ClockWindows {
  windowOf(resolution: Resolution, atMs: number): Span;
}

/**
 * Windows of a region. Its days are as long as its clocks make them: 23 or 25 hours where they are changed. Throws a RangeError
 * for a time zone that does not exist.
 */
export function createClockWindows(timeZone: string): ClockWindows {
  const offsetAt = createOffsets(timeZone);
  const midnightBefore = (atMs: number): number => {
    const local = Math.floor((atMs + offsetAt(atMs)) / DAY_MS) * DAY_MS;
    // The offset at midnight may be another one than that of the moment; looked at twice it is the right one.
    const guess = local - offsetAt(atMs);
    const midnight = local - offsetAt(guess);
    return midnight <= atMs ? midnight : guess;
  };
  return {
    windowOf: (resolution, atMs) => {
      if (resolution === "d1") {
        const start = midnightBefore(atMs);
        // 36 hours later it is the next day, whatever the clocks do.
        return { start, end: midnightBefore(start + 1.5 * DAY_MS) };
      }
      const width = WIDTH_MS[resolution];
      const start = Math.floor(atMs / width) * width;
      return { start, end: start + width };
    },
  };
}

/** How far local time is ahead of UTC at a moment, ms; asked of the runtime once for each quarter of an hour. */
function createOffsets(timeZone: string): (atMs: number) => number {
  const QUARTER_MS = 15 * MINUTE_MS;
  const MOST_KNOWN = 10_000;
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  const known = new Map<number, number>();
  return (atMs) => {
    const quarter = Math.floor(atMs / QUARTER_MS) * QUARTER_MS;
    const found = known.get(quarter);
    if (found !== undefined) return found;
    const parts = new Map(format.formatToParts(quarter).map(({ type, value }) => [type, Number(value)]));
    const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0;
    const local = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
    if (known.size > MOST_KNOWN) known.clear();
    known.set(quarter, local - quarter);
    return local - quarter;
  };
}
