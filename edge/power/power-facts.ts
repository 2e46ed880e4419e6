/** What the machine says of its power and its heat; null: it does not say (there is none of it, or it cannot be read). */
export interface PowerFacts {
  /** Of the hottest part that tells one (the SoC), °C. */
  readonly temperatureC: number | null;
  /** The supply is too weak at this moment (a Raspberry Pi: below 4.63 V). */
  readonly isUndervolted: boolean | null;
  /** The processor is slowed at this moment, for heat or undervoltage. */
  readonly isThrottled: boolean | null;
  /** What has happened at some time since the machine was started: `undervoltage`, `frequency-capped`, `throttled`, `soft-limit`. */
  readonly sinceBoot: readonly string[] | null;
  /** Charge of the battery, 0 to 100. */
  readonly chargePercent: number | null;
  /** What the battery does. */
  readonly battery: "charging" | "discharging" | "full" | "not-charging" | "unknown" | null;
  /** Of the battery, V. */
  readonly batteryV: number | null;
  /** Whether mains, USB or panel give power now. */
  readonly isSupplied: boolean | null;
}

/** A machine that says nothing. */
export const UNKNOWN_POWER: PowerFacts = {
  temperatureC: null,
  isUndervolted: null,
  isThrottled: null,
  sinceBoot: null,
  chargePercent: null,
  battery: null,
  batteryV: null,
  isSupplied: null,
};
