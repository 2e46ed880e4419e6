import type { AqiCategory } from "../../http/schemas.ts";

/** How a category is painted: the EPA's own colour, and the ink that reads on it (contrast at least 4.5). */
export interface Paint {
  readonly colour: string;
  readonly ink: string;
}

/** Standard colours of the US EPA AQI (EPA-454/B-24-002); residents know them from everywhere else. */
export const categoryPaint = {
  good: { colour: "#00e400", ink: "#0b1a10" },
  moderate: { colour: "#ffff00", ink: "#1d1c00" },
  sensitive: { colour: "#ff7e00", ink: "#1f0f00" },
  unhealthy: { colour: "#ff0000", ink: "#000000" },
  "very-unhealthy": { colour: "#8f3f97", ink: "#ffffff" },
  hazardous: { colour: "#7e0023", ink: "#ffffff" },
} as const satisfies Record<AqiCategory, Paint>;

/** Where each category ends on the index, best first; the last has no end. */
export const categoryRange = {
  good: "0–50",
  moderate: "51–100",
  sensitive: "101–150",
  unhealthy: "151–200",
  "very-unhealthy": "201–300",
  hazardous: "301+",
} as const satisfies Record<AqiCategory, string>;

/** Upper edges of PM2.5 in µg/m³ (2024 table), for the bands behind the chart. */
export const pm25Bands: readonly { readonly category: AqiCategory; readonly upTo: number }[] = [
  { category: "good", upTo: 9.05 },
  { category: "moderate", upTo: 35.45 },
  { category: "sensitive", upTo: 55.45 },
  { category: "unhealthy", upTo: 125.45 },
  { category: "very-unhealthy", upTo: 225.45 },
  { category: "hazardous", upTo: Number.POSITIVE_INFINITY },
];
