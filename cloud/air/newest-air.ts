import type { Air, AirAverages, AirValue, StationFeature } from "../http/schemas.ts";
import type { LatestSample } from "../store/state/state-view.ts";
import { isAhead } from "./believable.ts";
import { Pollutant, RAW_FIELDS } from "./pollutants.ts";
import { MINUTE_MS } from "./windows/clock-windows.ts";
import { meanOf, tidy, unionOf } from "./windows/means.ts";
import { GOOD_CONFIDENCE } from "./windows/minute-windows.ts";
import type { Averages } from "./windows/rolling-air.ts";

type Properties = StationFeature["properties"];

/** Nothing is known of this pollutant yet. */
export const NO_AVERAGES: AirAverages = { now: null, m20: null, h1: null, nowcast: null, h8: null, h24: null };

/** What was measured so short a time before the newest sample of a station is of the same moment. */
const SAME_MOMENT_MS = 5 * MINUTE_MS;

/**
 * What the sensors of a station say now of each pollutant; their newest samples come newest first. As in a window the good samples
 * of a moment are averaged (channels A and B, too); where none is good the value is null and what was said is in `raw`.
 */
export function airOfNow(newestFirst: readonly LatestSample[]): Air {
  const air: Air = {};
  for (const pollutant of Pollutant.options) {
    const said = newestFirst.flatMap((sample) => saidOf(pollutant, sample) ?? []);
    const now = meanOfMoment(said);
    if (now !== null) air[pollutant] = { ...NO_AVERAGES, now };
  }
  return air;
}

interface Said {
  /** Corrected where quality control could, else raw. */
  readonly value: number;
  readonly raw: number;
  readonly at: number;
  readonly confidence: number;
  readonly flags: readonly string[];
  readonly correction: string | null;
}

function meanOfMoment(newestFirst: readonly Said[]): AirValue | null {
  const [newest] = newestFirst;
  if (newest === undefined) return null;
  // What claims to be from the future comes last, and is later than the newest.
  const together = newestFirst.filter(({ at }) => at <= newest.at && newest.at - at <= SAME_MOMENT_MS);
  const good = together.filter(({ confidence }) => confidence >= GOOD_CONFIDENCE);
  const used = good.length > 0 ? good : together;
  const mean = (of: (said: Said) => number): number => tidy(meanOf(used.map(of)));
  return {
    value: good.length > 0 ? mean(({ value }) => value) : null,
    raw: mean(({ raw }) => raw),
    at: Math.max(...used.map(({ at }) => at)),
    coverage: null,
    confidence: mean(({ confidence }) => confidence),
    flags: [...unionOf(together.map(({ flags }) => flags))],
    correction: unionOf(used.map(({ correction }) => (correction === null ? [] : [correction]))).join("+") || null,
  };
}

function saidOf(pollutant: Pollutant, { at, values, notes }: LatestSample): Said | null {
  const raw = RAW_FIELDS[pollutant].map((field) => values[field]).find((value) => value !== undefined);
  if (raw === undefined) return null;
  return {
    value: notes?.corrected[pollutant] ?? raw,
    raw,
    at,
    confidence: notes?.confidence ?? 1,
    flags: notes?.flags ?? [],
    // The one word of a sample about its correction is about its fine dust.
    correction: pollutant === "pm25" ? (notes?.correction ?? null) : null,
  };
}

/** What the sensors say now, with the averages beside it. */
export function joinAir(ofNow: Air, averages: Averages): Air {
  const air: Air = { ...ofNow };
  for (const pollutant of Pollutant.options) {
    const known = averages[pollutant];
    if (known !== undefined) air[pollutant] = { now: ofNow[pollutant]?.now ?? null, ...known };
  }
  return air;
}

/** The doubts about what is shown as now, each once. */
export const marksOf = (air: Air): string[] => [...new Set(Object.values(air).flatMap(({ now }) => now?.flags ?? []))];

/** The wind, where it was measured within `freshMs`. */
export function windOf(values: Properties["values"], nowMs: number, freshMs: number): Properties["wind"] {
  const { wind_speed: speed, wind_direction: direction } = values;
  if (speed === undefined || isAhead(speed.at, nowMs) || nowMs - speed.at > freshMs) return null;
  const isOneMoment = direction !== undefined && direction.at === speed.at;
  return { speed: speed.value, direction: isOneMoment ? direction.value : null };
}

/** How long a station has been silent, in a word. A value from the future says nothing of now. */
export function statusOf(
  lastAtMs: number | null,
  { nowMs, staleAfterMs, offlineAfterMs }: { nowMs: number; staleAfterMs: number; offlineAfterMs: number },
): Properties["status"] {
  if (lastAtMs === null) return "never";
  if (isAhead(lastAtMs, nowMs) || nowMs - lastAtMs > offlineAfterMs) return "offline";
  return nowMs - lastAtMs > staleAfterMs ? "late" : "live";
}
