import { describe, expect, it } from "vitest";
import { standardOf } from "../../../../cloud/air/standards/all-standards.ts";
import type { AverageRow } from "../../../../cloud/http/schemas.ts";
import { countDays, dayAfterKey, daysOfYear, monthsOf } from "../../../../cloud/web/map/calendar/year.ts";

const standard = standardOf("us-epa-2024");
if (standard === undefined) throw new Error("the standard is missing");
const lens = { standard, pollutant: "pm25" } as const;

/** A day as the store has it, named by the midnight of a region so many hours east of Greenwich. */
const rowOf = (date: string, value: number | null, { east = 5, coverage = 1, confidence = 1 } = {}): AverageRow => [
  Date.parse(`${date}T00:00:00Z`) - east * 3_600_000,
  value,
  value,
  coverage,
  confidence,
  [],
  null,
];

describe("a year by days", () => {
  it.each([-8, 0, 5, 12])("puts the mean of a day on its own date in a region at UTC%i", (east) => {
    const days = daysOfYear(2026, "2026-12-31", [rowOf("2026-03-14", 40, { east })], lens);

    expect(days.filter(({ value }) => value !== undefined).map(({ date }) => date)).toEqual(["2026-03-14"]);
    expect(days).toHaveLength(365);
  });

  it("ends today, and has a leap day", () => {
    expect(daysOfYear(2026, "2026-02-03", [], lens).at(-1)?.date).toBe("2026-02-03");
    expect(daysOfYear(2028, "2028-12-31", [], lens)).toHaveLength(366);
  });

  it("counts days by category without doubtful ones, says the worst, and judges no day with too few hours", () => {
    const rows = [
      rowOf("2026-01-01", 5),
      rowOf("2026-01-02", 40),
      rowOf("2026-01-03", 400, { confidence: 0.2 }),
      rowOf("2026-01-04", 60, { coverage: 0.3 }),
      rowOf("2026-01-05", null),
    ];

    const days = daysOfYear(2026, "2026-01-31", rows, lens);
    const { measured, counts, worst } = countDays(standard, days);

    expect(measured).toBe(5);
    expect(counts.map(({ category, count }) => [category.id, count])).toEqual([
      ["good", 1],
      ["sensitive", 1],
    ]);
    expect(worst?.date).toBe("2026-01-02");
    expect(days[3]?.why).toBe("too-few-data");
    expect(days.map(({ isDoubtful }) => isDoubtful).slice(0, 5)).toEqual([false, false, true, false, true]);
  });

  it("begins weeks on Monday", () => {
    const [january] = monthsOf(daysOfYear(2026, "2026-01-31", [], lens));

    // 1 January 2026 is a Thursday.
    expect(january?.weeks[0]?.map((day) => day?.date.slice(8) ?? null)).toEqual([
      null,
      null,
      null,
      "01",
      "02",
      "03",
      "04",
    ]);
    expect(january?.weeks.flat().filter((day) => day !== null)).toHaveLength(31);
  });

  it("is walked through by arrows, Home and End, and never left by them", () => {
    const days = daysOfYear(2026, "2026-02-10", [], lens);

    expect(dayAfterKey(days, 0, "ArrowDown")).toBe(7);
    expect(dayAfterKey(days, 0, "ArrowLeft")).toBe(0);
    expect(dayAfterKey(days, 40, "ArrowDown")).toBe(40);
    expect(dayAfterKey(days, 3, "End")).toBe(30);
    expect(dayAfterKey(days, 35, "Home")).toBe(31);
    expect(dayAfterKey(days, 3, "Tab")).toBeNull();
  });
});
