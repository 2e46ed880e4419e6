import type { AirWindow, HoursStep, PointsQuery, Resolution, WindowsQuery } from "./air-windows.ts";
import type { Point, RawSample, SamplesQuery } from "./measurements.ts";

/** What crosses between the SQLite adapter and its worker threads. */

/** Tenant, station, sensor, UTC ms, fields as JSON. */
export type PointRow = readonly [tenant: string, station: string, sensor: string, at: number, fields: string];

/** What a worker is asked to do. */
export type Task =
  | { readonly kind: "open" }
  | { readonly kind: "write"; readonly rows: readonly PointRow[] }
  | { readonly kind: "samples"; readonly query: SamplesQuery }
  | { readonly kind: "points"; readonly query: PointsQuery }
  | { readonly kind: "hours"; readonly beforeMs: number }
  | { readonly kind: "keep-windows"; readonly windows: readonly AirWindow[] }
  | { readonly kind: "windows"; readonly query: WindowsQuery }
  | { readonly kind: "forget"; readonly what: "raw" | Resolution; readonly beforeMs: number };

/** What a task gives; what it does not ask for is empty. */
export interface Outcome {
  readonly samples: readonly RawSample[];
  readonly points: readonly Point[];
  readonly windows: readonly AirWindow[];
  readonly hours: HoursStep;
  readonly hasMore: boolean;
}

export const NOTHING: Outcome = {
  samples: [],
  points: [],
  windows: [],
  hours: { hours: [], nextMs: null },
  hasMore: false,
};

/** A numbered task; the answer carries the same number. */
export interface Call {
  readonly id: number;
  readonly task: Task;
}

export type Answer =
  | { readonly id: number; readonly outcome: Outcome }
  | { readonly id: number; readonly failure: string };
