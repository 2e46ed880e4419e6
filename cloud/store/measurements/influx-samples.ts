import { flux, fluxDateTime, type QueryApi } from "@influxdata/influxdb-client";
import { z } from "zod";
import type { RawSample, SamplesQuery } from "./measurements.ts";
import { oldestOf } from "./raw-samples.ts";

/** Where the points are. */
export interface InfluxSource {
  readonly api: QueryApi;
  readonly bucket: string;
  readonly measurement: string;
}

const Row = z.object({ _time: z.string(), _value: z.unknown(), sensor: z.string() });

/** Single values of one field of a station, each sensor's oldest; sensors are joined here. */
export async function readInfluxSamples(source: InfluxSource, query: SamplesQuery): Promise<readonly RawSample[]> {
  const { tenant, station, field, fromMs, toMs, most } = query;
  // InfluxDB calls an empty range an error.
  if (toMs <= fromMs) return [];
  // The template escapes every text. Within a sensor the storage engine gives points by time.
  const wanted = flux`from(bucket: ${source.bucket})
    |> range(start: ${momentOf(fromMs)}, stop: ${momentOf(toMs)})
    |> filter(fn: (r) => r._measurement == ${source.measurement} and r._field == ${field}
      and r.tenant == ${tenant} and r.station == ${station})
    |> limit(n: ${most})
    |> keep(columns: ["_time", "_value", "sensor"])`;
  const rows = await source.api.collectRows<unknown>(wanted);
  const samples = rows.flatMap((row): readonly RawSample[] => {
    const { _time, _value, sensor } = Row.parse(row);
    return typeof _value === "number" ? [{ at: Date.parse(_time), value: _value, sensor }] : [];
  });
  return oldestOf(samples, most);
}

const momentOf = (ms: number) => fluxDateTime(new Date(ms).toISOString());
