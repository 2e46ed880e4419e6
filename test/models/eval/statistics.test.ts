import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bootstrap, comparePaired, meanOfShares, quantile, shareOf } from "../../../models/eval/statistics.ts";

const counts = fc.nat(500).chain((n) => fc.tuple(fc.nat(n), fc.constant(Math.max(1, n))));
const outcome = fc.record({ first: fc.boolean(), second: fc.boolean() });

describe("the interval of a share", () => {
  it("is the one of Wilson's paper: 81 of 263 (Newcombe 1998, table I)", () => {
    const { value, low, high } = shareOf(81, 263);

    expect(value).toBeCloseTo(0.308, 3);
    expect(low).toBeCloseTo(0.2553, 4);
    expect(high).toBeCloseTo(0.3662, 4);
  });

  it("says something at none and at all: 0 of 20 may be up to 16 %", () => {
    expect(shareOf(0, 20)).toMatchObject({ value: 0, low: 0 });
    expect(shareOf(0, 20).high).toBeCloseTo(0.1611, 4);
    expect(shareOf(20, 20).low).toBeCloseTo(1 - 0.1611, 4);
  });

  it("holds the share, lies within 0 and 1, and narrows with more cases", () => {
    fc.assert(
      fc.property(counts, ([hits, n]) => {
        const { value, low, high } = shareOf(hits, n);
        const more = shareOf(hits * 10, n * 10);

        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
        expect(low).toBeLessThanOrEqual(value);
        expect(high).toBeGreaterThanOrEqual(value);
        expect(more.high - more.low).toBeLessThan(high - low);
      }),
    );
  });

  it("is nothing where nothing was counted", () => {
    expect(shareOf(0, 0).value).toBeNaN();
  });
});

describe("the mean of shares", () => {
  it("is less sure than the surest of them, and never fully sure", () => {
    const { value, low, high } = meanOfShares([shareOf(20, 20), shareOf(40, 40)]);

    expect([value, high]).toEqual([1, 1]);
    expect(low).toBeCloseTo(1 - Math.hypot(1 - shareOf(20, 20).low, 1 - shareOf(40, 40).low) / 2, 10);
    expect(low).toBeLessThan(0.95);
  });

  it("of one share is that share", () => {
    fc.assert(
      fc.property(counts, ([hits, n]) => {
        const share = shareOf(hits, n);
        const mean = meanOfShares([share]);

        expect(mean.value).toBeCloseTo(share.value, 10);
        expect(mean.low).toBeCloseTo(share.low, 10);
        expect(mean.high).toBeCloseTo(share.high, 10);
      }),
    );
  });

  it("is nothing where one of them is", () => {
    expect(meanOfShares([shareOf(3, 4), shareOf(0, 0)]).value).toBeNaN();
    expect(meanOfShares([]).value).toBeNaN();
  });
});

describe("the bootstrap", () => {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

  it("gives the same interval for the same seed, and another for the next", () => {
    const group = Array.from({ length: 60 }, (_, i) => (i * 37) % 11);

    expect(bootstrap([group], mean, 7)).toEqual(bootstrap([group], mean, 7));
    expect(bootstrap([group], mean, 8)).not.toEqual(bootstrap([group], mean, 7));
  });

  it("agrees with Wilson's interval about a plain share", () => {
    const group = Array.from({ length: 400 }, (_, i) => (i < 300 ? 1 : 0));

    const drawn = bootstrap([group], mean, 7);

    expect(drawn.low).toBeCloseTo(shareOf(300, 400).low, 1.7);
    expect(drawn.high).toBeCloseTo(shareOf(300, 400).high, 1.7);
  });

  it("keeps each group at its size, so that a figure of groups that never vary has no width", () => {
    const { low, high, value } = bootstrap([[1, 1, 1], [0]], mean, 7);

    expect([low, value, high]).toEqual([0.75, 0.75, 0.75]);
  });
});

describe("two models on the same photos", () => {
  it("are told apart by the photos that only one has right", () => {
    const cells = (count: number, first: boolean, second: boolean) =>
      Array.from({ length: count }, () => ({ first, second }));
    const outcomes = [
      ...cells(80, true, true),
      ...cells(2, true, false),
      ...cells(15, false, true),
      ...cells(3, false, false),
    ];

    const { difference, p, onlyFirst, onlySecond } = comparePaired(outcomes);

    expect([onlyFirst, onlySecond]).toEqual([2, 15]);
    expect(difference.value).toBeCloseTo(0.13, 10);
    // Agresti & Min 2005: half a case added to each cell, by hand: 13/102 ± 1.96 · √(18 − 169/102)/102.
    expect(difference.low).toBeCloseTo(0.0498, 3);
    expect(difference.high).toBeCloseTo(0.2051, 3);
    // 2 · (1 + 17 + 136) / 2¹⁷
    expect(p).toBeCloseTo((2 * 154) / 131_072, 10);
  });

  it("change sides with the sign: the same interval mirrored, the same p", () => {
    fc.assert(
      fc.property(fc.array(outcome, { minLength: 1, maxLength: 200 }), (outcomes) => {
        const there = comparePaired(outcomes);
        const back = comparePaired(outcomes.map(({ first, second }) => ({ first: second, second: first })));

        expect(back.difference.low).toBeCloseTo(-there.difference.high, 10);
        expect(back.difference.high).toBeCloseTo(-there.difference.low, 10);
        expect(back.p).toBeCloseTo(there.p, 10);
        expect(there.p).toBeGreaterThan(0);
        expect(there.p).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("are never told apart by photos on which they agree", () => {
    const same = Array.from({ length: 300 }, (_, i) => ({ first: i % 3 > 0, second: i % 3 > 0 }));

    const { difference, p } = comparePaired(same);

    expect(difference.low).toBeLessThan(0);
    expect(difference.high).toBeGreaterThan(0);
    expect(p).toBe(1);
  });
});

describe("a quantile", () => {
  it("is one of the values, and grows with the share", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer(), { minLength: 1 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, at) => {
          const ascending = values.toSorted((a, b) => a - b);

          expect(values).toContain(quantile(ascending, at));
          expect(quantile(ascending, at)).toBeLessThanOrEqual(quantile(ascending, 1));
        },
      ),
    );
  });
});
