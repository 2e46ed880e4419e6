import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countOf, hasNumber, type Ranges, unite, withNumber } from "#kit/ranges.ts";

const numbers = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 80 });
const rangesOf = (ns: readonly number[]): Ranges => ns.reduce<Ranges>((ranges, n) => withNumber(ranges, n), []);

describe("ranges", () => {
  it("hold exactly the numbers that were put in, however often and in whatever order", () => {
    fc.assert(
      fc.property(numbers, (ns) => {
        const ranges = rangesOf(ns);
        const set = new Set(ns);

        expect(countOf(ranges)).toBe(set.size);
        for (let n = 0; n <= 61; n++) expect(hasNumber(ranges, n)).toBe(set.has(n));
      }),
    );
  });

  it("stay sorted, disjoint and never adjacent", () => {
    fc.assert(
      fc.property(numbers, (ns) => {
        const ranges = rangesOf(ns);

        ranges.forEach(([first, last], at) => {
          expect(first).toBeLessThanOrEqual(last);
          const next = ranges[at + 1];
          if (next !== undefined) expect(next[0]).toBeGreaterThan(last + 1);
        });
      }),
    );
  });

  it("unite into the ranges of all their numbers", () => {
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        expect(unite(rangesOf(a), rangesOf(b))).toEqual(rangesOf([...a, ...b]));
      }),
    );
  });
});
