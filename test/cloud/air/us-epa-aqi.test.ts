import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { AQI_BANDS, airQualityIndex, categoryOfIndex } from "../../../cloud/air/us-epa-aqi.ts";

describe("airQualityIndex", () => {
  it.each([
    [0, 0],
    [9, 50],
    [9.04, 50],
    [9.09, 50],
    [9.1, 51],
    [35.4, 100],
    [35.499, 100],
    [35.5, 101],
    [55.4, 150],
    [55.5, 151],
    [125.4, 200],
    [125.5, 201],
    [225.4, 300],
    [225.5, 301],
    [325.4, 500],
    [400, 649],
    [1000, 1844],
  ])("gives PM2.5 of %d µg/m³ the published index %d", (ugM3, index) => {
    expect(airQualityIndex("pm25", ugM3)).toBe(index);
  });

  it.each([
    [54.9, 50],
    [55, 51],
    [154, 100],
    [300, 173],
    [604, 500],
  ])("gives PM10 of %d µg/m³ the published index %d", (ugM3, index) => {
    expect(airQualityIndex("pm10", ugM3)).toBe(index);
  });

  it("truncates to tenths whatever binary fractions do", () => {
    const tenths = Array.from({ length: 10_001 }, (_, n) => n);

    const ofTenths = tenths.map((n) => airQualityIndex("pm25", n / 10));
    const ofMore = tenths.map((n) => airQualityIndex("pm25", n / 10 + 0.09));

    expect(ofMore).toEqual(ofTenths);
  });

  it("never falls when the concentration rises", () => {
    const indices = Array.from({ length: 6_001 }, (_, n) => airQualityIndex("pm25", n / 10) ?? Number.NaN);

    expect(indices).toEqual(indices.toSorted((a, b) => a - b));
  });

  it("counts a sensor's negative noise as zero and gives nothing for what is no number", () => {
    expect(airQualityIndex("pm25", -0.3)).toBe(0);
    expect(airQualityIndex("pm25", Number.NaN)).toBeNull();
    expect(airQualityIndex("pm25", Number.POSITIVE_INFINITY)).toBeNull();
  });
});

describe("categoryOfIndex", () => {
  it("gives each band of the table its category, and everything above it the worst", () => {
    for (const { category, index } of AQI_BANDS) {
      expect(index.map(categoryOfIndex)).toEqual([category, category]);
    }
    expect(categoryOfIndex(1844)).toBe("hazardous");
  });
});

const vectorsFile = join(import.meta.dirname, "../../../../shared/air/vectors.json");
const Vector = z.object({
  id: z.string(),
  input: z.object({
    pollutant: z.enum(["pm25", "pm10"]),
    ugm3: z.number().optional(),
    value: z.number().optional(),
  }),
  expect: z.number(),
});
const Vectors = z.object({ vectors: z.array(z.looseObject({ group: z.string(), status: z.string() })) });

describe.skipIf(!existsSync(vectorsFile))("published vectors (skipped where ../shared is missing)", () => {
  const all = existsSync(vectorsFile) ? Vectors.parse(JSON.parse(readFileSync(vectorsFile, "utf8"))).vectors : [];
  const ours = all
    .filter(({ group, status }) => group === "us_epa_aqi_2024" && status !== "conflict_do_not_use")
    .flatMap((vector) => Vector.safeParse(vector).data ?? []);

  it("are met, all of PM2.5 and PM10", () => {
    const got = ours.map(({ id, input: { pollutant, ugm3, value } }) => ({
      id,
      index: airQualityIndex(pollutant, ugm3 ?? value ?? Number.NaN),
    }));

    expect(got).toEqual(ours.map(({ id, expect: index }) => ({ id, index })));
    expect(ours.length).toBeGreaterThan(20);
  });
});
