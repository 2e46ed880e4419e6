import { type Curve, likelihoodOf } from "../../../edge/pairs/calibration.ts";
import type { Example } from "./made-pairs.ts";

const ROUNDS = 4_000;
const RATE = 0.3;
/** Keeps weights finite where the examples can be told apart without any mistake. */
const SHRINK = 2e-3;

/** A logistic curve over some figures by gradient descent; true and false examples weigh the same in all. */
export function fitCurve(examples: readonly Example[], names: readonly string[]): Curve {
  const trues = examples.filter(({ isTrue }) => isTrue).length;
  const weigh = (isTrue: boolean) => 0.5 / (isTrue ? trues : examples.length - trues);
  const scales = names.map((name) => {
    const values = examples.map(({ figures }) => figures[name] ?? 0);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length) || 1;
    return { name, mean, spread };
  });
  const rows = examples.map(({ isTrue, figures }) => ({
    values: scales.map(({ name, mean, spread }) => ((figures[name] ?? 0) - mean) / spread),
    target: isTrue ? 1 : 0,
    weight: weigh(isTrue),
  }));
  const weights = names.map(() => 0);
  let bias = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const slopes = weights.map((weight) => SHRINK * weight);
    let slope = 0;
    for (const { values, target, weight } of rows) {
      const sum = values.reduce((all, value, i) => all + value * (weights[i] ?? 0), bias);
      const error = weight * (1 / (1 + Math.exp(-sum)) - target);
      slope += error;
      for (const [i, value] of values.entries()) slopes[i] = (slopes[i] ?? 0) + error * value;
    }
    bias -= RATE * 10 * slope;
    for (const [i, each] of slopes.entries()) weights[i] = (weights[i] ?? 0) - RATE * 10 * each;
  }
  const plain = scales.map(({ name, spread }, i) => [name, (weights[i] ?? 0) / spread] as const);
  const shift = scales.reduce((sum, { mean, spread }, i) => sum + ((weights[i] ?? 0) * mean) / spread, 0);
  const round = (value: number) => Number(value.toPrecision(5));
  return { bias: round(bias - shift), weights: Object.fromEntries(plain.map(([name, value]) => [name, round(value)])) };
}

/** What a curve gives to examples. */
export const scoresOf = (examples: readonly Example[], curve: Curve): { isTrue: boolean; p: number }[] =>
  examples.map(({ isTrue, figures }) => ({ isTrue, p: likelihoodOf(curve, figures) }));
