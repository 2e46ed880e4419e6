import { describe, expect, it } from "vitest";
import { adviceFile, adviceFor } from "../../../../cloud/air/standards/advice.ts";
import { standardOf } from "../../../../cloud/air/standards/all-standards.ts";
import { convert } from "../../../../cloud/air/standards/convert.ts";
import { type Asked, indexOf, judge } from "../../../../cloud/air/standards/index-of.ts";
import { overallOf } from "../../../../cloud/air/standards/overall.ts";
import type { Standard } from "../../../../cloud/air/standards/standard.ts";

function named(id: string): Standard {
  const found = standardOf(id);
  if (found === undefined) throw new Error(id);
  return found;
}
const us = named("us-epa-2024");
const eaqi = named("eaqi-2025");
const ru = named("ru-pdk-2021");
const who = named("who-2021");
const pm25 = (change: Partial<Asked>): Asked => ({ pollutant: "pm25", averaging: "24h", value: 12, ...change });

describe("a judgement", () => {
  it("says nothing rather than guess: no number, too few data, another averaging time, an unknown substance", () => {
    expect(judge(us, pm25({ value: Number.NaN }))).toEqual({ none: "not-a-number" });
    expect(judge(us, pm25({ value: Number.POSITIVE_INFINITY }))).toEqual({ none: "not-a-number" });
    expect(judge(us, pm25({ coverage: 0.74 }))).toEqual({ none: "too-few-data" });
    expect(judge(us, pm25({ coverage: Number.NaN }))).toEqual({ none: "too-few-data" });
    expect(judge(us, pm25({ coverage: 0.75 }))).toMatchObject({ index: 56, coverage: 0.75 });
    expect(judge(who, pm25({ averaging: "1h" }))).toEqual({ none: "wrong-averaging" });
    expect(judge(us, pm25({ pollutant: "h2s" }))).toEqual({ none: "unknown-pollutant" });
    expect(judge(us, pm25({ unit: "ppb" }))).toEqual({ none: "unit-cannot-be-converted" });
    expect(indexOf(us, "o3", "8h", 600)).toBeNull();
  });

  it("counts a sensor's negative noise as zero", () => {
    expect(indexOf(us, "pm25", "24h", -0.3)).toMatchObject({ index: 0, rounded: 0 });
    expect(indexOf(us, "pm25", "24h", -10)).toMatchObject({ index: 0, rounded: 0 });
    expect(indexOf(us, "co", "8h", -0.4)).toMatchObject({ index: 0 });
  });

  it("takes a code of a missing value, or what no air can have, for no value", () => {
    for (const value of [-999, -9999, -10.1, 1e10, 1e307, -1e308]) {
      expect(judge(us, pm25({ value }))).toEqual({ none: "not-a-number" });
      expect(judge(named("eaqi-2017-linear"), pm25({ value }))).toEqual({ none: "not-a-number" });
      expect(judge(us, { pollutant: "o3", averaging: "8h", value, unit: "ppb" })).toEqual({ none: "not-a-number" });
    }
    expect(judge(us, { pollutant: "co", averaging: "8h", value: -999 })).toEqual({ none: "not-a-number" });
  });

  it("marks a colour of another averaging time as a hint, and takes a NowCast for the day", () => {
    expect(indexOf(us, "pm25", "now", 28.4)).toMatchObject({ index: 87, isIndicative: true });
    expect(indexOf(us, "pm25", "nowcast", 28.4)).toMatchObject({ index: 87, isIndicative: false });
    expect(indexOf(us, "pm25", "nowcast", 28.4, 0.5)).toMatchObject({ index: 87 });
  });

  it("compares the single limit of Russia with means of 20 minutes only", () => {
    expect(indexOf(ru, "pm25", "20min", 160)).toMatchObject({ multiple: 1, category: { id: "within" } });
    expect(indexOf(ru, "pm25", "20min", 160.01)).toMatchObject({ category: { id: "over" } });
    expect(indexOf(ru, "pm25", "20min", 1_600)).toMatchObject({ multiple: 10, category: { id: "vz" } });
    expect(indexOf(ru, "h2s", "20min", 36)).toMatchObject({ multiple: 4.5, category: { id: "over" } });
    for (const averaging of ["now", "15min", "1h", "8h", "nowcast"] as const) {
      expect(judge(ru, pm25({ averaging, value: 900 }))).toEqual({ none: "wrong-averaging" });
    }
    expect(indexOf(ru, "pm25", "24h", 70)).toMatchObject({ multiple: 2, rule: { limit: 0.035 } });
    expect(judge(ru, pm25({ pollutant: "h2s" }))).toEqual({ none: "wrong-averaging" });
  });

  it("rounds the whole numbers of the revised European table half up", () => {
    expect(indexOf(eaqi, "pm25", "1h", 5.49)).toMatchObject({ index: 1, rounded: 5 });
    expect(indexOf(eaqi, "pm25", "1h", 5.5)).toMatchObject({ index: 2, rounded: 6 });
  });

  it("changes units where the table has others", () => {
    expect(convert("o3", 100, ["ppb", "ug/m3"], 25)).toBeCloseTo(196.2, 1);
    expect(convert("no2", 100, ["ppb", "ug/m3"], 20)).toBeCloseTo(191.25, 1);
    expect(convert("co", 1, ["ppm", "mg/m3"], 25)).toBeCloseTo(1.145, 3);
    expect(convert("pm25", 0.16, ["mg/m3", "ug/m3"], 25)).toBe(160);
    expect(judge(us, { pollutant: "o3", averaging: "8h", value: 0.078, unit: "ppm" })).toMatchObject({ index: 126 });
    expect(judge(us, { pollutant: "o3", averaging: "8h", value: 78, unit: "ppb" })).toMatchObject({ index: 126 });
  });

  it("has words for every severity and group of people", () => {
    for (const severity of [1, 2, 3, 4, 5, 6]) {
      for (const { id } of adviceFile.groups) expect(adviceFor(severity, id)?.ru.length).toBeGreaterThan(10);
    }
  });
});

describe("an index of several substances", () => {
  it("is of the worst one, with what is missing and what was refused", () => {
    const made = overallOf(us, [
      pm25({ value: 40 }),
      { pollutant: "pm10", averaging: "24h", value: 60 },
      { pollutant: "no2", averaging: "1h", value: 40, coverage: 0.2 },
    ]);

    expect(made.worst).toMatchObject({ pollutant: "pm25", index: 112 });
    expect(made.missing).toEqual(["o3", "co", "so2", "no2"]);
    expect(made.refused).toMatchObject([{ why: "too-few-data" }]);
    expect(made.isComplete).toBe(false);
  });

  it("takes the higher of ozone's two averaging times", () => {
    const at = (value8h: number, value1h: number) =>
      overallOf(us, [
        { pollutant: "o3", averaging: "8h", value: value8h, unit: "ppm" },
        { pollutant: "o3", averaging: "1h", value: value1h, unit: "ppm" },
      ]).worst?.index;

    expect(at(0.072, 0.2)).toBe(195);
    expect(at(0.1, 0.13)).toBe(187);
    expect(at(0.06, 0.1)).toBe(67);
  });

  it("holds sulphur dioxide at 200 until a day's mean says more", () => {
    const hour: Asked = { pollutant: "so2", averaging: "1h", value: 400, unit: "ppb" };
    const day = (value: number): Asked => ({ pollutant: "so2", averaging: "24h", value, unit: "ppb" });

    expect(overallOf(us, [hour]).worst).toMatchObject({ index: 200, isAtLeast: true });
    expect(overallOf(us, [hour, day(65)]).worst).toMatchObject({ index: 200, isAtLeast: false });
    expect(overallOf(us, [hour, day(400)]).worst).toMatchObject({ index: 232, isAtLeast: false });
  });

  it("leaves hints out, and is null where the standard asks for more substances", () => {
    const india = named("in-naqi-2014");
    const two: readonly Asked[] = [pm25({ value: 100 }), { pollutant: "no2", averaging: "24h", value: 50 }];

    expect(overallOf(us, [pm25({ averaging: "now", value: 500 })]).worst).toBeNull();
    expect(overallOf(india, two).worst).toBeNull();
    expect(overallOf(india, [...two, { pollutant: "so2", averaging: "24h", value: 10 }]).worst?.index).toBe(232);
    expect(overallOf(us, []).worst).toBeNull();
  });
});
