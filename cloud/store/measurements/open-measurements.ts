import { type InfluxSettings, openInfluxMeasurements } from "./influx-measurements.ts";
import type { Measurements } from "./measurements.ts";
import { openSqliteMeasurements } from "./sqlite-measurements.ts";

/** Opens the measurements: InfluxDB 2 where it is configured, else a SQLite file. */
export async function openMeasurements(influx: InfluxSettings | null, sqliteFile: string): Promise<Measurements> {
  return influx === null ? openSqliteMeasurements(sqliteFile) : openInfluxMeasurements(influx);
}
