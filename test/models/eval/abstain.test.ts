import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { abstainCurve, operatingPoint } from "../../../models/eval/abstain.ts";
import { LABELS } from "../../../models/eval/judged.ts";
import { aJudged, refused } from "./judgements.ts";

const label = fc.constantFrom(...LABELS);
const judged = fc
  .record({ truth: label, answer: label, sure: fc.double({ min: 0.5, max: 1, noNaN: true }) })
  .map(({ truth, answer, sure }) => aJudged(truth, answer, { sure }));

describe("the abstain curve", () => {
  it("leaves the least sure to a person first", () => {
    const surest = [0.9, 0.8, 0.7].map((sure) => aJudged("clean", "clean", { sure }));
    const doubtful = aJudged("clean", "overflow", { sure: 0.5 });

    const [all, most] = abstainCurve([doubtful, ...surest], [1, 0.75]);

    expect(all?.group.value).toBe(0.75);
    expect(most?.group.value).toBe(1);
    expect(most?.threshold).toBeCloseTo(0.7);
  });

  it("answers fewer with a higher threshold, and is right on the group at least as often as on the class", () => {
    fc.assert(
      fc.property(fc.array(judged, { minLength: 4, maxLength: 60 }), (photos) => {
        const points = abstainCurve(photos);

        for (const [index, point] of points.entries()) {
          expect(point.group.value).toBeGreaterThanOrEqual(point.fourWay.value);
          expect(point.threshold).toBeGreaterThanOrEqual(points[index - 1]?.threshold ?? 0);
        }
      }),
    );
  });
});

describe("the shipped thresholds", () => {
  it("share all photos out among answered, unsure and unusable", () => {
    const unsure = aJudged("overflow", "overflow", { state: "unsure" });
    const photos = [aJudged("clean", "clean"), aJudged("clean", "overflow"), unsure, refused("scattered")];

    const point = operatingPoint(photos);

    expect(point.answered.value + point.unsure.value + point.unusable.value).toBe(1);
    expect(point.group.value).toBe(0.5);
  });

  it("count litter called clean and cleanness called dirty over all such sites", () => {
    const photos = [
      aJudged("clean", "overflow"),
      aJudged("clean", "clean"),
      aJudged("scattered", "clean"),
      aJudged("overflow", "overflow"),
      aJudged("overflow", "clean", { state: "unsure" }),
    ];

    const { missed, blamed } = operatingPoint(photos);

    expect(missed.value).toBeCloseTo(1 / 3);
    expect(blamed.value).toBe(0.5);
  });
});
