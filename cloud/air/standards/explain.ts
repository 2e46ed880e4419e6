import type { Bilingual } from "#contract/registry.ts";
import type { Judgement, NoJudgement } from "./index-of.ts";
import type { Averaging, Unit } from "./standard.ts";

const AVERAGING: Readonly<Record<Averaging, Bilingual>> = {
  now: { en: "the newest value", ru: "последнее значение" },
  "15min": { en: "mean of 15 minutes", ru: "среднее за 15 минут" },
  "20min": { en: "mean of 20 minutes", ru: "среднее за 20 минут" },
  "1h": { en: "mean of an hour", ru: "среднее за час" },
  "8h": { en: "mean of 8 hours", ru: "среднее за 8 часов" },
  "24h": { en: "mean of 24 hours", ru: "среднее за 24 часа" },
  nowcast: { en: "NowCast", ru: "NowCast" },
  season: { en: "mean of the warm season", ru: "среднее за тёплый сезон" },
  year: { en: "mean of a year", ru: "среднее за год" },
};

const UNIT: Readonly<Record<Unit, Bilingual>> = {
  "ug/m3": { en: "µg/m³", ru: "мкг/м³" },
  "mg/m3": { en: "mg/m³", ru: "мг/м³" },
  ppb: { en: "ppb", ru: "ppb" },
  ppm: { en: "ppm", ru: "ppm" },
};

const WHY: Readonly<Record<NoJudgement, Bilingual>> = {
  "not-a-number": { en: "there is no value that air can have", ru: "нет значения, какое бывает у воздуха" },
  "unknown-pollutant": { en: "the standard has no table for this substance", ru: "в стандарте нет этого вещества" },
  "wrong-averaging": {
    en: "the standard is made for other averaging times",
    ru: "стандарт составлен для другого времени осреднения",
  },
  "too-few-data": { en: "too little of the averaging time was measured", ru: "измерена слишком малая часть времени" },
  "below-table": { en: "the table begins above this value", ru: "таблица начинается выше этого значения" },
  "above-table": { en: "the table ends below this value", ru: "таблица кончается ниже этого значения" },
  "unit-cannot-be-converted": { en: "the unit cannot be converted", ru: "единицу нельзя пересчитать" },
};

/** What an averaging time is called. */
export const sayAveraging = (averaging: Averaging): Bilingual => AVERAGING[averaging];
/** What a unit is called. */
export const sayUnit = (unit: Unit): Bilingual => UNIT[unit];
/** Why a standard says nothing. */
export const sayWhy = (why: NoJudgement): Bilingual => WHY[why];

/** The rule by which a judgement was made, in one sentence. */
export function sayRule(judgement: Judgement): Bilingual {
  return { en: sentence(judgement, "en"), ru: sentence(judgement, "ru") };
}

const WORDS = {
  en: {
    truncate: "cut to",
    "half-up": "rounded half up to",
    none: "not rounded",
    decimals: "decimals",
    band: "band",
    above: "and more",
    times: "times the limit of",
    numbers: "index",
    hint: "The standard is not made for this averaging time: a hint only.",
    atLeast: "The number is a lower bound.",
  },
  ru: {
    truncate: "отброшено до",
    "half-up": "округлено (половина вверх) до",
    none: "не округляется",
    decimals: "знаков",
    band: "полоса",
    above: "и выше",
    times: "ПДК или нормы",
    numbers: "индекс",
    hint: "Стандарт не составлен для этого времени осреднения: только подсказка.",
    atLeast: "Число это нижняя граница.",
  },
} as const;

function sentence({ rule, rounded, unit, isIndicative, isAtLeast }: Judgement, language: "en" | "ru"): string {
  const words = WORDS[language];
  const own = UNIT[unit][language];
  const rounding = rule.decimals === null ? words.none : `${words[rule.rounding]} ${rule.decimals} ${words.decimals}`;
  const band = `${words.band} ${rule.from}${rule.to === null ? ` ${words.above}` : `–${rule.to}`}`;
  const size = rule.limit === null ? own : `× ${rule.limit} ${own} (${words.times})`;
  const numbers = rule.index === null ? "" : `, ${words.numbers} ${rule.index[0]}–${rule.index[1] ?? "…"}`;
  const doubts = [isIndicative ? ` ${words.hint}` : "", isAtLeast ? ` ${words.atLeast}` : ""].join("");
  return `${AVERAGING[rule.averaging][language]}, ${rounded} ${own} (${rounding}), ${band} ${size}${numbers}.${doubts}`;
}
