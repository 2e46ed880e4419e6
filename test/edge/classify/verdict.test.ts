import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { probabilitiesOf, stateOf } from "../../../edge/classify/verdict.ts";

const THRESHOLDS = { clean: 0.6, overflow: 0.6, scattered: 0.6, not_a_site: 0.6 };

describe("probabilitiesOf", () => {
  it("always sums to 1, however large the outputs", () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 4, maxLength: 4 }),
        (logits) => {
          const { clean, overflow, scattered, not_a_site } = probabilitiesOf(logits);

          expect(clean + overflow + scattered + not_a_site).toBeCloseTo(1, 6);
        },
      ),
    );
  });

  it("keeps the order of the labels", () => {
    const probabilities = probabilitiesOf([0, 1, 2, 3]);

    expect(probabilities.clean).toBeLessThan(probabilities.overflow);
    expect(probabilities.scattered).toBeLessThan(probabilities.not_a_site);
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
