import type { Pollutant } from "../../../cloud/air/pollutants.ts";
import type { Registry } from "../../../common/contract/registry.ts";
import { randomFrom } from "../../../models/random.ts";

/** A made-up region of many stations: the same one for the same number. */

export const TENANT = "bench";
const TOWNS = 25;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** The pollutants that each station measures, as an SDS011 does. */
export const MEASURED = ["pm25", "pm10"] as const satisfies readonly Pollutant[];
export type Measured = (typeof MEASURED)[number];

export const stationOf = (at: number): string => `st-${String(at).padStart(5, "0")}`;
export const deviceOf = (at: number): string => `air-${String(at).padStart(5, "0")}`;

/** Stations in towns of the southern Urals, denser towards each centre; each has a device of its own. */
export function regionOf(stations: number): Registry {
  const random = randomFrom(7);
  const towns = Array.from({ length: TOWNS }, (_, t) => ({
    id: `town-${t}`,
    lng: 58 + 5 * random(),
    lat: 53.5 + 2.6 * random(),
  }));
  const numbers = Array.from({ length: stations }, (_, at) => at);
  const position = (at: number): [number, number] => {
    const { lng, lat } = towns[at % TOWNS] ?? { lng: 61.4, lat: 55.16 };
    const [angle, km] = [2 * Math.PI * random(), 14 * random() ** 1.5];
    return [lng + (km / 64) * Math.cos(angle), lat + (km / 111) * Math.sin(angle)];
  };
  return {
    municipalities: towns.map(({ id }, t) => ({
      id,
      tenant: TENANT,
      name: { ru: `Город ${t + 1}`, en: `Town ${t + 1}` },
    })),
    stations: numbers.map((at) => {
      const [street, house] = [Math.floor(at / TOWNS) % 60, 1 + Math.floor(at / TOWNS / 60) * 7 + (at % 7)];
      return {
        id: stationOf(at),
        tenant: TENANT,
        municipality: `town-${at % TOWNS}`,
        name: { ru: `Улица ${street + 1}, дом ${house}`, en: `Street ${street + 1}, ${house}` },
        position: position(at),
        demo: false,
      };
    }),
    sites: [],
    assignments: numbers.map((at) => ({ tenant: TENANT, device: deviceOf(at), station: stationOf(at), from: 0 })),
  };
}

/** What a station's air is at a moment, µg/m³ with six decimals as a mean has them: a town's day, the station's own share, and noise. */
export function airOf(at: number, pollutant: Measured, atMs: number): number {
  const hour = atMs / HOUR_MS;
  const town = 14 + 11 * Math.sin(hour / 3.8 + (at % TOWNS)) + 5 * Math.sin(hour / 17);
  const own = 0.6 + 0.8 * fraction(at * 0.754_877_666);
  const noise = 3 * fraction(Math.sin(at * 12.9898 + (atMs / MINUTE_MS) * 78.233) * 43_758.5453);
  const mass = Math.max(0.5, town * own + noise) * (pollutant === "pm10" ? 1.7 : 1);
  return Math.round(mass * 1e6) / 1e6;
}

const fraction = (value: number): number => value - Math.floor(value);
