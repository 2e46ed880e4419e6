import type { AqiCategory, StationFeature } from "../../http/schemas.ts";

/** `none` before the first reading, `stale` when nothing came for too long. */
export type Freshness = "fresh" | "stale" | "none";

/** What a station looks like at one moment. */
export interface StationView {
  readonly freshness: Freshness;
  /** The number on the circle: the index, `–` where there is none. */
  readonly label: string;
  /** The category to paint; null where the circle is grey. */
  readonly category: AqiCategory | null;
}

/** Whether a last reading is too old to be called "now". */
export function freshnessOf(lastAtMs: number | null, nowMs: number, staleAfterMs: number): Freshness {
  if (lastAtMs === null) return "none";
  return nowMs - lastAtMs > staleAfterMs ? "stale" : "fresh";
}

/** Looks at a station now; the page asks again as time passes, the server need not send anything for that. */
export function viewStation(station: StationFeature, nowMs: number, staleAfterMs: number): StationView {
  const { lastAt, aqi, category } = station.properties;
  const freshness = freshnessOf(lastAt, nowMs, staleAfterMs);
  return {
    freshness,
    label: aqi === null ? "–" : String(aqi),
    category: freshness === "fresh" ? category : null,
  };
}

/** Order of the list: fresh ones with the worst air first, then stale ones, then those without data. */
export function compareStations(nowMs: number, staleAfterMs: number) {
  const rank = (station: StationFeature): number => {
    const freshness = freshnessOf(station.properties.lastAt, nowMs, staleAfterMs);
    if (freshness === "none") return -2;
    return freshness === "stale" ? -1 : (station.properties.aqi ?? 0);
  };
  return (a: StationFeature, b: StationFeature): number => rank(b) - rank(a) || a.id.localeCompare(b.id);
}
