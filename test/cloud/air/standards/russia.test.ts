import { describe, expect, it } from "vitest";
import {
  highestRepeatability,
  monthGrade,
  pdkOf,
  pollutionIndex,
  pollutionLevel,
  russianRules,
  standardIndex,
} from "../../../../cloud/air/standards/russia.ts";

describe("the Russian indices", () => {
  it("take the highest multiple of all posts and substances (СИ) and the highest share above the limit (НП)", () => {
    const series = [
      { post: "a", pollutant: "pm25", values: [80, 160, 320, null] },
      { post: "b", pollutant: "co", values: [1, 2, 20, 3] },
      { post: "c", pollutant: "bap", values: [1] },
    ];

    expect(standardIndex(series)).toBe(4);
    expect(highestRepeatability(series)).toBeCloseTo(33.33, 2);
    expect(standardIndex([{ post: "a", pollutant: "pm25", values: [null, Number.NaN] }])).toBeNull();
    expect(highestRepeatability([])).toBeNull();
  });

  it.each([
    [0.9, 0, "low"],
    [1.49, 0, "low"],
    [1.5, 0, "raised"],
    [4.49, 19.4, "raised"],
    [4.5, 0, "high"],
    [10.49, 0, "high"],
    [10.5, 0, "very-high"],
    [1, 20, "high"],
    [1, 50, "very-high"],
  ])("give a month of СИ %d and НП %d the grade %s", (si, np, grade) => {
    expect(monthGrade(si, np)?.id).toBe(grade);
  });

  it("give no grade for what is not known", () => {
    expect(monthGrade(null, 3)).toBeNull();
    expect(monthGrade(2, Number.NaN)).toBeNull();
  });

  it("sum the five worst parts of a year (ИЗА), and say nothing of the whole with fewer", () => {
    const limit = (name: string) => pdkOf(name, "24h") ?? 0;
    const at = (name: string, times: number) => ({ pollutant: name, mean: limit(name) * times });
    const six = [at("tsp", 2), at("so2", 1), at("co", 1), at("no2", 1), at("formaldehyde", 1), at("phenol", 0.1)];

    expect(pollutionIndex(six).iza).toBeCloseTo(6, 9);
    expect(pollutionIndex(six).grade?.id).toBe("raised");
    expect(pollutionIndex(six).parts.map(({ pollutant }) => pollutant)).not.toContain("phenol");
    expect(pollutionIndex(six.slice(0, 4))).toMatchObject({ iza: null, grade: null });
    expect(pollutionIndex([{ pollutant: "pm25", mean: 50 }]).left).toEqual(["pm25"]);
  });

  it.each([
    [4.6, "low"],
    [4.99, "low"],
    [5, "raised"],
    [6.6, "raised"],
    [7, "high"],
    [13.6, "high"],
    [14, "very-high"],
  ])("grade a year of ИЗА %d as the grades are printed, without rounding: %s", (iza, grade) => {
    const at = (name: string, times: number) => ({ pollutant: name, mean: (pdkOf(name, "24h") ?? 0) * times });
    const ones = ["so2", "co", "no2", "formaldehyde"].map((name) => at(name, 1));

    // Dust is of the third class: its exponent is 1.
    expect(pollutionIndex([at("tsp", iza - 4), ...ones]).grade?.id).toBe(grade);
  });

  it("take other exponents as data", () => {
    const ozone = [{ pollutant: "o3", mean: (pdkOf("o3", "24h") ?? 0) * 2 }];

    expect(pollutionIndex(ozone).sum).toBeCloseTo(2 ** 1.5, 9);
    expect(pollutionIndex(ozone, russianRules.iza.formerExponents).sum).toBeCloseTo(2 ** 1.7, 9);
  });

  it.each([
    [9.99, 100, "none"],
    [10, 0.33, "VZ"],
    [25, 48, "VZ"],
    [25, 48.1, "EVZ"],
    [30, 7.9, "VZ"],
    [30, 8, "EVZ"],
    [50, 0, "EVZ"],
    [Number.NaN, 8, "none"],
  ])("call %d times the single limit for %d hours %s", (multiple, hours, label) => {
    expect(pollutionLevel(multiple, hours)).toBe(label);
  });
});
