import { divide, scaled, wholeUnits } from "./exact.ts";
import { LOWEST_NOISE_UG, MOST_VALUE } from "./index-of.ts";

/** A mean of an hour, newest first; null where the hour has too few data. */
export type Hours = readonly (number | null)[];

/** A NowCast and how it came about. */
export interface Nowcast {
  /** Truncated as the method says; null where too few of the newest hours are there. */
  readonly value: number | null;
  /** Before it was truncated. */
  readonly untruncated: number | null;
  /** The weight of an hour against the next newer one. */
  readonly weight: number | null;
  /** Sum of weighted hours. */
  readonly numerator: number | null;
  /** Hours that took part, and how many the method looks at. */
  readonly hours: number;
  readonly of: number;
  readonly method: "pm" | "ozone-weights-2016" | "ozone-surrogate-2019" | "none";
}

const PM_HOURS = 12;
const PM_DECIMALS = { pm25: 1, pm10: 0 } as const;
/** Source: forum.airnowtech.org/t/172; EPA, nepis P100X0J6. */
const PM_LEAST_WEIGHT = 0.5;
const NEWEST = 3;
const NEEDED_OF_NEWEST = 2;

/**
 * The EPA's NowCast of particles (µg/m³): 12 hours, each weighing w of the next newer one, w = min/max but at least one
 * half; a missing hour keeps its place. Null unless two of the three newest hours are there. Noise below zero counts as zero.
 */
export function nowcastPm(pollutant: "pm25" | "pm10", newestFirst: Hours): Nowcast {
  const hours = cleaned(newestFirst, PM_HOURS);
  return weighted(hours, PM_LEAST_WEIGHT, PM_DECIMALS[pollutant], "pm");
}

const OZONE_HOURS = 8;
/** Source: forum.airnowtech.org/t/356: 0.85 of the newest hour and 4.5 ppb. */
const SURROGATE = { slopePercent: 85, interceptTenths: 45 } as const;

/**
 * The NowCast of ozone (ppb) by the weights of 2016–2019 (8 hours, no least weight; forum.airnowtech.org/t/151). Where
 * fewer than two of the three newest hours are there, the surrogate published in 2019 of the newest of them. `method`
 * says which one; EPA's own regression of 2019 needs two weeks of history and is not made here.
 */
export function nowcastOzone(newestFirst: Hours): Nowcast {
  const byWeights = weighted(cleaned(newestFirst, OZONE_HOURS), 0, 0, "ozone-weights-2016");
  return byWeights.value === null ? ozoneSurrogate(newestFirst) : byWeights;
}

/** Only the surrogate: what EPA shows while its regression has too little history. */
export function ozoneSurrogate(newestFirst: Hours): Nowcast {
  const newest = cleaned(newestFirst, NEWEST).find((hour) => hour !== null);
  if (newest === undefined || newest === null) return { ...NOTHING, of: NEWEST };
  const { slopePercent, interceptTenths } = SURROGATE;
  const untruncated = divide(scaled(newest, 6) * slopePercent + interceptTenths * 1e7, 1e8, "none");
  const value = wholeUnits(untruncated, 0, "truncate");
  return { value, untruncated, weight: null, numerator: null, hours: 1, of: NEWEST, method: "ozone-surrogate-2019" };
}

const NOTHING = { value: null, untruncated: null, weight: null, numerator: null, hours: 0, method: "none" } as const;

const cleaned = (newestFirst: Hours, count: number): Hours =>
  newestFirst.slice(0, count).map((hour) => (hour === null || !isPossible(hour) ? null : Math.max(0, hour)));

/** Slightly below zero is noise; a code of a missing value (−999) and what no air can have is a missing hour. */
const isPossible = (hour: number): boolean => hour >= LOWEST_NOISE_UG && hour <= MOST_VALUE;

function weighted(hours: Hours, leastWeight: number, decimals: number, method: Nowcast["method"]): Nowcast {
  const there = hours.filter((hour) => hour !== null);
  const of = method === "pm" ? PM_HOURS : OZONE_HOURS;
  const newest = hours.slice(0, NEWEST).filter((hour) => hour !== null);
  if (newest.length < NEEDED_OF_NEWEST) return { ...NOTHING, hours: there.length, of };
  const [least, most] = [Math.min(...there), Math.max(...there)];
  // Zero everywhere: every weight gives zero.
  const weight = most === 0 ? 1 : Math.max(leastWeight, least / most);
  let [numerator, denominator] = [0, 0];
  for (const [age, hour] of hours.entries()) {
    if (hour === null) continue;
    numerator += weight ** age * hour;
    denominator += weight ** age;
  }
  // Without a least weight an hour of zero leaves the newest one alone, and nothing where that one is missing.
  if (denominator === 0) return { ...NOTHING, hours: there.length, of };
  const untruncated = numerator / denominator;
  const value = wholeUnits(untruncated, decimals, "truncate") / 10 ** decimals;
  return { value, untruncated, weight, numerator, hours: there.length, of, method };
}
