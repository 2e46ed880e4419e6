import { z } from "zod";
import { Bilingual } from "#contract/registry.ts";
import { standardOf } from "./all-standards.ts";
import { convert, ownUnitOf } from "./convert.ts";
import { scaled } from "./exact.ts";
import rules from "./ru-rules.json" with { type: "json" };

const Grade = z.object({
  id: z.string(),
  name: Bilingual,
  siFrom: z.number(),
  npFrom: z.number(),
  izaFrom: z.number(),
});
/** A grade of pollution, from low to very high. */
export type Grade = z.infer<typeof Grade>;

const RussianRules = z.object({
  source: z.string(),
  version: z.string(),
  grades: z.array(Grade).min(1),
  iza: z.object({
    worst: z.number().int(),
    exponents: z.record(z.string(), z.number()),
    /** РД 52.04.186-89: texts of before 2005 count with them. */
    formerExponents: z.record(z.string(), z.number()),
    classes: z.record(z.string(), z.number().int()),
  }),
  pollutionLevels: z.array(
    z.object({ label: z.enum(["VZ", "EVZ"]), from: z.number(), hours: z.number(), isLonger: z.boolean() }),
  ),
});

/** The Russian rules that are no table of limits, as data. */
export const russianRules = RussianRules.parse(rules);

/** The limit (ПДК) of a substance in our unit; undefined where there is none. */
export function pdkOf(pollutant: string, averaging: "20min" | "24h" | "year"): number | undefined {
  const standard = standardOf("ru-pdk-2021");
  const table = standard?.tables.find((one) => one.pollutant === pollutant && one.averaging === averaging);
  if (standard === undefined || table?.limit === undefined) return undefined;
  return convert(pollutant, table.limit, [table.unit, ownUnitOf(pollutant)], standard.referenceCelsius);
}

/** Means of 20 minutes of one substance at one post, in our unit; null where there are too few data. */
export interface SingleValues {
  readonly post: string;
  readonly pollutant: string;
  readonly values: readonly (number | null)[];
}

/** СИ: the highest single concentration as a multiple of its limit, of all posts and substances; null without any. */
export function standardIndex(series: readonly SingleValues[]): number | null {
  const multiples = series.flatMap(({ pollutant, values }) => {
    const limit = pdkOf(pollutant, "20min");
    return limit === undefined ? [] : measured(values).map((value) => value / limit);
  });
  return multiples.length === 0 ? null : multiples.reduce((a, b) => Math.max(a, b), 0);
}

/** НП: the highest share (%) of single values over the limit, of all posts and substances; null without any. */
export function highestRepeatability(series: readonly SingleValues[]): number | null {
  const shares = series.flatMap(({ pollutant, values }) => {
    const limit = pdkOf(pollutant, "20min");
    const there = measured(values);
    if (limit === undefined || there.length === 0) return [];
    return [(100 * there.filter((value) => scaled(value, 9) > scaled(limit, 9)).length) / there.length];
  });
  return shares.length === 0 ? null : Math.max(...shares);
}

/**
 * The grade of a month: СИ and НП rounded to whole numbers (half up), since the grades of РД 52.04.667-2005 are of whole
 * numbers; the worse one where they differ. Null without both.
 */
export function monthGrade(si: number | null, np: number | null): Grade | null {
  if (si === null || np === null || !isAmount(si) || !isAmount(np)) return null;
  const [wholeSi, wholeNp] = [Math.floor(si + 0.5), Math.floor(np + 0.5)];
  return russianRules.grades.findLast(({ siFrom, npFrom }) => wholeSi >= siFrom || wholeNp >= npFrom) ?? null;
}

/** A substance's yearly mean (our unit) in ИЗА. */
export interface YearlyMean {
  readonly pollutant: string;
  readonly mean: number;
}

/** ИЗА with its parts, the worst first. */
export interface PollutionIndex {
  /** Null unless there are five substances: fewer cannot be compared with the grades. */
  readonly iza: number | null;
  readonly grade: Grade | null;
  /** Sum of the parts that are there. */
  readonly sum: number;
  readonly parts: readonly { readonly pollutant: string; readonly part: number }[];
  /** Substances that have no daily limit or no class of danger, and so no part (PM2.5 and PM10 have no class). */
  readonly left: readonly string[];
}

/** One part of ИЗА: (mean / limit)^K. */
export const izaPart = (mean: number, limit: number, exponent: number): number =>
  (Math.max(0, mean) / limit) ** exponent;

/**
 * ИЗА: the sum of the five worst parts of a year. A grade begins at its printed lower number (5, 7, 14; below 5 is low) and ends where the
 * next one begins: unlike СИ and НП it is not rounded first, so 4.6 is low and 6.6 raised.
 */
export function pollutionIndex(means: readonly YearlyMean[], exponents = russianRules.iza.exponents): PollutionIndex {
  const { classes, worst } = russianRules.iza;
  const left: string[] = [];
  const all = means.flatMap(({ pollutant, mean }) => {
    const limit = pdkOf(pollutant, "24h");
    const exponent = exponents[String(classes[pollutant] ?? "")];
    if (limit === undefined || exponent === undefined || !Number.isFinite(mean)) {
      left.push(pollutant);
      return [];
    }
    return [{ pollutant, part: izaPart(mean, limit, exponent) }];
  });
  const parts = all.toSorted((a, b) => b.part - a.part).slice(0, worst);
  const sum = parts.reduce((total, { part }) => total + part, 0);
  const isWhole = parts.length === worst;
  const grade = russianRules.grades.findLast(({ izaFrom }) => scaled(sum, 9) >= scaled(izaFrom, 9)) ?? null;
  return { iza: isWhole ? sum : null, grade: isWhole ? grade : null, sum, parts, left };
}

/**
 * Whether so many times the single limit for so long have the extent of high (ВЗ) or extremely high pollution (ЭВЗ).
 * Only the extent: the label itself is Roshydromet's to give.
 */
export function pollutionLevel(multiple: number, durationH: number): "none" | "VZ" | "EVZ" {
  if (!isAmount(multiple) || !isAmount(durationH)) return "none";
  const units = scaled(multiple, 9);
  const rule = russianRules.pollutionLevels.find(
    ({ from, hours, isLonger }) => units >= scaled(from, 9) && (isLonger ? durationH > hours : durationH >= hours),
  );
  return rule?.label ?? "none";
}

const measured = (values: readonly (number | null)[]): readonly number[] =>
  values.filter((value) => value !== null).filter(isAmount);

const isAmount = (value: number): boolean => Number.isFinite(value) && value >= 0;
