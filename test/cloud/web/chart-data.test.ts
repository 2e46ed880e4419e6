import { describe, expect, it } from "vitest";
import { chartData, joined, type Point, summaryOf } from "../../../cloud/web/map/station/chart-data.ts";
import { words } from "../../../cloud/web/page/words.ts";

const everyMinute = (minutes: readonly number[]): Point[] => minutes.map((minute) => [minute * 60_000, minute]);

describe("the chart", () => {
  it("draws no line across a time in which nothing was measured", () => {
    const { seconds, lines } = chartData([everyMinute([0, 1, 2, 30, 31])]);

    expect(lines).toEqual([[0, 1, 2, null, 30, 31]]);
    expect(seconds).toEqual([0, 60, 120, 960, 1800, 1860]);
  });

  it("draws a line across one missed reading, one point and none", () => {
    expect(chartData([everyMinute([0, 1, 3, 4])]).lines).toEqual([[0, 1, 3, 4]]);
    expect(chartData([everyMinute([7])]).lines).toEqual([[7]]);
    expect(chartData([[]]).lines).toEqual([[]]);
  });

  it("puts several lines on one axis, each with its own points and gaps", () => {
    const { seconds, lines } = chartData([everyMinute([0, 2]), everyMinute([1, 2])]);

    expect(seconds).toEqual([0, 60, 120]);
    expect(lines).toEqual([
      [0, undefined, 2],
      [undefined, 1, 2],
    ]);
  });

  it("joins the stretches that it hatches where they touch", () => {
    expect(
      joined([
        [5, 9],
        [0, 2],
        [2, 4],
        [8, 12],
      ]),
    ).toEqual([
      [0, 4],
      [5, 12],
    ]);
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
    expect(summaryOf([...everyMinute([3, 5]), [360_000, null]])).toEqual({ lowest: 3, highest: 5, last: 5 });
    expect(summaryOf([])).toBeUndefined();
  });
});
