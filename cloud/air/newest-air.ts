import type { Air, AirAverages, AirValue, StationFeature } from "../http/schemas.ts";
import type { LatestSample } from "../store/state/state-view.ts";
import { isAhead } from "./believable.ts";
import { Pollutant, RAW_FIELDS } from "./pollutants.ts";
import type { Averages } from "./windows/rolling-air.ts";

type Properties = StationFeature["properties"];

/** Nothing is known of this pollutant yet. */
export const NO_AVERAGES: AirAverages = { now: null, m20: null, h1: null, nowcast: null, h24: null };

/** The newest value of each pollutant that the sensors of a station have said; they come newest first. */
export function airOfNow(newestFirst: readonly LatestSample[]): Air {
  const air: Air = {};
  for (const pollutant of Pollutant.options) {
    const now = newestFirst.map((sample) => newestOf(pollutant, sample)).find((value) => value !== null);
    if (now !== undefined) air[pollutant] = { ...NO_AVERAGES, now };
  }
  return air;
}

/** Corrected where quality control could, else raw. */
function newestOf(pollutant: Pollutant, { at, values, notes }: LatestSample): AirValue | null {
  const raw = RAW_FIELDS[pollutant].map((field) => values[field]).find((value) => value !== undefined);
  if (raw === undefined) return null;
  return {
    value: notes?.corrected[pollutant] ?? raw,
    raw,
    at,
    coverage: null,
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
