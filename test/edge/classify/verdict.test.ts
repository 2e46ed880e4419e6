import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { probabilitiesOf, stateOf, verdictOf } from "../../../edge/classify/verdict.ts";

const THRESHOLDS = { clean: 0.6, overflow: 0.6, scattered: 0.6, not_a_site: 0.6, usable: 0.5 };

const PLAIN = { site: 1, overflow: 1, scattered: 1, usable: 1 };
const YES = 20;
const NO = -20;

describe("probabilitiesOf", () => {
  it("always sums to 1, however large the answers", () => {
    const logit = fc.float({ noNaN: true, min: -1e6, max: 1e6 });
    fc.assert(
      fc.property(logit, logit, logit, (site, overflow, scattered) => {
        const probabilities = probabilitiesOf({ site, overflow, scattered, usable: 0 }, PLAIN);

        expect(Object.values(probabilities).reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 6);
      }),
    );
  });

  it.each([
    ["not_a_site", { site: NO, overflow: YES, scattered: YES }],
    ["overflow", { site: YES, overflow: YES, scattered: YES }],
    ["scattered", { site: YES, overflow: NO, scattered: YES }],
    ["clean", { site: YES, overflow: NO, scattered: NO }],
  ] as const)("follows the tree of answers to %s", (state, answers) => {
    const probabilities = probabilitiesOf({ ...answers, usable: 0 }, PLAIN);

    expect(probabilities[state]).toBeCloseTo(1, 6);
  });

  it("is less sure at a higher temperature, and of the same mind", () => {
    const answers = { site: 4, overflow: -3, scattered: -2, usable: 0 };

    const cool = probabilitiesOf(answers, PLAIN);
    const warm = probabilitiesOf(answers, { site: 2, overflow: 2, scattered: 2, usable: 2 });

    expect(warm.clean).toBeLessThan(cool.clean);
    expect(warm.clean).toBeGreaterThan(0.5);
  });
});

describe("verdictOf", () => {
  const manifest = { temperatures: PLAIN, thresholds: THRESHOLDS };
  const [SHARP, BETWEEN, SOFT] = [{ blurLoss: 0.7 }, { blurLoss: 0.6 }, { blurLoss: 0.55 }];

  it("leaves the judging to a person where the network cannot tell, and says so", () => {
    const verdict = verdictOf({ site: YES, overflow: YES, scattered: YES, usable: -4 }, manifest, SHARP);

    expect(verdict).toMatchObject({ state: "unusable", reason: "model" });
  });

  it("takes a doubt of the network for weather in a sharp picture, and for a blur or a dirty lens in a soft one", () => {
    const doubtful = { site: YES, overflow: YES, scattered: YES, usable: -0.5 };

    expect(verdictOf(doubtful, manifest, SHARP)).toMatchObject({ state: "overflow", reason: null });
    expect(verdictOf({ ...doubtful, usable: 0.5 }, manifest, SOFT)).toMatchObject({
      state: "unusable",
      reason: "blurred",
    });
    expect(verdictOf({ ...doubtful, usable: 3 }, manifest, SOFT)).toMatchObject({ state: "overflow", reason: null });
  });

  it("holds to the model's own threshold where a picture is neither sharp nor soft", () => {
    const doubtful = { site: YES, overflow: YES, scattered: YES };

    expect(verdictOf({ ...doubtful, usable: -0.1 }, manifest, BETWEEN)).toMatchObject({ reason: "model" });
    expect(verdictOf({ ...doubtful, usable: 0.1 }, manifest, BETWEEN)).toMatchObject({ state: "overflow" });
  });

  it("refuses nothing by a threshold of 0 and all but the certain by one of 1", () => {
    const refusedBy = (usable: number, look: { blurLoss: number }) =>
      verdictOf(
        { site: YES, overflow: YES, scattered: YES, usable: 0 },
        { ...manifest, thresholds: { ...THRESHOLDS, usable } },
        look,
      ).state;

    expect([refusedBy(0, SHARP), refusedBy(0, SOFT)]).toEqual(["overflow", "overflow"]);
    expect([refusedBy(1, SHARP), refusedBy(1, SOFT)]).toEqual(["unusable", "unusable"]);
  });

  it("has no reason where there is a state", () => {
    const verdict = verdictOf({ site: YES, overflow: YES, scattered: YES, usable: 1 }, manifest, SHARP);

    expect(verdict).toMatchObject({ state: "overflow", reason: null });
  });
});

describe("stateOf", () => {
  it("names the likeliest class", () => {
    expect(stateOf({ clean: 0.9, overflow: 0.05, scattered: 0.03, not_a_site: 0.02 }, THRESHOLDS)).toBe("clean");
    expect(stateOf({ clean: 0.1, overflow: 0.1, scattered: 0.1, not_a_site: 0.7 }, THRESHOLDS)).toBe("not_a_site");
  });

  it("is unsure below the threshold", () => {
    expect(stateOf({ clean: 0.55, overflow: 0.2, scattered: 0.15, not_a_site: 0.1 }, THRESHOLDS)).toBe("unsure");
  });

  it("takes both kinds of dirt together: a split between them is still dirty", () => {
    expect(stateOf({ clean: 0.3, overflow: 0.36, scattered: 0.34, not_a_site: 0 }, THRESHOLDS)).toBe("overflow");
    expect(stateOf({ clean: 0.34, overflow: 0.3, scattered: 0.36, not_a_site: 0 }, THRESHOLDS)).toBe("scattered");
  });
});
