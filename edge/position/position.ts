import type { Closer } from "#kit/closer.ts";

/** Where the device is, as a satellite receiver says. */
export interface Fix {
  /** WGS 84, degrees. */
  readonly lat: number;
  readonly lon: number;
  /** Metres above the sea, or null where the fix is two-dimensional. */
  readonly altM: number | null;
  /** Horizontal error in metres (95 %), or null where the receiver does not know it. */
  readonly errorM: number | null;
}

/** How the receiver is doing. */
export interface PositionHealth {
  readonly isReachable: boolean;
  readonly hasFix: boolean;
  /** Lines that were no message, since the start. */
  readonly badLines: number;
  /** Why it is not reachable or knows nothing, or null. */
  readonly trouble: string | null;
}

/** A source of position and time. What it said too long ago it does not say again. */
export interface Position extends Closer {
  fix(): Fix | undefined;
  /** UTC milliseconds now by the satellites, right to about a second, or undefined while they are not heard. */
  nowMs(): number | undefined;
  health(): PositionHealth;
}
