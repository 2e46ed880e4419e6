import { escape as escaped, flux, fluxDateTime, fluxExpression } from "@influxdata/influxdb-client";
import { z } from "zod";
import { JsonText } from "#kit/json-text.ts";
import { Pollutant, RAW_FIELDS } from "../../air/pollutants.ts";
import type { AirWindow, HoursStep, PointsQuery, WindowsQuery } from "./air-windows.ts";
import type { InfluxSource } from "./influx-samples.ts";
import type { Point } from "./measurements.ts";

/** The averages in InfluxDB: a measurement of their own, so that a dashboard never mixes them with what was measured. */
export const WINDOW_MEASUREMENT = "air_window";

/**
 * A window in line protocol. `value`, `raw` and `coverage` are for people's dashboards; `window` holds all of it in one field:
 * a query pays by the row, and a field is a row. Where no sample is good any more the old `value` stays there, with coverage 0.
 */
export function windowLine(window: AirWindow): string {
  const { tenant, station, pollutant, resolution, start } = window;
  const { value, raw, minutes, coverage, confidence, flags, correction } = window;
  const tags = { pollutant, resolution, station, tenant };
  const named = Object.entries(tags).map(([name, tag]) => `${name}=${escaped.tag(tag)}`);
  const packed = JSON.stringify([value, raw, minutes, coverage, confidence, flags.join(","), correction]);
  const fields = [
    ...(value === null ? [] : [`value=${value}`]),
    ...(raw === null ? [] : [`raw=${raw}`]),
    `coverage=${coverage}`,
    `window=${escaped.quoted(packed)}`,
  ];
  return `${WINDOW_MEASUREMENT},${named.join(",")} ${fields.join(",")} ${start}`;
}

const Packed = JsonText.pipe(
  z.tuple([
    z.number().nullable(),
    z.number().nullable(),
    z.number(),
    z.number(),
    z.number(),
    z.string(),
    z.string().nullable(),
  ]),
);
const WindowRow = z.object({
  tenant: z.string(),
  station: z.string(),
  pollutant: Pollutant,
  _time: z.string(),
  _value: Packed,
});

/** Windows that begin in a range, by station, pollutant and time. */
export async function readInfluxWindows(source: InfluxSource, query: WindowsQuery): Promise<readonly AirWindow[]> {
  const { stations, pollutant, resolution, fromMs, toMs } = query;
  if (toMs <= fromMs || stations?.length === 0) return [];
  const wanted = flux`from(bucket: ${source.bucket})
    |> range(start: ${momentOf(fromMs)}, stop: ${momentOf(toMs)})
    |> filter(fn: (r) => r._measurement == ${WINDOW_MEASUREMENT} and r._field == "window"
      and r.resolution == ${resolution} ${among("station", stations)}
      ${among("pollutant", pollutant === undefined ? undefined : [pollutant])})
    |> keep(columns: ["_time", "_value", "tenant", "station", "pollutant"])`;
  const rows = await source.api.collectRows<unknown>(wanted);
  const windows = rows.map((row): AirWindow => {
    const { tenant, station, pollutant, _time, _value } = WindowRow.parse(row);
    const [value, raw, minutes, coverage, confidence, flags, correction] = _value;
    const judged = { confidence, flags: flags === "" ? [] : flags.split(","), correction };
    return {
      tenant,
      station,
      pollutant,
      resolution,
      start: Date.parse(_time),
      value,
      raw,
      minutes,
      coverage,
      ...judged,
    };
  });
  return windows.sort(
    (a, b) => compare(a.station, b.station) || compare(a.pollutant, b.pollutant) || a.start - b.start,
  );
}

const PointRow = z.object({
  tenant: z.string(),
  station: z.string(),
  sensor: z.string(),
  _time: z.string(),
  _field: z.string(),
  _value: z.union([z.number(), z.string(), z.boolean()]),
});

/** Points of some stations with the fields that are asked for. */
export async function readInfluxPoints(source: InfluxSource, query: PointsQuery): Promise<readonly Point[]> {
  const { stations, fields, fromMs, toMs } = query;
  if (toMs <= fromMs || stations.length === 0) return [];
  const wanted = flux`from(bucket: ${source.bucket})
    |> range(start: ${momentOf(fromMs)}, stop: ${momentOf(toMs)})
    |> filter(fn: (r) => r._measurement == ${source.measurement} ${among("station", stations)} ${among("_field", fields)})
    |> keep(columns: ["_time", "_value", "_field", "tenant", "station", "sensor"])`;
  const rows = await source.api.collectRows<unknown>(wanted);
  const points = new Map<string, { -readonly [K in keyof Point]: Point[K] } & { fields: Record<string, Value> }>();
  for (const row of rows) {
    const { tenant, station, sensor, _time, _field, _value } = PointRow.parse(row);
    const key = `${tenant}\n${station}\n${sensor}\n${_time}`;
    const known = points.get(key);
    if (known !== undefined) known.fields[_field] = _value;
    else points.set(key, { tenant, station, sensor, at: Date.parse(_time), fields: { [_field]: _value } });
  }
  return [...points.values()].sort((a, b) => a.at - b.at);
}

const TimeRow = z.object({ _time: z.string() });
const HourRow = z
  .object({ tenant: z.string(), station: z.string(), _time: z.string() })
  .transform(({ tenant, station, _time }) => ({ tenant, station, start: Date.parse(_time) }));
const MEASURED = Pollutant.options.flatMap((pollutant) => RAW_FIELDS[pollutant]);
const DAY_MS = 86_400_000;

/** The newest day with points before a moment; counted by InfluxDB's storage itself, so that only hours come over. */
export async function readInfluxHours(source: InfluxSource, beforeMs: number): Promise<HoursStep> {
  if (beforeMs <= 0) return { hours: [], nextMs: null };
  const measured = (fromMs: number) => flux`from(bucket: ${source.bucket})
    |> range(start: ${momentOf(fromMs)}, stop: ${momentOf(beforeMs)})
    |> filter(fn: (r) => r._measurement == ${source.measurement} ${among("_field", MEASURED)})`;
  const newest = await source.api.collectRows<unknown>(flux`${measured(0)} |> last() |> keep(columns: ["_time"])`);
  if (newest.length === 0) return { hours: [], nextMs: null };
  const latest = newest.reduce((most: number, row) => Math.max(most, Date.parse(TimeRow.parse(row)._time)), 0);
  const day = Math.floor(latest / DAY_MS) * DAY_MS;
  const rows = await source.api.collectRows<unknown>(flux`${measured(day)}
    |> aggregateWindow(every: 1h, fn: count, timeSrc: "_start", createEmpty: false)
    |> keep(columns: ["_time", "tenant", "station"]) |> unique(column: "_time")`);
  return { hours: rows.map((row) => HourRow.parse(row)), nextMs: day };
}

type Value = Point["fields"][string];

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
const momentOf = (ms: number) => fluxDateTime(new Date(ms).toISOString());

/** A list of alternatives, which InfluxDB's storage finds by its index; the template escapes every text. */
function among(column: "station" | "pollutant" | "_field", values: readonly string[] | undefined) {
  if (values === undefined) return fluxExpression("");
  const alternatives = values.map((value) => flux`r.${fluxExpression(column)} == ${value}`.toString());
  return fluxExpression(`and (${alternatives.join(" or ")})`);
}
