import { z } from "zod";
import fittedCurves from "./calibration.json" with { type: "json" };
import fittedWords from "./words.json" with { type: "json" };
import { WordBit } from "./words.ts";

/** A logistic curve over some figures: probability = 1 / (1 + exp(-(bias + Σ weight · figure))). */
export const Curve = z.object({ bias: z.number(), weights: z.record(z.string(), z.number()) });
export type Curve = z.infer<typeof Curve>;

/** Constants of the pair checks, fitted by `models/eval/pairs/fit.ts`. */
export const Calibration = z.looseObject({
  /** When and from what it was fitted; `seen` apart, since no model has a part in it. */
  fitted: z.object({ at: z.string(), from: z.string(), seen: z.string() }),
  seen: Curve,
  samePlace: z.object({
    structure: Curve,
    /** With what the network sees: only for the model whose SHA-256 this is. */
    withModel: z.object({ model: z.string(), curve: Curve }).nullable(),
  }),
  cleaner: Curve,
});
export type Calibration = z.infer<typeof Calibration>;

/** The bits of words are the format of the index on disk: they are not fitted again. */
export const Words = z.object({
  fitted: z.object({ at: z.string(), from: z.string() }),
  bits: z.array(WordBit).length(16),
});

export const CALIBRATION: Calibration = Calibration.parse(fittedCurves);
export const WORD_BITS: readonly WordBit[] = Words.parse(fittedWords).bits;

/** The probability that a curve gives to figures; one that it does not name does not count. */
export const likelihoodOf = (curve: Curve, figures: Readonly<Record<string, number>>): number =>
  1 / (1 + Math.exp(-logitOf(curve, figures)));

/** The same as the logarithm of odds. */
export const logitOf = ({ bias, weights }: Curve, figures: Readonly<Record<string, number>>): number =>
  Object.entries(weights).reduce((all, [name, weight]) => all + weight * (figures[name] ?? 0), bias);
