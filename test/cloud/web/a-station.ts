import type { StationFeature } from "../../../cloud/http/schemas.ts";

/** The moment at which these tests play. */
export const NOW_MS = 1_800_000_000_000;

/** A live station with fresh fine dust; give what differs. */
export function aStation(change: Partial<StationFeature["properties"]> = {}): StationFeature {
  const properties: StationFeature["properties"] = {
    id: "st-1",
    name: { ru: "Пост", en: "Post" },
    municipality: "town",
    municipalityName: { ru: "Город", en: "Town" },
    demo: false,
    replay: null,
    lastAt: NOW_MS - 1_000,
    isStale: false,
    values: { pm25: { value: 35.5, at: NOW_MS - 1_000, sensor: "sds011", unit: "µg/m³" } },
    air: {
      pm25: {
        now: { value: 35.5, raw: 35.5, at: NOW_MS - 1_000, coverage: null, confidence: 1, flags: [], correction: null },
        m20: null,
        h1: null,
        nowcast: null,
        h8: null,
        h24: null,
      },
    },
    status: "live",
    marks: [],
    wind: null,
    sensors: [{ sensor: "sds011", model: "sds011" }],
    ...change,
  };
  return { type: "Feature", id: properties.id, geometry: { type: "Point", coordinates: [61.4, 55.2] }, properties };
}
