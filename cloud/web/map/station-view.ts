import { AqiCategory, type StationFeature } from "../../http/schemas.ts";

/** `none` before the first reading, `stale` when nothing came for too long, `future` when its time cannot be true. */
export type Freshness = "fresh" | "stale" | "none" | "future";

/** Clocks differ a little; what bears a time further ahead of the server's is not believed. The server does the same. */
const MAX_AHEAD_MS = 5 * 60_000;

/** What a station looks like at one moment. */
export interface StationView {
  readonly freshness: Freshness;
  /** When it last said what the circle is about: fine dust, or anything where it measures none. */
  readonly atMs: number | null;
  /** The number on the circle: the index, `–` where there is none that may be called "now". */
  readonly label: string;
  /** The category to paint; null where the circle is grey. */
  readonly category: AqiCategory | null;
}

/** Fields that hold a raw PM2.5 mass; the index is about them. */
const PM25_FIELDS = ["pm25", "pm25_atm"];

/** When the newest fine dust was measured, else when anything was. */
function spokeAtMs({ properties: { values, lastAt } }: StationFeature): number | null {
  const moments = PM25_FIELDS.flatMap((field) => values[field]?.at ?? []);
  return moments.length === 0 ? lastAt : Math.max(...moments);
}

/** Whether a last reading may be called "now". */
export function freshnessOf(atMs: number | null, nowMs: number, staleAfterMs: number): Freshness {
  if (atMs === null) return "none";
  if (atMs - nowMs > MAX_AHEAD_MS) return "future";
  return nowMs - atMs > staleAfterMs ? "stale" : "fresh";
}

/** Looks at a station now; the page asks again as time passes, the server need not send anything for that. */
export function viewStation(station: StationFeature, nowMs: number, staleAfterMs: number): StationView {
  const { aqi, category } = station.properties;
  const atMs = spokeAtMs(station);
  const freshness = freshnessOf(atMs, nowMs, staleAfterMs);
  const isNow = freshness === "fresh" && aqi !== null;
  return { freshness, atMs, label: isNow ? String(aqi) : "–", category: isNow ? category : null };
}

/** How bad it is, from 0 (grey) to 6 (hazardous): where circles overlap, the worst lies on top. */
export function severityOf({ category }: StationView): number {
  return category === null ? 0 : AqiCategory.options.indexOf(category) + 1;
}

const RANK = { future: -1, stale: -2, none: -3 } as const satisfies Record<Exclude<Freshness, "fresh">, number>;

/** Order of the list: fresh ones with the worst air first, then those with a wrong time, stale ones, and without data. */
export function compareStations(nowMs: number, staleAfterMs: number) {
  const rank = (station: StationFeature): number => {
    const { freshness } = viewStation(station, nowMs, staleAfterMs);
    return freshness === "fresh" ? (station.properties.aqi ?? 0) : RANK[freshness];
  };
  return (a: StationFeature, b: StationFeature): number => rank(b) - rank(a) || a.id.localeCompare(b.id);
}
