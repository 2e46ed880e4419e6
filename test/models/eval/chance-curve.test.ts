import { describe, expect, it } from "vitest";
import { likelihoodOf } from "../../../edge/pairs/calibration.ts";
import { boundByChance } from "../../../models/eval/pairs/chance-curve.ts";

const PLAIN = { bias: 0, weights: { whole: 1 } };
const COMPARISONS = 10_000_000;

/** Scores whose tail is known: of each comparison, S(s) = exp(-s) upright and as much mirrored. */
const chance = Array.from({ length: 1_000 }, (_, i) => ({
  isTrue: false,
  group: "chance",
  figures: { whole: Math.log(COMPARISONS / (i + 1)) },
}));

describe("a curve that is bound by chance", () => {
  it.each([20_000, 1_000_000])("says 0.5 where chance finds one in a thousand shots among %d photos", (among) => {
    const curve = boundByChance(PLAIN, chance, COMPARISONS);

    const whole = Math.log(2 * 1_000 * among);

    expect(likelihoodOf(curve, { whole, among: Math.log(among) })).toBeCloseTo(0.5, 2);
    expect(likelihoodOf(curve, { whole: whole + Math.log(9), among: Math.log(among) })).toBeCloseTo(0.9, 2);
  });

  it("is refused where there are too few look-ups to see a tail", () => {
    expect(() => boundByChance(PLAIN, chance.slice(0, 50), COMPARISONS)).toThrow(/200 look-ups/);
  });
});
