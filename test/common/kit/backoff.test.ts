import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { backoffMs } from "#kit/backoff.ts";

const bounds = { baseMs: 500, maxMs: 60_000 };

describe("backoffMs", () => {
  it("never waits less than half the base nor longer than the bound", () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (attempt, random) => {
        const ms = backoffMs(attempt, bounds, random);

        expect(ms).toBeGreaterThanOrEqual(250);
        expect(ms).toBeLessThanOrEqual(60_000);
      }),
    );
  });

  it("grows with each attempt until the bound", () => {
    const delays = [0, 1, 2, 3, 4, 5, 6, 7, 8].map((attempt) => backoffMs(attempt, bounds, 0.999_999));

    expect(delays).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  });
});
