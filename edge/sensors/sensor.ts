import type { MeasuredName, SampleStatus } from "#contract/messages.ts";
import type { Closer } from "#kit/closer.ts";
import { AppError } from "#kit/errors.ts";

/** What one sensor measured, in the units of the contract. */
export type SensorValues = Readonly<Partial<Record<MeasuredName, number>>>;

/** One answer of a sensor. */
export interface Measurement {
  readonly values: SensorValues;
  /** What the instrument itself casts doubt with; empty: nothing. */
  readonly status: readonly SampleStatus[];
  /** The values are medians over so many milliseconds, or undefined where they are of this moment. */
  readonly windowMs: number | undefined;
}

/** How a sensor is doing, for the driver, the engineer and the self-test. */
export interface SensorHealth {
  /** Whether the kernel reads it, and not we on a line. */
  readonly isKernels: boolean;
  /** Whether the way to the sensor (line, socket, folder) is open. */
  readonly isReachable: boolean;
  /** Whether something sound has come from it since the way was opened. */
  readonly hasSpoken: boolean;
  /** Frames or files that were no measurement, since the start. */
  readonly badFrames: number;
  /** Why it is not reachable, or null. */
  readonly trouble: string | null;
  /** What it says of itself (number, firmware), and how long its laser has burnt; null where it says nothing. */
  readonly about: string | null;
}

/** A source of measurements, read once a round. */
export interface Sensor extends Closer {
  /** Unique within the device. */
  readonly name: string;
  /** The instrument, as it stands in readings: `sds011`, `bme280`. */
  readonly model: string;
  /**
   * What was measured since the last call (a median where there is more than one measurement), or undefined when the
   * sensor said nothing; rejects with `sensor-unreadable` when what it says is no measurement.
   */
  sample(): Promise<Measurement | undefined>;
  health(): SensorHealth;
}

/** The sensor did not answer in time. */
export class SensorHung extends AppError {
  readonly code = "sensor-hung";
  readonly retry = true;
}

/** The sensor is there, but what it says is no measurement; the next round may be better. */
export class SensorUnreadable extends AppError {
  readonly code = "sensor-unreadable";
  readonly retry = true;
}
