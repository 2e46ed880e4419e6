import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Ranges, unite } from "#kit/ranges.ts";
import { subtract } from "../../../../cloud/store/state/subtract-ranges.ts";

const numbersOf = (ranges: Ranges) =>
  ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i));
const anyRanges = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 6 })), { maxLength: 8 })
  .map((list) =>
    unite(
      [],
      list.map(([first, more]) => [first, first + more]),
    ),
  );

describe("subtract", () => {
  it("leaves exactly the numbers that were not taken", () => {
    fc.assert(
      fc.property(anyRanges, anyRanges, (from, taken) => {
        const gone = new Set(numbersOf(taken));

        expect(numbersOf(subtract(from, taken))).toEqual(numbersOf(from).filter((n) => !gone.has(n)));
      }),
    );
  });
});
