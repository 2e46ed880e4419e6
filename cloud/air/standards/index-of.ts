import { convert, ownUnitOf } from "./convert.ts";
import { divide, scaled, wholeUnits } from "./exact.ts";
import type { Averaging, Band, Category, Standard, Table, Unit } from "./standard.ts";

/** One value to be judged. */
export interface Asked {
  readonly pollutant: string;
  readonly averaging: Averaging;
  readonly value: number;
  /** Of `value`; absent: µg/m³, and mg/m³ for carbon monoxide. */
  readonly unit?: Unit;
  /** The share of the averaging time that was measured; absent: not known. */
  readonly coverage?: number | null;
}

/** What a standard says of one value. */
export interface Judgement {
  readonly standard: string;
  readonly version: string;
  readonly pollutant: string;
  readonly averaging: Averaging;
  /** The number of the index, or the level; null where the standard has none. */
  readonly index: number | null;
  /** The value as a multiple of the limit, to a hundredth; null where the standard has none. */
  readonly multiple: number | null;
  readonly category: Category;
  /** The standard has no index for this averaging time: the colour is only a hint. */
  readonly isIndicative: boolean;
  /** The number is a lower bound: the standard ends here, or asks for a longer mean. */
  readonly isAtLeast: boolean;
  /** What was looked up, after the unit was changed and the value rounded by the rule. */
  readonly rounded: number;
  readonly unit: Unit;
  readonly coverage: number | null;
  /** Where in the table it was found. */
  readonly rule: {
    readonly averaging: Averaging;
    readonly rounding: Table["rounding"];
    readonly decimals: number | null;
    readonly from: number;
    readonly to: number | null;
    readonly index: readonly [number, number | null] | null;
    readonly limit: number | null;
  };
}

/** Why a standard says nothing of a value; nothing is guessed then. */
export type NoJudgement =
  | "not-a-number"
  | "unknown-pollutant"
  | "wrong-averaging"
  | "too-few-data"
  | "below-table"
  | "above-table"
  | "unit-cannot-be-converted";

/** No concentration is larger, in whatever unit; sums and powers of ten of such numbers stay finite. */
export const MOST_VALUE = 1e9;
/**
 * So far below zero a value may be the noise of an instrument, and counts as zero. What is lower is no air: −999 is a usual code
 * of a missing value. A choice of ours, near the detection limits of reference instruments: 10 µg/m³, of CO 0.5 mg/m³.
 */
export const LOWEST_NOISE_UG = -10;
const LOWEST_CO_UG = -500;

/** What a standard says of one value, or why it says nothing. */
export function judge(standard: Standard, asked: Asked): Judgement | { readonly none: NoJudgement } {
  const { pollutant, averaging, coverage = null } = asked;
  if (!(Math.abs(asked.value) <= MOST_VALUE)) return { none: "not-a-number" };
  const tables = standard.tables.filter((table) => table.pollutant === pollutant);
  if (tables.length === 0) return { none: "unknown-pollutant" };
  const table =
    tables.find((one) => one.averaging === averaging) ??
    tables.find((one) => one.alsoFor.includes(averaging)) ??
    tables.find((one) => one.indicativeFor.includes(averaging));
  if (table === undefined) return { none: "wrong-averaging" };
  // A NowCast has its own rule of enough hours, and a hint is none of the standard's means.
  const isOwn = averaging === table.averaging;
  if (isOwn && coverage !== null && !(coverage >= (table.minCoverage ?? 0))) return { none: "too-few-data" };
  const units = [asked.unit ?? ownUnitOf(pollutant), table.unit] as const;
  const ugM3 = convert(pollutant, asked.value, [units[0], "ug/m3"], standard.referenceCelsius) ?? 0;
  if (ugM3 < (pollutant === "co" ? LOWEST_CO_UG : LOWEST_NOISE_UG)) return { none: "not-a-number" };
  const value = convert(pollutant, Math.max(0, asked.value), units, standard.referenceCelsius);
  if (value === undefined) return { none: "unit-cannot-be-converted" };
  return judgeIn(standard, table, asked, value);
}

/** As `judge`, null where the standard says nothing. */
export function indexOf(
  standard: Standard,
  pollutant: string,
  averaging: Averaging,
  value: number,
  coverage: number | null = null,
): Judgement | null {
  const judged = judge(standard, { pollutant, averaging, value, coverage });
  return "none" in judged ? null : judged;
}

/** The bands of a table in its own unit: a scale's are multiples of the table's limit. */
export const bandsOf = (standard: Standard, { scale, bands }: Table): readonly Band[] =>
  scale === undefined ? bands : (standard.scales[scale] ?? []);

function judgeIn(
  standard: Standard,
  table: Table,
  { pollutant, averaging, coverage = null }: Asked,
  value: number,
): Judgement | { readonly none: NoJudgement } {
  const { rounding, decimals, limit = null, unit, scale } = table;
  const lookedUp = scale === undefined || limit === null ? value : value / limit;
  const bands = bandsOf(standard, table);
  const places = decimals ?? EXACT_PLACES;
  const units = rounding === "none" ? scaled(lookedUp, places) : wholeUnits(lookedUp, places, rounding);
  const first = bands[0];
  if (first === undefined || units < scaled(first.from, places)) return { none: "below-table" };
  const found = bands.find((band, i) => isBelowEnd(units, band, bands[i + 1], places));
  const band = found ?? bands[bands.length - 1] ?? first;
  if (found === undefined && table.beyond === "nothing") return { none: "above-table" };
  const category = standard.categories.find(({ id }) => id === band.category);
  if (category === undefined) return { none: "above-table" };
  const isHeld = found === undefined && table.beyond === "hold";
  return {
    standard: standard.id,
    version: standard.version,
    pollutant,
    averaging,
    index: numberIn(band, isHeld ? scaled(band.to ?? 0, places) : units, places, standard.indexRounding),
    multiple: limit === null ? null : wholeUnits(value / limit, 2, "half-up") / 100,
    category,
    isIndicative: averaging !== table.averaging && !table.alsoFor.includes(averaging),
    isAtLeast: isHeld || band.index?.[1] === null,
    rounded: rounding === "none" ? value : units / 10 ** places,
    unit,
    coverage,
    rule: {
      averaging: table.averaging,
      rounding,
      decimals,
      from: band.from,
      to: band.to,
      index: band.index ?? null,
      limit,
    },
  };
}

/** Where nothing is rounded edges are compared in such units: far below what is measured, far above binary noise. */
const EXACT_PLACES = 9;

function isBelowEnd(units: number, band: Band, next: Band | undefined, places: number): boolean {
  if (band.to === null) return true;
  const end = scaled(band.to, places);
  return next?.includesFrom === true ? units < end : units <= end;
}

/** Interpolated in whole units; a level has the same number at both ends, an open end has the lower one. */
function numberIn(
  { from, to, index }: Band,
  units: number,
  places: number,
  rounding: Standard["indexRounding"],
): number | null {
  if (index === undefined) return null;
  const [low, high] = index;
  if (high === null || to === null || high === low) return low;
  const [start, end] = [scaled(from, places), scaled(to, places)];
  return low + divide((high - low) * (units - start), end - start, rounding);
}
