import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Hours, nowcastOzone, nowcastPm, ozoneSurrogate } from "../../../../cloud/air/standards/nowcast.ts";

const hours = (...newestFirst: (number | null)[]): Hours => newestFirst;
const manyHours = fc.array(fc.option(fc.double({ min: 0, max: 2_000, noNaN: true })), { maxLength: 14 });

describe("the NowCast of particles", () => {
  it("is AirNow's own example", () => {
    const newestFirst = [34.9, 43, 50, 64.9, 69.2, 66.2, 53.7, 48.6, 49.2, 35, null, 21].toReversed();

    expect(nowcastPm("pm25", newestFirst)).toMatchObject({ value: 28.4, weight: 0.5, hours: 11, of: 12, method: "pm" });
  });

  it("needs two of the three newest hours, whichever they are", () => {
    expect(nowcastPm("pm25", hours(10, null, null, 10, 10)).value).toBeNull();
    expect(nowcastPm("pm25", hours(null, null, 10, 10)).value).toBeNull();
    expect(nowcastPm("pm25", hours(null, 10, 10)).value).toBe(10);
    expect(nowcastPm("pm25", hours(10, null, 10)).value).toBe(10);
    expect(nowcastPm("pm25", []).value).toBeNull();
  });

  it("counts what is below zero as zero, and what is no number as missing", () => {
    expect(nowcastPm("pm25", hours(-3, -1, -2)).value).toBe(0);
    expect(nowcastPm("pm25", hours(Number.NaN, Number.POSITIVE_INFINITY, 5)).value).toBeNull();
    expect(nowcastPm("pm25", hours(-999, -999, 12)).value).toBeNull();
    expect(nowcastPm("pm25", hours(12, 12, -999))).toMatchObject({ value: 12, hours: 2 });
    expect(nowcastOzone(hours(1e308, 1e308, 1e308)).value).toBeNull();
    expect(nowcastPm("pm10", hours(0, 0, 144, 0, 0, 0, 0, 0, 0, 0, 0, 0)).value).toBe(18);
  });

  it("lies between the least and the most of the hours, and knows nothing older than twelve", () => {
    fc.assert(
      fc.property(manyHours, (list) => {
        const { value, untruncated, weight } = nowcastPm("pm25", list);
        const there = list.slice(0, 12).filter((hour) => hour !== null);
        const needed = list.slice(0, 3).filter((hour) => hour !== null).length >= 2;
        expect(value !== null).toBe(needed);
        if (value === null || untruncated === null) return;
        expect(untruncated).toBeGreaterThanOrEqual(Math.min(...there) - 1e-6);
        expect(untruncated).toBeLessThanOrEqual(Math.max(...there) + 1e-6);
        expect(weight).toBeGreaterThanOrEqual(0.5);
        expect(nowcastPm("pm25", [...list.slice(0, 12)]).value).toBe(value);
      }),
    );
  });
});

describe("the NowCast of ozone", () => {
  it("is the example of 2016, whose weight has no least", () => {
    const made = nowcastOzone(hours(63, 69, 80, 74, 60, null, 35, 22));

    expect(made.weight).toBe(0.275);
    expect(made.numerator).toBeCloseTo(89.925, 3);
    expect(made).toMatchObject({ value: 65, hours: 7, of: 8, method: "ozone-weights-2016" });
  });

  it("says when it is only the surrogate of the newest hour", () => {
    expect(nowcastOzone(hours(null, 14, null, 60))).toMatchObject({ value: 16, method: "ozone-surrogate-2019" });
    expect(ozoneSurrogate(hours(14)).untruncated).toBe(16.4);
    expect(nowcastOzone(hours(null, null, null, 60)).value).toBeNull();
  });

  it("falls back where a zero leaves nothing but a missing hour", () => {
    expect(nowcastOzone(hours(null, 20, 0)).method).toBe("ozone-surrogate-2019");
  });
});
