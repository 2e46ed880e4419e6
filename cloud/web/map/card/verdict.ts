import type { Box, LngLat } from "../geometry.ts";
import type { SeenStation } from "../station/air-store.ts";

/** What can be said of several stations at once. */
export interface Verdict {
  /** The one in the middle of all that speak and are believed: what most people breathe. */
  readonly typical: SeenStation | null;
  /** The worst that is believed. */
  readonly worst: SeenStation | null;
  readonly speaking: number;
  readonly all: number;
}

const isInside = ([lng, lat]: LngLat, [west, south, east, north]: Box): boolean =>
  lng >= west && lng <= east && lat >= south && lat <= north;

/** Looks at the stations of a box, or at all. One bad sensor moves neither the middle nor the worst. */
export function verdictOf(seen: Iterable<SeenStation>, box: Box | null): Verdict {
  const here = [...seen].filter(({ station }) => box === null || isInside(station.geometry.coordinates, box));
  const speaking = here
    .filter(({ view }) => view.judgement !== null && !view.isDoubtful && view.look.shape === "live")
    .sort((a, b) => a.view.order - b.view.order);
  return {
    // Of an even number the worse of the two in the middle: nobody is told better than it is.
    typical: speaking[Math.floor(speaking.length / 2)] ?? null,
    worst: speaking.at(-1) ?? null,
    speaking: here.filter(({ view }) => view.look.shape === "live").length,
    all: here.length,
  };
}

const EARTH_KM = 6_371;
const radians = (degrees: number): number => (degrees * Math.PI) / 180;

/** Kilometres between two places (haversine). */
export function distanceKm([lngA, latA]: LngLat, [lngB, latB]: LngLat): number {
  const half =
    Math.sin(radians(latB - latA) / 2) ** 2 +
    Math.cos(radians(latA)) * Math.cos(radians(latB)) * Math.sin(radians(lngB - lngA) / 2) ** 2;
  return 2 * EARTH_KM * Math.asin(Math.sqrt(half));
}

/** The nearest station that speaks now, else the nearest of all; undefined where there is none. */
export function nearestTo(at: LngLat, seen: Iterable<SeenStation>): { seen: SeenStation; km: number } | undefined {
  const all = [...seen]
    .map((one) => ({ seen: one, km: distanceKm(at, one.station.geometry.coordinates) }))
    .sort((a, b) => a.km - b.km);
  return all.find(({ seen: { view } }) => view.look.shape === "live" && view.judgement !== null) ?? all[0];
}
