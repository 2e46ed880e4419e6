import type { Resolution } from "../../store/measurements/air-windows.ts";

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;
const WIDTH_MS = { m1: MINUTE_MS, m20: 20 * MINUTE_MS, h1: HOUR_MS } as const;

/** Offsets of time zones, and the moments at which they change, are whole quarters of an hour. */
const QUARTER_MS = 15 * MINUTE_MS;
/** No clock is further ahead of UTC. */
const FARTHEST_AHEAD_MS = 15 * HOUR_MS;
const MOST_KNOWN = 10_000;

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
 * Windows of a region. Its days are as long as its clocks make them: 23 or 25 hours where they are changed; each moment is in one of
 * them. Throws a RangeError for a time zone that does not exist.
 */
export function createClockWindows(timeZone: string): ClockWindows {
  const offsetAt = createOffsets(timeZone);
  const localDay = (atMs: number): number => Math.floor((atMs + offsetAt(atMs)) / DAY_MS);
  const starts = new Map<number, number>();
  /** The first moment at which the local date is that day or a later one: where clocks go back over midnight it comes twice. */
  const startOf = (day: number): number => {
    const known = starts.get(day);
    if (known !== undefined) return known;
    let at = day * DAY_MS - FARTHEST_AHEAD_MS;
    while (localDay(at) < day) at += QUARTER_MS;
    if (starts.size > MOST_KNOWN) starts.clear();
    starts.set(day, at);
    return at;
  };
  return {
    windowOf: (resolution, atMs) => {
      if (resolution === "d1") {
        let day = localDay(atMs);
        // After clocks went back over midnight the date is yesterday's once more, but the day has begun. A day may be left out, too.
        while (startOf(day + 1) <= atMs) day += 1;
        return { start: startOf(day), end: startOf(day + 1) };
      }
      const width = WIDTH_MS[resolution];
      const start = Math.floor(atMs / width) * width;
      return { start, end: start + width };
    },
  };
}

/** How far local time is ahead of UTC at a moment, ms; asked of the runtime once for each quarter of an hour. */
function createOffsets(timeZone: string): (atMs: number) => number {
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
