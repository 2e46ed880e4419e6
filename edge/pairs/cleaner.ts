import type { Probabilities } from "#contract/messages.ts";
import { CALIBRATION, likelihoodOf } from "./calibration.ts";

/** No verdict is surer than this: a probability of 0 would be an infinite change. */
const SURE = 0.01;

/** The probability that there is less waste after than before, from the verdicts on two photos of one place. */
export function likelihoodOfCleaner(before: Probabilities, after: Probabilities): number {
  return likelihoodOf(CALIBRATION.cleaner, cleanerFigures(before, after));
}

/** How much the odds of waste, given a site, have fallen, as a logarithm. */
export function cleanerFigures(before: Probabilities, after: Probabilities): { readonly change: number } {
  return { change: dirtOf(before) - dirtOf(after) };
}

const dirtOf = ({ clean, overflow, scattered }: Probabilities): number =>
  Math.log((overflow + scattered + SURE) / (clean + SURE));
