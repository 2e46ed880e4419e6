import type { AqiCategory } from "../http/schemas.ts";

/** Pollutants whose index we compute. */
export type AqiPollutant = "pm25" | "pm10";

/** One row of the table: index values, concentrations in integer units (tenths of µg/m³ for PM2.5) and the colour. */
export interface AqiBand {
  readonly category: AqiCategory;
  readonly index: readonly [low: number, high: number];
  readonly pm25: readonly [lowTenths: number, highTenths: number];
  readonly pm10: readonly [low: number, high: number];
  readonly colour: string;
}

/**
 * The US EPA AQI as in force since 6 May 2024 (40 CFR 58 App. G; EPA-454/B-24-002), best first.
 * Binary fractions break edges and halves, so concentrations are whole numbers here.
 */
export const AQI_BANDS = [
  { category: "good", index: [0, 50], pm25: [0, 90], pm10: [0, 54], colour: "#00e400" },
  { category: "moderate", index: [51, 100], pm25: [91, 354], pm10: [55, 154], colour: "#ffff00" },
  { category: "sensitive", index: [101, 150], pm25: [355, 554], pm10: [155, 254], colour: "#ff7e00" },
  { category: "unhealthy", index: [151, 200], pm25: [555, 1254], pm10: [255, 354], colour: "#ff0000" },
  { category: "very-unhealthy", index: [201, 300], pm25: [1255, 2254], pm10: [355, 424], colour: "#8f3f97" },
  { category: "hazardous", index: [301, 500], pm25: [2255, 3254], pm10: [425, 604], colour: "#7e0023" },
] as const satisfies readonly AqiBand[];

/** Decimals that the rule keeps when it truncates a concentration. */
const UNITS_PER_UG_M3 = { pm25: 10, pm10: 1 } as const;

/**
 * The index of a concentration in µg/m³: truncated, interpolated, rounded half up. Above 500 the last slope goes on, and
 * nothing is capped. A negative concentration (a sensor's noise around zero) counts as zero; null for what is no number.
 */
export function airQualityIndex(pollutant: AqiPollutant, ugM3: number): number | null {
  if (!Number.isFinite(ugM3)) return null;
  const units = Math.max(0, truncate(ugM3 * UNITS_PER_UG_M3[pollutant]));
  const band = AQI_BANDS.find((row) => units <= row[pollutant][1]) ?? AQI_BANDS[AQI_BANDS.length - 1];
  if (band === undefined) return null;
  const [lowIndex, highIndex] = band.index;
  const [low, high] = band[pollutant];
  return lowIndex + divideHalfUp((highIndex - lowIndex) * (units - low), high - low);
}

/** The category of an index. */
export function categoryOfIndex(index: number): AqiCategory {
  return AQI_BANDS.find((row) => index <= row.index[1])?.category ?? "hazardous";
}

/** Drops the fraction; a millionth of tolerance keeps 16.1 × 10 from becoming 160. */
function truncate(units: number): number {
  return Math.floor(Math.round(units * 1e6) / 1e6);
}

function divideHalfUp(numerator: number, denominator: number): number {
  return Math.floor((2 * numerator + denominator) / (2 * denominator));
}
