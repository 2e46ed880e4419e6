import { describe, expect, it } from "vitest";
import { compareModels, outcomeOf, writeComparison } from "../../../models/eval/compare.ts";
import type { Judged } from "../../../models/eval/judged.ts";
import { aJudged } from "./judgements.ts";

/** Photos of clean sites and dirty ones, of which a model gets every n-th wrong. */
function judgedBy(wrongEach: number, count = 200): Judged[] {
  return Array.from({ length: count }, (_, i) => {
    const label = i % 2 === 0 ? "clean" : "overflow";
    const other = label === "clean" ? "overflow" : "clean";
    const one = aJudged(label, Math.floor(i / 2) % wrongEach === 0 ? other : label);
    return { ...one, photo: { ...one.photo, name: `street-${i}.jpg` } };
  });
}

describe("comparing two models", () => {
  it("calls the new one better, worse, or not distinguishable, on both measures", () => {
    const outcomes = (before: Judged[], after: Judged[]) =>
      compareModels(before, after, 7).map(({ outcome }) => outcome);

    expect(outcomes(judgedBy(4), judgedBy(20))).toEqual(["better", "better"]);
    expect(outcomes(judgedBy(20), judgedBy(4))).toEqual(["worse", "worse"]);
    expect(outcomes(judgedBy(20), judgedBy(25))).toEqual(["not distinguishable", "not distinguishable"]);
    expect(outcomes(judgedBy(9), judgedBy(9))).toEqual(["not distinguishable", "not distinguishable"]);
  });

  it("does not call a few photos proof", () => {
    const [sides] = compareModels(judgedBy(4, 12), judgedBy(20, 12), 7);

    expect(sides?.difference.value).toBeGreaterThan(0);
    expect(sides?.outcome).toBe("not distinguishable");
  });

  it("compares only the photos that both judged, and each source by itself", () => {
    const before = [...judgedBy(4), aJudged("clean", "clean", { source: "yard" })];
    const comparisons = compareModels(before, judgedBy(4), 7);

    expect(comparisons.find(({ photos }) => photos === "all")?.difference.n).toBe(200);
    expect(comparisons.map(({ photos }) => photos)).toEqual(["all", "all", "street", "street", "yard", "yard"]);
  });

  it("says so in a sentence, and needs the whole interval for it", () => {
    const text = writeComparison(compareModels(judgedBy(4), judgedBy(20), 7), 7);

    expect(text).toContain("On dirty or clean the new model is better than the old one: 0.2");
    expect(outcomeOf({ value: 0.1, low: -0.001, high: 0.2, n: 9 })).toBe("not distinguishable");
  });
});
