import { describe, expect, it } from "vitest";
import { minutesOf, minuteWindows } from "../../../../cloud/air/windows/minute-windows.ts";
import { aPoint, NOON_MS } from "../../../suites/measurements.suite.ts";

const MINUTE_MS = 60_000;
const HOUR = { start: NOON_MS, end: NOON_MS + 60 * MINUTE_MS };
const at = (ms: number, fields: Parameters<typeof aPoint>[0] = {}) => aPoint({ at: NOON_MS + ms, ...fields });

describe("minuteWindows", () => {
  it("is the mean of a minute's good samples, corrected where a formula was applied, beside the raw mean", () => {
    const judged = { correction: "epa-2021@1", confidence: 0.9, flags: "" };
    const points = [
      at(0, { fields: { pm25: 20, pm25_corrected: 12, ...judged } }),
      at(30_000, { fields: { pm25: 30, pm25_corrected: 16, ...judged, flags: "humid" } }),
    ];

    expect(minuteWindows(points, HOUR)).toEqual([
      {
        tenant: "chel",
        station: "st-1",
        pollutant: "pm25",
        resolution: "m1",
        start: NOON_MS,
        value: 14,
        raw: 25,
        minutes: 1,
        coverage: 1,
        confidence: 0.9,
        flags: ["humid"],
        correction: "epa-2021@1",
      },
    ]);
  });

  it("leaves doubtful samples out of the mean, and says what was wrong with them", () => {
    const points = [
      at(0, { fields: { pm25: 2_000, confidence: 0.1, flags: "spike" } }),
      at(1, { fields: { pm25: 10, confidence: 1, flags: "" } }),
    ];

    expect(minuteWindows(points, HOUR)).toMatchObject([{ value: 10, raw: 10, coverage: 1, flags: ["spike"] }]);
  });

  it("says no value where every sample is doubtful; the raw one stays to be seen", () => {
    const points = [at(0, { fields: { pm25: 2_000, confidence: 0.1, flags: "spike" } })];

    expect(minuteWindows(points, HOUR)).toMatchObject([
      { value: null, raw: 2_000, minutes: 0, coverage: 0, confidence: 0.1 },
    ]);
  });

  it("averages channels A and B each for itself first", () => {
    const a = [0, 1, 2].map((ms) => at(ms, { sensor: "a", fields: { pm25: 10 } }));

    expect(minuteWindows([...a, at(3, { sensor: "b", fields: { pm25: 30 } })], HOUR)).toMatchObject([{ value: 20 }]);
  });

  it("takes no corrected value whose formula was taken back, and corrects nothing but fine dust", () => {
    const fields = { pm25: 20, pm25_corrected: 12, pm10: 40, correction: "none:no-humidity" };

    expect(minuteWindows([at(0, { fields })], HOUR)).toMatchObject([
      { pollutant: "pm25", value: 20, correction: "none:no-humidity" },
      { pollutant: "pm10", value: 40, correction: null },
    ]);
  });

  it("lets a median over minutes stand for each of them", () => {
    const points = [at(5 * MINUTE_MS, { fields: { pm25: 7, window_ms: 5 * MINUTE_MS } })];

    const windows = minuteWindows(points, HOUR);

    expect(windows.map(({ start, value }) => [(start - NOON_MS) / MINUTE_MS, value])).toEqual(
      [0, 1, 2, 3, 4].map((minute) => [minute, 7]),
    );
    expect(minutesOf(NOON_MS + 5 * MINUTE_MS, 5 * MINUTE_MS)).toEqual({ start: NOON_MS, end: NOON_MS + 5 * MINUTE_MS });
  });

  it("gives the same windows in whatever order the points come", () => {
    const points = [0, 1, 2, 3].map((n) =>
      at(n * 20_000, { sensor: `s${n % 2}`, fields: { pm25: n, flags: n % 2 === 0 ? "humid" : "late" } }),
    );

    const sorted = (some: typeof points) => minuteWindows(some, HOUR).toSorted((a, b) => a.start - b.start);
    expect(sorted(points.toReversed())).toEqual(sorted(points));
  });
});
