import type { FieldName } from "#contract/messages.ts";
import type { Closer } from "#kit/closer.ts";
import { AppError } from "#kit/errors.ts";

/** What one sensor measured, in the units of the contract. */
export type SensorValues = Readonly<Partial<Record<FieldName, number>>>;

/** How a sensor is doing, for the driver, the engineer and the self-test. */
export interface SensorHealth {
  /** Whether the way to the sensor (line, socket, folder) is open. */
  readonly isReachable: boolean;
  /** Frames or files that were no measurement, since the start. */
  readonly badFrames: number;
  /** Why it is not reachable, or null. */
  readonly trouble: string | null;
}

/** A source of measurements, read once a round. */
export interface Sensor extends Closer {
  /** Unique within the device. */
  readonly name: string;
  /** The instrument, as it stands in readings: `sds011`, `bme280`. */
  readonly model: string;
  /**
   * What was measured since the last call (a mean where there is more than one measurement), or undefined when the
   * sensor said nothing; rejects with `sensor-unreadable` when what it says is no measurement.
   */
  sample(): Promise<SensorValues | undefined>;
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
