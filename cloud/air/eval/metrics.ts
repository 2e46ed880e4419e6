/** How far estimates are from a reference: µg/m³, but for the ratios. */
export interface ErrorFigures {
  readonly n: number;
  /** Mean of estimate − reference. */
  readonly bias: number;
  readonly mae: number;
  readonly rmse: number;
  /** RMSE as a share of the mean reference. */
  readonly nrmse: number;
  /** Square of Pearson's correlation: how well a straight line would explain the estimates. */
  readonly r2: number;
  /** Of the estimate on the reference, as EPA's targets want it. */
  readonly slope: number;
  readonly intercept: number;
}

/** An estimate beside its reference; `at` tells which day it belongs to. */
export interface Compared {
  readonly at: number;
  readonly estimate: number;
  readonly reference: number;
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The figures of some comparisons; NaN where they say nothing (none, or all the same). */
export function errorsOf(pairs: readonly Compared[]): ErrorFigures {
  const errors = pairs.map(({ estimate, reference }) => estimate - reference);
  const [estimates, references] = [pairs.map(({ estimate }) => estimate), pairs.map(({ reference }) => reference)];
  const [meanEstimate, meanReference] = [mean(estimates), mean(references)];
  let across = 0;
  let ofEstimate = 0;
  let ofReference = 0;
  for (const { estimate, reference } of pairs) {
    across += (estimate - meanEstimate) * (reference - meanReference);
    ofEstimate += (estimate - meanEstimate) ** 2;
    ofReference += (reference - meanReference) ** 2;
  }
  const rmse = Math.sqrt(mean(errors.map((error) => error * error)));
  const slope = across / ofReference;
  return {
    n: pairs.length,
    bias: mean(errors),
    mae: mean(errors.map(Math.abs)),
    rmse,
    nrmse: rmse / meanReference,
    r2: across ** 2 / (ofEstimate * ofReference),
    slope,
    intercept: meanEstimate - slope * meanReference,
  };
}

/** The middle 95 % of a figure over resampled days. */
export type Interval = readonly [low: number, high: number];

const DAY_MS = 86_400_000;
const RESAMPLES = 400;

/**
 * 95 % intervals of the figures by drawing whole days with replacement: hours of one day are no independent witnesses. The draws
 * are the same in each run.
 */
export function intervalsOf(pairs: readonly Compared[]): Readonly<Record<"bias" | "rmse" | "nrmse" | "r2", Interval>> {
  const days = [...Map.groupBy(pairs, ({ at }) => Math.floor(at / DAY_MS)).values()];
  const random = drawFrom(0x5eed);
  const drawn = Array.from({ length: RESAMPLES }, () =>
    errorsOf(days.flatMap(() => days[Math.floor(random() * days.length)] ?? [])),
  );
  const middle = (name: "bias" | "rmse" | "nrmse" | "r2"): Interval => {
    const sorted = drawn
      .map((figures) => figures[name])
      .filter(Number.isFinite)
      .sort((a, b) => a - b);
    const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
    return [at(0.025), at(0.975)];
  };
  return { bias: middle("bias"), rmse: middle("rmse"), nrmse: middle("nrmse"), r2: middle("r2") };
}

/** Numbers from 0 to 1, always the same for a seed (mulberry32). */
export function drawFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
