import type { SeriesQuery } from "./measurements.ts";

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

/** [UTC ms, value], oldest first; empty for tasks that only do. */
export type TimedValues = readonly (readonly [at: number, value: number])[];

export type Answer =
  | { readonly id: number; readonly points: TimedValues }
  | { readonly id: number; readonly failure: string };
