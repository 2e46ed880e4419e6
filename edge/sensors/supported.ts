import type { MeasuredName } from "#contract/messages.ts";

/** What is known of one model; what is not known is left out, and no limit is made up for it. */
export interface Support {
  readonly model: string;
  readonly name: string;
  /** How it is reached: a setting, or the kernel. */
  readonly by: string;
  readonly fields: readonly MeasuredName[];
  readonly range?: string;
  /** A mass above it (µg/m³) is marked `over-range`. */
  readonly mostUgM3?: number;
  readonly accuracy?: string;
  /** After it was switched on, what it says is marked `warming-up` for so long. */
  readonly warmUpMs?: number;
  /** Outside of it (the device's temperature in °C) its values are kept and marked `out-of-spec-temperature`. */
  readonly leastC?: number;
  readonly mostC?: number;
  /** Hours that the laser lives. */
  readonly lifeHours?: number;
  readonly life?: string;
  readonly source: string;
}

const PLANTOWER_MASSES = ["pm1_cf1", "pm25_cf1", "pm10_cf1", "pm1_atm", "pm25_atm", "pm10_atm"] as const;
const SMALL_COUNTS = ["n_over_0_3", "n_over_0_5", "n_over_1", "n_over_2_5"] as const;
const LARGE_COUNTS = ["n_over_5", "n_over_10"] as const;
const SPS30_MASSES = ["pm1", "pm25", "pm4", "pm10"] as const;
const SPS30_COUNTS = ["n_to_0_5", "n_to_1", "n_to_2_5", "n_to_4", "n_to_10", "particle_size"] as const;
const CLIMATE = ["temperature", "humidity"] as const;

/** Plantower, "PMS5003/7003" row; the limit of −10 °C is that of most particle modules. */
const PLANTOWER = {
  range: "effective 0–500 µg/m³, at least to 1000",
  mostUgM3: 1000,
  accuracy: "±10 % at 100–500 µg/m³",
  warmUpMs: 30_000,
  leastC: -10,
  life: "at least 3 years",
  source: "research/air.md 3.1, PMS5003/7003 and Cold",
} as const;
const NOT_AT_HAND = "datasheet not at hand";

/** Every model that the device knows, in the order of its README. */
export const SUPPORTED: readonly Support[] = [
  {
    model: "sds011",
    name: "Nova SDS011",
    by: "`SDS011`",
    fields: ["pm25", "pm10"],
    range: "0–999.9 µg/m³, humidity up to 70 %",
    mostUgM3: 999.8,
    // Protocol V1.3: "the data is stable when the sensor works after 30 seconds".
    warmUpMs: 30_000,
    // Two sheets differ (−10 and −20 °C): the milder claim is believed.
    leastC: -10,
    mostC: 50,
    lifeHours: 8_000,
    source: "research/air.md 3.1; Nova, Control Protocol V1.3, 4) sleep and work",
  },
  {
    model: "pms3003",
    name: "Plantower PMS3003",
    by: "`PMS`, `PMS_B`",
    fields: PLANTOWER_MASSES,
    warmUpMs: 30_000,
    leastC: -10,
    source: `research/air.md 3.1, frame and Cold; else ${NOT_AT_HAND}`,
  },
  {
    ...PLANTOWER,
    model: "pms5003",
    name: "Plantower PMS5003",
    by: "`PMS`, `PMS_B`",
    fields: [...PLANTOWER_MASSES, ...SMALL_COUNTS, ...LARGE_COUNTS],
  },
  {
    ...PLANTOWER,
    model: "pms7003",
    name: "Plantower PMS7003",
    by: "`PMS`, `PMS_B`; the kernel",
    fields: [...PLANTOWER_MASSES, ...SMALL_COUNTS, ...LARGE_COUNTS],
  },
  {
    ...PLANTOWER,
    model: "pms5003s",
    name: "Plantower PMS5003S",
    by: "`PMS`, `PMS_B`",
    fields: [...PLANTOWER_MASSES, ...SMALL_COUNTS, ...LARGE_COUNTS, "formaldehyde"],
  },
  {
    ...PLANTOWER,
    model: "pms5003t",
    name: "Plantower PMS5003T",
    by: "`PMS`, `PMS_B`",
    fields: [...PLANTOWER_MASSES, ...SMALL_COUNTS, ...CLIMATE],
  },
  {
    ...PLANTOWER,
    model: "pms5003st",
    name: "Plantower PMS5003ST",
    by: "`PMS`, `PMS_B`",
    fields: [...PLANTOWER_MASSES, ...SMALL_COUNTS, ...LARGE_COUNTS, "formaldehyde", ...CLIMATE],
  },
  {
    model: "sps30",
    name: "Sensirion SPS30",
    by: "`SPS30`; the kernel (masses only)",
    fields: [...SPS30_MASSES, ...SPS30_COUNTS],
    range: "to 1000 µg/m³",
    mostUgM3: 1000,
    accuracy: "±10 µg/m³ to 100, ±10 % to 1000; drift ±1.25 a year",
    warmUpMs: 30_000,
    leastC: -10,
    life: "more than 10 years",
    source: "research/air.md 3.1, SPS30 and Cold",
  },
  {
    model: "scd4x",
    name: "Sensirion SCD40, SCD41",
    by: "the kernel",
    fields: ["co2", ...CLIMATE],
    accuracy: "±(40 ppm + 5 %)",
    source: "research/air.md 3.1, SCD41: its self-calibration needs fresh air, switch it off near a landfill",
  },
  { model: "scd30", name: "Sensirion SCD30", by: "the kernel", fields: ["co2", ...CLIMATE], source: NOT_AT_HAND },
  {
    model: "sgp40",
    name: "Sensirion SGP40",
    by: "the kernel (it has no driver for SGP41)",
    fields: ["gas_ticks", "voc_index"],
    source: "Linux drivers/iio/chemical/sgp40.c; research/air.md 3.1, SGP41: an index, not a concentration",
  },
  {
    model: "bme280",
    name: "Bosch BME280",
    by: "the kernel",
    fields: [...CLIMATE, "pressure"],
    source: NOT_AT_HAND,
  },
  {
    model: "bme680",
    name: "Bosch BME680",
    by: "the kernel",
    fields: [...CLIMATE, "pressure", "gas_resistance"],
    source: NOT_AT_HAND,
  },
];

const byModel: ReadonlyMap<string, Support> = new Map(SUPPORTED.map((support) => [support.model, support]));
/** The kernel names some devices by the very chip. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ["scd40", "scd4x"],
  ["scd41", "scd4x"],
]);

/** What is known of a model, or undefined. */
export const supportOf = (model: string): Support | undefined => byModel.get(ALIASES.get(model) ?? model);
