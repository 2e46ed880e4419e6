import type { SeriesQuery, TimeSeries } from "./measurements.ts";

/** What crosses between the SQLite adapter and its worker threads. */

/** Tenant, station, sensor, UTC ms, fields as JSON. */
export type PointRow = readonly [tenant: string, station: string, sensor: string, at: number, fields: string];

/** What a worker is asked to do. */
export type Task =
  | { readonly kind: "open" }
  | { readonly kind: "write"; readonly rows: readonly PointRow[] }
  | { readonly kind: "series"; readonly query: SeriesQuery };

/** A numbered task; the answer carries the same number. */
export interface Call {
  readonly id: number;
  readonly task: Task;
}

/** The answer to a task that only does has no points. */
export type Answer =
  | { readonly id: number; readonly series: TimeSeries }
  | { readonly id: number; readonly failure: string };
