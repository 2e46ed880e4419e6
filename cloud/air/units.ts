import type { FieldName } from "#contract/messages.ts";

const UNIT_OF_FIELD = {
  pm25: "µg/m³",
  pm10: "µg/m³",
  pm1_atm: "µg/m³",
  pm25_atm: "µg/m³",
  pm10_atm: "µg/m³",
  pm1_cf1: "µg/m³",
  pm25_cf1: "µg/m³",
  pm10_cf1: "µg/m³",
  temperature: "°C",
  humidity: "%",
  pressure: "hPa",
  o3: "µg/m³",
  no2: "µg/m³",
  so2: "µg/m³",
  co: "mg/m³",
  h2s: "µg/m³",
  nh3: "µg/m³",
  formaldehyde: "µg/m³",
  wind_speed: "m/s",
  wind_direction: "°",
} as const satisfies Record<FieldName, string>;

// PM1 is what its average is called; as a field it says under which conditions.
const units: ReadonlyMap<string, string> = new Map([...Object.entries(UNIT_OF_FIELD), ["pm1", "µg/m³"]]);

/** The unit of a sample's field; empty for a field that we do not know. */
export const unitOf = (field: string): string => units.get(field) ?? "";
