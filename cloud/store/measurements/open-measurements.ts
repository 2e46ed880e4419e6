import type { Measurements } from "./measurements.ts";
import { openSqliteMeasurements } from "./sqlite-measurements.ts";

/** Where an InfluxDB 2 is and how it lets us in. */
export interface InfluxSettings {
  readonly url: string;
  readonly token: string;
  readonly org: string;
  readonly bucket: string;
}

/** Opens the measurements: InfluxDB where it is configured, else a SQLite file. */
export async function openMeasurements(influx: InfluxSettings | null, sqliteFile: string): Promise<Measurements> {
  if (influx !== null) throw new TypeError("TODO influx");
  return openSqliteMeasurements(sqliteFile);
}
