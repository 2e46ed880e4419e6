import { flux, fluxDateTime, fluxDuration, fluxInteger, type QueryApi } from "@influxdata/influxdb-client";
import { z } from "zod";
import type { SeriesQuery } from "./measurements.ts";
import { windowMs } from "./windows.ts";

const Row = z.object({ _time: z.string(), _value: z.number() });
type TimedValues = readonly (readonly [at: number, value: number])[];

/** Reads one field of a station by Flux: every point while there are few, else the means of equal windows. */
export async function readInfluxSeries(
  api: QueryApi,
  bucket: string,
  measurement: string,
  query: SeriesQuery,
): Promise<TimedValues> {
  const { tenant, station, field, fromMs, toMs, maxPoints } = query;
  // InfluxDB calls an empty range an error.
  if (toMs <= fromMs) return [];
  // The template escapes every text; a field may hold texts too, and those have no mean.
  const values = flux`import "types"
    from(bucket: ${bucket})
    |> range(start: ${fluxDateTime(iso(fromMs))}, stop: ${fluxDateTime(iso(toMs))})
    |> filter(fn: (r) => r._measurement == ${measurement} and r._field == ${field}
      and r.tenant == ${tenant} and r.station == ${station})
    |> filter(fn: (r) => types.isType(v: r._value, type: "float"))
    |> group()`;
  const few = await collect(
    api,
    flux`${values} |> sort(columns: ["_time", "sensor"]) |> limit(n: ${fluxInteger(maxPoints + 1)})`,
  );
  if (few.length <= maxPoints) return few;
  const widthMs = windowMs(fromMs, toMs, maxPoints);
  const every = fluxDuration(`${widthMs}ms`);
  const offset = fluxDuration(`${fromMs % widthMs}ms`);
  return collect(
    api,
    flux`${values} |> aggregateWindow(every: ${every}, offset: ${offset}, fn: mean, timeSrc: "_start", createEmpty: false)`,
  );
}

async function collect(api: QueryApi, query: ReturnType<typeof flux>): Promise<TimedValues> {
  const rows = await api.collectRows<unknown>(query);
  return rows.map((row) => {
    const { _time, _value } = Row.parse(row);
    return [Date.parse(_time), _value];
  });
}

const iso = (ms: number): string => new Date(ms).toISOString();
