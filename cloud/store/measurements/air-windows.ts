import type { Pollutant } from "../../air/pollutants.ts";
import type { Point } from "./measurements.ts";

/** How long a window is: 1 min, 20 min and 1 h of UTC, and a day of the region's own time. */
export const RESOLUTIONS = ["m1", "m20", "h1", "d1"] as const;
export type Resolution = (typeof RESOLUTIONS)[number];

/** One pollutant of a station over one window. The same window written again takes the place of the old one. */
export interface AirWindow {
  readonly tenant: string;
  readonly station: string;
  readonly pollutant: Pollutant;
  readonly resolution: Resolution;
  /** UTC ms of its beginning. */
  readonly start: number;
  /** Mean of the good samples, corrected where a formula fits; null where none is good. µg/m³, CO mg/m³. */
  readonly value: number | null;
  /** The same of what the sensors said. Where no sample is good: of the doubtful ones. */
  readonly raw: number | null;
  /** Minutes with a good sample. */
  readonly minutes: number;
  /** Their share of the window's minutes. */
  readonly coverage: number;
  readonly confidence: number;
  readonly flags: readonly string[];
  /** The formula, or why there is none; several are joined by `+`. */
  readonly correction: string | null;
}

/** Which windows are wanted: those that begin in a range (its beginning is part of it, its end is not). */
export interface WindowsQuery {
  /** Of all stations where it is absent. */
  readonly stations?: readonly string[];
  /** All pollutants where it is absent. */
  readonly pollutant?: Pollutant;
  readonly resolution: Resolution;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Which points are wanted, and which of their fields. */
export interface PointsQuery {
  readonly stations: readonly string[];
  readonly fields: readonly string[];
  readonly fromMs: number;
  readonly toMs: number;
}

/** An hour of a station in which there are points. */
export interface StationHour {
  readonly tenant: string;
  readonly station: string;
  /** UTC ms of its beginning. */
  readonly start: number;
}

/** One step back through the stored points: at most a day (UTC) of them. */
export interface HoursStep {
  readonly hours: readonly StationHour[];
  /** From before which moment to go on; null where nothing is older. */
  readonly nextMs: number | null;
}

/** What the averages of the air are made from and kept in; a part of the measurements. */
export interface AirWindowStore {
  /** Points as they are stored, those with one of the fields at least; oldest first within a sensor. */
  points(query: PointsQuery): Promise<readonly Point[]>;
  /** The hours of the newest day with points before a moment: what a walk back through all of them is made of. */
  hoursWithPoints(beforeMs: number): Promise<HoursStep>;
  /** Writes windows; when it resolves they are on the store's disk. Rejects as `Measurements.write` does. */
  keepWindows(windows: readonly AirWindow[]): Promise<void>;
  /** By station, pollutant and time. */
  windows(query: WindowsQuery): Promise<readonly AirWindow[]>;
  /**
   * Deletes points (`raw`) or windows from before a moment, a small step of them so that nobody waits long. True where there
   * may be more.
   */
  forget(what: "raw" | Resolution, beforeMs: number): Promise<boolean>;
}
