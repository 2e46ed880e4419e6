import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  adaptiveError,
  type Claim,
  equalMassBins,
  equalWidthBins,
  errorByChance,
  expectedError,
} from "../../../models/eval/calibration.ts";

const claims = (count: number, confidence: number, right: number): Claim[] =>
  Array.from({ length: count }, (_, i) => ({ confidence, isRight: i < right }));
const anyClaims = fc.array(
  fc.record({ confidence: fc.double({ min: 0, max: 1, noNaN: true }), isRight: fc.boolean() }),
  {
    minLength: 1,
    maxLength: 300,
  },
);

describe("the calibration error", () => {
  it("is the gap between confidence and accuracy, weighed by photos", () => {
    const judged = [...claims(30, 0.9, 24), ...claims(10, 0.6, 6)];

    expect(expectedError(judged)).toBeCloseTo((30 * 0.1 + 10 * 0) / 40, 10);
  });

  it("is nothing where every claim holds, and all where the surest are always wrong", () => {
    expect(expectedError(claims(10, 1, 10))).toBe(0);
    expect(expectedError(claims(10, 1, 0))).toBe(1);
  });

  it("lies within 0 and 1, and never counts a photo twice or not at all", () => {
    fc.assert(
      fc.property(anyClaims, (judged) => {
        for (const bins of [equalWidthBins(judged), equalMassBins(judged)]) {
          expect(bins.reduce((sum, { n }) => sum + n, 0)).toBe(judged.length);
          for (const { from, to, confidence } of bins) {
            expect(confidence).toBeGreaterThanOrEqual(from - 1e-9);
            expect(confidence).toBeLessThanOrEqual(to + 1e-9);
          }
        }
        for (const error of [expectedError(judged), adaptiveError(judged)]) {
          expect(error).toBeGreaterThanOrEqual(0);
          expect(error).toBeLessThanOrEqual(1 + 1e-9);
        }
      }),
    );
  });

  it("is not 0 for a perfect model on few photos, and shrinks with more", () => {
    const spread = (count: number) =>
      Array.from({ length: count }, (_, i) => ({ confidence: 0.5 + (i % 50) / 100, isRight: true }));

    const few = errorByChance(spread(100), expectedError, 7);
    const many = errorByChance(spread(5_000), expectedError, 7);

    expect(few).toBeGreaterThan(0.05);
    expect(many).toBeLessThan(few / 3);
  });
});
