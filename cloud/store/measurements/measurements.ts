import type { Closer } from "#kit/closer.ts";
import { AppError } from "#kit/errors.ts";
import type { AirWindowStore } from "./air-windows.ts";

/** One moment of one sensor at one station. Written twice it is still one point. */
export interface Point {
  readonly tenant: string;
  readonly station: string;
  /** Unique within its station. */
  readonly sensor: string;
  /** UTC milliseconds. */
  readonly at: number;
  /** Numbers by field name, the device and what else is known; everything that is not a tag. */
  readonly fields: Readonly<Record<string, number | string | boolean>>;
}

/** A point that the store refuses for good, with its own words. */
export interface RefusedPoint {
  readonly point: Point;
  readonly reason: string;
}

/** Which single values are wanted. Long spans are asked of the windows: reading costs by the value. */
export interface SamplesQuery {
  readonly tenant: string;
  readonly station: string;
  readonly field: string;
  /** The beginning of the range is part of it, its end is not. */
  readonly fromMs: number;
  readonly toMs: number;
  /** The oldest of the range are given, at most so many. */
  readonly most: number;
}

/** One value of one field as a sensor said it. */
export interface RawSample {
  readonly at: number;
  readonly value: number;
  readonly sensor: string;
}

/** The store cannot take points now; the same points are to be sent again. `retryAfterMs` is the store's own wish. */
export class StoreUnavailable extends AppError {
  readonly code = "store-unavailable";
  readonly retry = true;
  readonly retryAfterMs: number | undefined;
  constructor(message: string, options?: ErrorOptions & { readonly retryAfterMs?: number | undefined }) {
    super(message, options);
    this.retryAfterMs = options?.retryAfterMs;
  }
}

/** The store will not let us in (wrong token, unknown bucket): a person must act, nothing is dropped meanwhile. */
export class StoreMisconfigured extends AppError {
  readonly code = "store-misconfigured";
  readonly retry = true;
}

/** The time series of the air: points, and the windows that are made of them. */
export interface Measurements extends AirWindowStore, Closer {
  /**
   * Writes points; when it resolves they are on the store's disk, except those that it gives back as refused for good.
   * Rejects with `StoreUnavailable` or `StoreMisconfigured`; then any part may have been written, and the caller sends
   * all of them again.
   */
  write(points: readonly Point[]): Promise<readonly RefusedPoint[]>;
  /** Single values, oldest first, at one moment by sensor; a field of texts has none. */
  samples(query: SamplesQuery): Promise<readonly RawSample[]>;
  /** Whether the store answers now, in words for a person. */
  check(): Promise<{ readonly ok: boolean; readonly detail: string }>;
}
