import { z } from "zod";
import { standardOf } from "../../../cloud/air/standards/all-standards.ts";
import { type Asked, indexOf, judge } from "../../../cloud/air/standards/index-of.ts";
import { nowcastOzone, nowcastPm, ozoneSurrogate } from "../../../cloud/air/standards/nowcast.ts";
import { overallOf } from "../../../cloud/air/standards/overall.ts";
import { izaPart, monthGrade, pdkOf, pollutionLevel, russianRules } from "../../../cloud/air/standards/russia.ts";
import { Averaging, type Standard, Unit } from "../../../cloud/air/standards/standard.ts";
import { type Check, numberAt, numbersAt, textAt, type Vector } from "./vector-file.ts";

/** Averaging times that a substance has where the vector does not say one. */
const USUAL: Readonly<Record<string, Averaging>> = {
  pm25: "24h",
  pm10: "24h",
  o3: "8h",
  co: "8h",
  so2: "1h",
  no2: "1h",
};
const UNIT_OF_NAME = { ugm3: "ug/m3", ugm3_hourly: "ug/m3", mgm3: "mg/m3", ppm: "ppm", ppb: "ppb" } as const;

function standardNamed(id: string): Standard {
  const found = standardOf(id);
  if (found === undefined) throw new Error(`there is no standard ${id}`);
  return found;
}

/** What a vector asks: `o3_8h`, `pm25` and so on, its value in the unit that its name says, else in the table's. */
function askedOf(standard: Standard, input: Vector["input"], usual = USUAL): Asked {
  const [pollutant = "", time] = textAt(input, "pollutant").split("_");
  const said = Averaging.safeParse(time ?? input.averaging).data;
  const averaging = said ?? usual[pollutant] ?? "1h";
  const table = standard.tables.find((one) => one.pollutant === pollutant && one.averaging === averaging);
  const named = Object.entries(UNIT_OF_NAME).find(([name]) => name in input);
  const unit = named?.[1] ?? Unit.safeParse(input.unit).data ?? table?.unit ?? "ug/m3";
  const value = numberAt(input, named?.[0] ?? "value");
  return { pollutant, averaging, unit, value: value ?? Number.NaN };
}

const indexBy =
  (id: string): Check =>
  ({ input }) => {
    const standard = standardNamed(id);
    const judged = judge(standard, askedOf(standard, input));
    return "none" in judged ? null : judged.index;
  };

/** "one hour 400, other 23 hours 50", "24 hours at 400", or the hours themselves. */
function hoursOf(input: Vector["input"]): readonly number[] {
  const told = textAt(input, "so2_ppb_hourly");
  const spike = /one hour ([\d.]+), other (\d+) hours ([\d.]+)/.exec(told);
  if (spike !== null) return [Number(spike[1]), ...Array.from({ length: Number(spike[2]) }, () => Number(spike[3]))];
  const steady = /(\d+) hours at ([\d.]+)/.exec(told);
  if (steady !== null) return Array.from({ length: Number(steady[1]) }, () => Number(steady[2]));
  return numbersAt(input, "so2_ppb_hourly").filter((hour) => hour !== null);
}

const so2Rule: Check = ({ input }) => {
  const hours = hoursOf(input);
  const mean = hours.reduce((a, b) => a + b, 0) / hours.length;
  const most = Math.max(...hours);
  const { worst } = overallOf(standardNamed("us-epa-2024"), [
    { pollutant: "so2", averaging: "1h", value: numberAt(input, "so2_1h_ppb") ?? most, unit: "ppb" },
    { pollutant: "so2", averaging: "24h", value: numberAt(input, "so2_24h_ppb") ?? mean, unit: "ppb" },
  ]);
  return worst?.index ?? null;
};

const particleNowcast: Check = ({ id, input }) => {
  const pollutant = textAt(input, "pollutant") === "pm10" || id.includes("pm10") ? "pm10" : "pm25";
  const nowcast = numberAt(input, "nowcast");
  if (nowcast !== null) return indexOf(standardNamed("us-epa-2024"), pollutant, "nowcast", nowcast)?.index ?? null;
  const newestFirst =
    "newest_first" in input ? numbersAt(input, "newest_first") : numbersAt(input, "oldest_to_newest").toReversed();
  return nowcastPm(pollutant, newestFirst).value;
};

const ozoneNowcast: Check = ({ input, expect }) => {
  const latest = numberAt(input, "latest_valid_hour_ppb");
  const hours = numbersAt(input, "newest_first_ppb");
  const made = "latest_valid_hour_ppb" in input ? ozoneSurrogate([latest]) : nowcastOzone(hours);
  if (expect === null || typeof expect === "number") return made.untruncated;
  return { w: made.weight, numerator: made.numerator, result: made.untruncated };
};

/** The level of the band: 1 is good. */
const eaqiLevel =
  (id: string): Check =>
  ({ input }) => {
    const standard = standardNamed(id);
    const hourly: Record<string, Averaging> = { ...USUAL, pm25: "1h", pm10: "1h", o3: "1h", co: "1h" };
    const judged = judge(standard, askedOf(standard, input, hourly));
    return "none" in judged ? null : judged.index;
  };

const PARTICLES_BY_DAY: Record<string, Averaging> = { pm25: "24h", pm10: "24h" };
const linearEaqi: Check = ({ input }) => {
  const standard = standardNamed("eaqi-2017-linear");
  const judged = judge(standard, askedOf(standard, input, PARTICLES_BY_DAY));
  return "none" in judged ? null : judged.index;
};

const iza: Check = ({ input }) =>
  izaPart(numberAt(input, "q_mean") ?? Number.NaN, numberAt(input, "pdk_ss") ?? Number.NaN, exponentOf(input));

function exponentOf(input: Vector["input"]): number {
  const written = numberAt(input, "K");
  return written ?? russianRules.iza.exponents[String(numberAt(input, "class"))] ?? Number.NaN;
}

const multiple: Check = ({ input }) => {
  const standard = standardNamed("ru-pdk-2021");
  const judged = judge(standard, askedOf(standard, input, { ...USUAL, pm25: "20min", pm10: "20min" }));
  return "none" in judged ? null : judged.multiple;
};

const pollution: Check = ({ input }) =>
  pollutionLevel(numberAt(input, "multiple_of_pdk_mr") ?? Number.NaN, numberAt(input, "duration_h") ?? 0);

const GRADE_NUMBER = ["I", "II", "III", "IV"];
const grade: Check = ({ input }) => {
  const found = monthGrade(numberAt(input, "si", "SI"), numberAt(input, "np", "NP"));
  return found === null ? null : (GRADE_NUMBER[russianRules.grades.indexOf(found)] ?? null);
};

const limit: Check = ({ input }) =>
  pdkOf(textAt(input, "pollutant"), z.enum(["20min", "24h", "year"]).parse(input.averaging)) ?? null;

/** Each group of indices, and what computes it. */
export const INDEX_CHECKS: Readonly<Record<string, Check>> = {
  us_epa_aqi_2024: indexBy("us-epa-2024"),
  us_epa_aqi_2024_so2_rule: so2Rule,
  us_epa_aqi_2024_conflict: indexBy("us-epa-2024"),
  us_epa_aqi_pre2024: indexBy("us-epa-2012"),
  nowcast_pm: particleNowcast,
  nowcast_o3_2016_2019: ozoneNowcast,
  nowcast_o3_2019: ozoneNowcast,
  eaqi_old_linear_0_100: linearEaqi,
  eaqi_2025_bands: eaqiLevel("eaqi-2025"),
  uk_daqi: indexBy("uk-daqi-2013"),
  india_naqi: indexBy("in-naqi-2014"),
  china_aqi: indexBy("cn-aqi-2012"),
  who_2021: indexBy("who-2021"),
  ru_iza_partial: iza,
  ru_vz_evz: pollution,
  ru_month_grade: grade,
  ru_pdk: limit,
  ru_pdk_multiple: multiple,
};
