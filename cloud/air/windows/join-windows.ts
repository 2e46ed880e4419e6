import type { AirWindow, Resolution } from "../../store/measurements/air-windows.ts";
import { HOUR_MS, MINUTE_MS, type Span } from "./clock-windows.ts";
import { meanOf, tidy, unionOf, weightedMean } from "./means.ts";

/** What each resolution is made of. */
export const MADE_OF = { m20: "m1", h1: "m20", d1: "h1" } as const satisfies Partial<Record<Resolution, Resolution>>;

/** A day whose clocks are put forward. What is shorter is the rest of a day in which the time zone was changed, not a whole one. */
const SHORTEST_DAY_MS = 23 * HOUR_MS;

/**
 * One window of the smaller ones of a station's pollutant that lie in it; undefined where there are none. Each counts by its minutes
 * with a good sample, so an hour is the mean of its minutes, however they are cut.
 */
export function joinWindows(
  parts: readonly AirWindow[],
  resolution: Resolution,
  { start, end }: Span,
): AirWindow | undefined {
  const [first] = parts;
  if (first === undefined) return undefined;
  const { tenant, station, pollutant } = first;
  const minutes = parts.reduce((sum, part) => sum + part.minutes, 0);
  const good = parts.filter((part) => part.minutes > 0);
  const used = good.length > 0 ? good : parts;
  const weightOf = (part: AirWindow): number => (good.length > 0 ? part.minutes : 1);
  const mean = (of: (part: AirWindow) => number | null) =>
    weightedMean(
      used.flatMap((part) => {
        const value = of(part);
        return value === null ? [] : [[value, weightOf(part)] as const];
      }),
    );
  const corrections = used.flatMap(({ correction }) => (correction === null ? [] : [correction.split("+")]));
  return {
    tenant,
    station,
    pollutant,
    resolution,
    start,
    value: good.length > 0 ? mean(({ value }) => value) : null,
    raw: mean(({ raw }) => raw),
    minutes,
    coverage: tidy(
      Math.min(1, (minutes * MINUTE_MS) / Math.max(end - start, resolution === "d1" ? SHORTEST_DAY_MS : 0)),
    ),
    confidence: mean(({ confidence }) => confidence) ?? meanOf(parts.map(({ confidence }) => confidence)),
    flags: unionOf(parts.map(({ flags }) => flags)),
    correction: unionOf(corrections).join("+") || null,
  };
}
