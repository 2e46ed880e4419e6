/** What an instrument can measure, and where; what is not known is left out, and no limit is made up for it. */
export interface InstrumentLimits {
  /** The highest mass (µg/m³) that it can say and mean. */
  readonly mostUgM3?: number;
  readonly leastC?: number;
  readonly mostC?: number;
  /** Above it (% relative humidity) its maker promises nothing. */
  readonly mostHumidity?: number;
}

/** Particle modules are specified to −10 °C (research/air.md 3.1, Cold). */
const PLANTOWER: InstrumentLimits = { mostUgM3: 1000, leastC: -10, mostC: 60 };

/** By the model that a reading names; the same sources as the device's own table (edge/sensors/supported.ts). */
const LIMITS: ReadonlyMap<string, InstrumentLimits> = new Map([
  ["sds011", { mostUgM3: 999.8, leastC: -10, mostC: 50, mostHumidity: 70 }],
  ["pms3003", PLANTOWER],
  ["pms5003", PLANTOWER],
  ["pms7003", PLANTOWER],
  ["pms5003s", PLANTOWER],
  ["pms5003t", PLANTOWER],
  ["pms5003st", PLANTOWER],
  ["sps30", { mostUgM3: 1000, leastC: -10, mostC: 60 }],
]);

/** No module at hand says more than 1,000 µg/m³ and means it (AirSensor `pat_qc`: PM 0–1000). */
const UNKNOWN: InstrumentLimits = { mostUgM3: 1000 };

/** The limits of a model; only the general ones for one that we do not know. */
export const limitsOf = (model: string): InstrumentLimits => LIMITS.get(model.toLowerCase()) ?? UNKNOWN;

/** Lowest and highest value that can be, by field (AirSensor `pat_qc`; −40..185 °F there, widened for a Siberian winter). */
export const POSSIBLE: Readonly<Record<string, readonly [least: number, most: number]>> = {
  temperature: [-60, 85],
  humidity: [0, 105],
  pressure: [300, 1100],
  wind_speed: [0, 75],
  wind_direction: [0, 360],
};

/** Names of masses, which have no lower limit than 0. */
export const isMassField = (name: string): boolean => /^pm\d+(_atm|_cf1)?$/.test(name);
