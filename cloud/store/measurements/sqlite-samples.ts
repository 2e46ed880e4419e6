import type { DatabaseSync } from "node:sqlite";
import { z } from "zod";
import type { RawSample, SamplesQuery } from "./measurements.ts";
import { oldestOf } from "./raw-samples.ts";

const Sensor = z.object({ id: z.number(), sensor: z.string() });
const TimedValue = z.object({ at: z.number(), value: z.number() });

/** Single values of one field of a station: each sensor's are read in the order of its index and no further than asked. */
export function readSamples(db: DatabaseSync, query: SamplesQuery): readonly RawSample[] {
  const { tenant, station, field, fromMs, toMs, most } = query;
  const values = db.prepare(
    `SELECT p.at AS at, f.value AS value FROM point p CROSS JOIN json_each(p.fields) f
     WHERE p.series = ? AND p.at >= ? AND p.at < ? AND f.key = ? AND f.type IN ('integer', 'real')
     ORDER BY p.at LIMIT ?`,
  );
  const sensors = db.prepare("SELECT id, sensor FROM series WHERE tenant = ? AND station = ?").all(tenant, station);
  const samples = sensors.flatMap((row) => {
    const { id, sensor } = Sensor.parse(row);
    return values.all(id, fromMs, toMs, field, most).map((one) => ({ ...TimedValue.parse(one), sensor }));
  });
  return oldestOf(samples, most);
}
