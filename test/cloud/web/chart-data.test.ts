import { describe, expect, it } from "vitest";
import { chartData, type Point, summaryOf, withNewest } from "../../../cloud/web/map/chart-data.ts";
import { words } from "../../../cloud/web/page/words.ts";

const everyMinute = (minutes: readonly number[]): Point[] => minutes.map((minute) => [minute * 60_000, minute]);

describe("the chart", () => {
  it("draws no line across a time in which nothing was measured", () => {
    const { seconds, values } = chartData(everyMinute([0, 1, 2, 30, 31]));

    expect(values).toEqual([0, 1, 2, null, 30, 31]);
    expect(seconds).toEqual([0, 60, 120, 960, 1800, 1860]);
  });

  it("draws a line across one missed reading", () => {
    expect(chartData(everyMinute([0, 1, 3, 4])).values).toEqual([0, 1, 3, 4]);
  });

  it("draws one point and none", () => {
    expect(chartData(everyMinute([7])).values).toEqual([7]);
    expect(chartData([]).values).toEqual([]);
  });

  it("puts the newest live value at the end, once", () => {
    const points = everyMinute([1, 2]);

    expect(withNewest(points, [180_000, 9], 0, 240_000)).toEqual([...points, [180_000, 9]]);
    expect(withNewest(points, [120_000, 9], 0, 240_000)).toEqual(points);
  });

  it("lets go of what has left the period", () => {
    expect(withNewest(everyMinute([1, 2]), undefined, 90_000, 240_000)).toEqual([[120_000, 2]]);
    expect(withNewest([], [60_000, 1], 90_000, 240_000)).toEqual([]);
  });

  it("has no place for a value from the future", () => {
    expect(withNewest(everyMinute([1]), [240_001, 9], 0, 240_000)).toEqual(everyMinute([1]));
  });

  it.each([
    [7_200, "7 seconds", "7 секунд"],
    [60_000, "1 minute", "1 минуту"],
    [172_801, "3 minutes", "3 минуты"],
    [1_209_601, "20 minutes", "20 минут"],
    [3_600_000, "1 hour", "1 час"],
  ])("names a mean over %i ms as a person would", (meanOfMs, english, russian) => {
    expect(words.en.map.chartMeans(meanOfMs)).toBe(`each point is the mean of ${english}`);
    expect(words.ru.map.chartMeans(meanOfMs)).toBe(`каждая точка: среднее за ${russian}`);
  });

  it("says its lowest, highest and last value in words", () => {
    expect(summaryOf(everyMinute([3, 9, 1, 4]))).toEqual({ lowest: 1, highest: 9, last: 4 });
    expect(summaryOf([])).toBeUndefined();
  });
});
