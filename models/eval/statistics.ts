import { type Random, randomFrom } from "../random.ts";

/** A figure with its 95 % interval and how many cases it was counted from; NaN of none. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly n: number;
}

/** The 97.5 % point of the normal distribution. */
const Z = 1.959964;
const RESAMPLES = 1_000;

/** A share of cases with Wilson's interval (Wilson 1927, J. Am. Stat. Assoc. 22: 209), which holds near 0 and 1 too. */
export function shareOf(hits: number, n: number): Estimate {
  if (n === 0) return { value: Number.NaN, low: Number.NaN, high: Number.NaN, n };
  const share = hits / n;
  const middle = (share + Z ** 2 / (2 * n)) / (1 + Z ** 2 / n);
  const half = (Z * Math.sqrt((share * (1 - share)) / n + Z ** 2 / (4 * n ** 2))) / (1 + Z ** 2 / n);
  // At 0 and 1 rounding would leave the value a hair outside.
  return {
    value: share,
    low: Math.max(0, Math.min(share, middle - half)),
    high: Math.min(1, Math.max(share, middle + half)),
    n,
  };
}

/**
 * The mean of shares that were counted on different cases, with the interval that follows from theirs (MOVER: Zou & Donner
 * 2008, Stat. Med. 27: 1693): it keeps a width where every case was a hit. NaN where a share has no cases, or there are none.
 */
export function meanOfShares(shares: readonly Estimate[]): Estimate {
  const k = shares.length;
  const n = shares.reduce((sum, share) => sum + share.n, 0);
  const value = shares.reduce((sum, share) => sum + share.value, 0) / k;
  const below = Math.hypot(...shares.map((share) => share.value - share.low)) / k;
  const above = Math.hypot(...shares.map((share) => share.high - share.value)) / k;
  return { value, low: Math.max(0, value - below), high: Math.min(1, value + above), n };
}

/**
 * Any figure of cases with the interval of the percentile bootstrap (Efron & Tibshirani 1993, chapter 13).
 *
 * Each group keeps its size (give one group per class), so that a rare class is never drawn away. The same seed gives
 * the same interval. Cases of one street on one day are alike, so the true uncertainty is larger.
 */
export function bootstrap<Case>(
  groups: readonly (readonly Case[])[],
  figure: (cases: readonly Case[]) => number,
  seed: number,
): Estimate {
  const random = randomFrom(seed);
  const n = groups.reduce((sum, group) => sum + group.length, 0);
  const value = figure(groups.flat());
  if (n === 0 || Number.isNaN(value)) return { value: Number.NaN, low: Number.NaN, high: Number.NaN, n };
  const drawn = Array.from({ length: RESAMPLES }, () => figure(groups.flatMap((group) => drawAgain(group, random))));
  drawn.sort((a, b) => a - b);
  return { value, low: quantile(drawn, 0.025), high: quantile(drawn, 0.975), n };
}

function drawAgain<Case>(group: readonly Case[], random: Random): Case[] {
  return group.flatMap(() => {
    const drawn = group[Math.floor(random() * group.length)];
    return drawn === undefined ? [] : [drawn];
  });
}

/** The value below which a share of ascending values lies, by nearest rank; NaN of none. */
export function quantile(ascending: readonly number[], at: number): number {
  const rank = Math.max(1, Math.ceil(at * ascending.length));
  return ascending[Math.min(ascending.length, rank) - 1] ?? Number.NaN;
}

/** Two models on the same photos, by the photos that only one of them has right. */
export interface PairedDifference {
  readonly onlyFirst: number;
  readonly onlySecond: number;
  /** Accuracy of the second less that of the first. */
  readonly difference: Estimate;
  /** McNemar's exact test: how likely so uneven a split is where both are equally good. */
  readonly p: number;
}

/**
 * Compares two models that judged the same photos.
 *
 * The interval is Wald's with half a case added to each cell (Agresti & Min 2005, Stat. Med. 24: 729); p is the two-sided
 * binomial one (McNemar 1947).
 */
export function comparePaired(
  outcomes: readonly { readonly first: boolean; readonly second: boolean }[],
): PairedDifference {
  const n = outcomes.length;
  const onlyFirst = outcomes.filter(({ first, second }) => first && !second).length;
  const onlySecond = outcomes.filter(({ first, second }) => second && !first).length;
  const total = n + 2;
  const middle = (onlySecond - onlyFirst) / total;
  const half = (Z * Math.sqrt(onlyFirst + onlySecond + 1 - (onlySecond - onlyFirst) ** 2 / total)) / total;
  const value = n === 0 ? Number.NaN : (onlySecond - onlyFirst) / n;
  const difference = { value, low: Math.max(-1, middle - half), high: Math.min(1, middle + half), n };
  return {
    onlyFirst,
    onlySecond,
    difference,
    p: twoSidedBinomial(Math.min(onlyFirst, onlySecond), onlyFirst + onlySecond),
  };
}

/** How likely at most `few` of n fair coins fall on one side, times two. */
function twoSidedBinomial(few: number, n: number): number {
  let term = -n * Math.LN2;
  let sum = 0;
  for (let k = 0; k <= few; k += 1) {
    sum += Math.exp(term);
    term += Math.log((n - k) / (k + 1));
  }
  return Math.min(1, 2 * sum);
}

/** A probability that was given, and the truth. */
export interface Scored {
  readonly isTrue: boolean;
  readonly p: number;
}

/** Area under the ROC curve: how often a true one gets more than a false one; ties count half. NaN where one kind is missing. */
export function rocArea(scored: readonly Scored[]): number {
  const falses = scored.filter(({ isTrue }) => !isTrue).map(({ p }) => p);
  const trues = scored.filter(({ isTrue }) => isTrue).map(({ p }) => p);
  let sum = 0;
  for (const one of trues) for (const other of falses) sum += one > other ? 1 : one === other ? 0.5 : 0;
  return sum / (trues.length * falses.length);
}
