import { randomFrom } from "../random.ts";
import { dirtyShareOf, groupOf, type Judged, LABELS } from "./judged.ts";
import type { Scored } from "./statistics.ts";

/** What was claimed of one photo, and whether it came true. */
export interface Claim {
  /** Probability that was given to the answer. */
  readonly confidence: number;
  readonly isRight: boolean;
}

/** Claims of similar confidence. */
export interface Bin {
  readonly from: number;
  readonly to: number;
  readonly n: number;
  readonly confidence: number;
  readonly accuracy: number;
}

export const BINS = 15;

/** The likeliest of the four classes and its probability (photos that no network saw claim nothing). */
export function fourWayClaims(judged: readonly Judged[]): readonly Claim[] {
  return judged.flatMap(({ photo, probabilities }) => {
    if (probabilities === null) return [];
    const best = LABELS.reduce((one, other) => (probabilities[other] > probabilities[one] ? other : one));
    return [{ confidence: probabilities[best], isRight: best === photo.label }];
  });
}

/** Dirty against clean on true sites: the likelier side and its probability. */
export function sideClaims(judged: readonly Judged[]): readonly Claim[] {
  return judged.flatMap(({ photo, probabilities }) => {
    if (probabilities === null || photo.label === "not_a_site") return [];
    const dirty = dirtyShareOf(probabilities);
    const saysDirty = dirty >= 0.5;
    return [{ confidence: saysDirty ? dirty : 1 - dirty, isRight: saysDirty === (groupOf(photo.label) === "dirty") }];
  });
}

function binOf(claims: readonly Claim[], from: number, to: number): Bin {
  const n = claims.length;
  const confidence = claims.reduce((sum, claim) => sum + claim.confidence, 0) / n;
  return { from, to, n, confidence, accuracy: claims.filter(({ isRight }) => isRight).length / n };
}

/** What was claimed of things that are so or not. */
export const claimsOf = (scored: readonly Scored[]): readonly Claim[] =>
  scored.map(({ p, isTrue }) => ({ confidence: p, isRight: isTrue }));

/** Bins of equal width, those that have claims: the reliability diagram of Guo et al. 2017 (arXiv 1706.04599). */
export function equalWidthBins(claims: readonly Claim[], bins = BINS): readonly Bin[] {
  const indexOf = ({ confidence }: Claim) => Math.min(bins - 1, Math.floor(confidence * bins));
  const groups = Map.groupBy(claims, indexOf);
  return [...groups].sort(([a], [b]) => a - b).map(([index, group]) => binOf(group, index / bins, (index + 1) / bins));
}

/** Bins of equal numbers of claims (Nguyen & O'Connor 2015, arXiv 1508.05154): none is nearly empty. */
export function equalMassBins(claims: readonly Claim[], bins = BINS): readonly Bin[] {
  const ascending = claims.toSorted((a, b) => a.confidence - b.confidence);
  const edge = (index: number) => Math.round((index * ascending.length) / bins);
  return Array.from({ length: bins }, (_, index) => ascending.slice(edge(index), edge(index + 1)))
    .filter((group) => group.length > 0)
    .map((group) => binOf(group, group[0]?.confidence ?? 0, group.at(-1)?.confidence ?? 1));
}

/** Expected calibration error: mean gap between confidence and accuracy, bins weighed by their claims; NaN of none. */
export function calibrationError(bins: readonly Bin[]): number {
  const n = bins.reduce((sum, bin) => sum + bin.n, 0);
  return bins.reduce((sum, bin) => sum + bin.n * Math.abs(bin.confidence - bin.accuracy), 0) / n;
}

export const expectedError = (claims: readonly Claim[]): number => calibrationError(equalWidthBins(claims));
export const adaptiveError = (claims: readonly Claim[]): number => calibrationError(equalMassBins(claims));

const DRAWS = 300;

/**
 * What the error would be, on average, if every claim held exactly: bins of few photos miss their mean by chance, so
 * the measured error is never 0. Seeded.
 */
export function errorByChance(
  claims: readonly Claim[],
  error: (claims: readonly Claim[]) => number,
  seed: number,
): number {
  const random = randomFrom(seed);
  let sum = 0;
  for (let draw = 0; draw < DRAWS; draw += 1) {
    sum += error(claims.map(({ confidence }) => ({ confidence, isRight: random() < confidence })));
  }
  return sum / DRAWS;
}
