import { z } from "zod";
import type { MeasuredName } from "#contract/messages.ts";

/** What is measured of the air and has an average and an index. µg/m³, carbon monoxide in mg/m³. */
export const Pollutant = z.enum(["pm1", "pm25", "pm10", "o3", "no2", "so2", "co", "h2s", "nh3", "formaldehyde"]);
export type Pollutant = z.infer<typeof Pollutant>;

/**
 * Fields of a sample that hold a pollutant's raw concentration; the first that it has counts. Of a Plantower that is the mass
 * under atmospheric conditions, never the one under factory conditions (`…_cf1`).
 */
export const RAW_FIELDS = {
  pm1: ["pm1", "pm1_atm"],
  pm25: ["pm25", "pm25_atm"],
  pm10: ["pm10", "pm10_atm"],
  o3: ["o3"],
  no2: ["no2"],
  so2: ["so2"],
  co: ["co"],
  h2s: ["h2s"],
  nh3: ["nh3"],
  formaldehyde: ["formaldehyde"],
} as const satisfies Record<Pollutant, readonly MeasuredName[]>;

/** The field that a corrected concentration is kept in, beside the raw one. */
export const correctedField = (pollutant: Pollutant): string => `${pollutant}_corrected`;
