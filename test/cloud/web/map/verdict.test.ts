import { describe, expect, it } from "vitest";
import type { AverageSeries } from "../../../../cloud/http/schemas.ts";
import { distanceKm, nearestTo, verdictOf } from "../../../../cloud/web/map/card/verdict.ts";
import { averagesOf, fitOf, keptAverage, ownAverage } from "../../../../cloud/web/map/choose/averages.ts";
import type { LngLat } from "../../../../cloud/web/map/geometry.ts";
import { matches } from "../../../../cloud/web/map/list/search.ts";
import { averageFor, seriesOf } from "../../../../cloud/web/map/station/air-series.ts";
import { chosenStandard, type SeenStation } from "../../../../cloud/web/map/station/air-store.ts";
import { viewAir } from "../../../../cloud/web/map/station/air-view.ts";
import { correctionOf, surenessOf } from "../../../../cloud/web/map/station/sureness.ts";
import { compassAt } from "../../../../cloud/web/map/station/wind.ts";
import { airEn, airRu } from "../../../../cloud/web/page/words/air.ts";
import { aStation, NOW_MS } from "../a-station.ts";

const moment = { nowMs: NOW_MS, staleAfterMs: 900_000, offlineAfterMs: 7_200_000 };
const choice = { standard: "us-epa-2024", pollutant: "pm25", average: "now" } as const;
const lens = { standard: chosenStandard(choice.standard), choice, isSafe: false, moment };

function seen(id: string, value: number, at: LngLat = [61.4, 55.1], confidence = 1, ageMs = 0): SeenStation {
  const now = { value, raw: value, at: NOW_MS - ageMs, coverage: null, confidence, flags: [], correction: null };
  const station = {
    ...aStation({
      id,
      lastAt: now.at,
      air: { pm25: { now, m20: null, h1: null, nowcast: null, h8: null, h24: null } },
    }),
    geometry: { type: "Point" as const, coordinates: [at[0], at[1]] satisfies [number, number] },
  };
  return { station, view: viewAir(station, lens), drawn: { id, at, properties: {} } };
}

describe("the answer for what the map shows", () => {
  it("is the station in the middle, and the worst beside it", () => {
    const { typical, worst, speaking, all } = verdictOf([seen("a", 5), seen("b", 20), seen("c", 90)], null);

    expect([typical?.station.id, worst?.station.id, speaking, all]).toEqual(["b", "c", 3, 3]);
  });

  it("is not moved by one broken sensor at 2,000, and says that half of the stations are silent", () => {
    const quiet = [1, 2, 3].map((n) => seen(`off-${n}`, 400, [61.4, 55.1], 1, 9_000_000));
    const { typical, worst, speaking, all } = verdictOf(
      [seen("a", 5), seen("b", 20), seen("broken", 2_000, [61.4, 55.1], 0.1), ...quiet],
      null,
    );

    expect([typical?.station.id, worst?.station.id, speaking, all]).toEqual(["b", "b", 3, 6]);
  });

  it("looks only at what is in the window, and says nothing where nobody speaks", () => {
    const far = seen("far", 300, [10, 50]);

    expect(verdictOf([seen("a", 5), far], [61, 55, 62, 56]).worst?.station.id).toBe("a");
    expect(verdictOf([], null)).toEqual({ typical: null, worst: null, speaking: 0, all: 0 });
  });
});

describe("the station near me", () => {
  it("is the nearest one that speaks", () => {
    const silent = seen("silent", 5, [61.4, 55.1], 1, 9_000_000);

    expect(
      nearestTo([61.4, 55.1], [seen("far", 9, [62, 55]), silent, seen("near", 7, [61.41, 55.11])])?.seen.station.id,
    ).toBe("near");
    expect(nearestTo([61.4, 55.1], [silent])?.seen.station.id).toBe("silent");
    expect(nearestTo([61.4, 55.1], [])).toBeUndefined();
  });

  it("is measured along the ground", () => {
    // Chelyabinsk to Yekaterinburg: about 193 km.
    expect(distanceKm([61.4, 55.16], [60.6, 56.84])).toBeCloseTo(193.4, 0);
  });
});

describe("the choice of a standard", () => {
  it("keeps the time where the standard says something of it, and goes to its own where not", () => {
    const [us, russia, who] = ["us-epa-2024", "ru-pdk-2021", "who-2021"].map(chosenStandard);
    if (us === undefined || russia === undefined || who === undefined) throw new Error("a standard is missing");

    expect(fitOf(us, "pm25", "now")).toBe("hint");
    expect(ownAverage(us, "pm25")).toBe("nowcast");
    expect(keptAverage(us, "pm25", "now")).toBe("now");
    expect(keptAverage(russia, "pm25", "now")).toBe("m20");
    expect(keptAverage(who, "pm25", "now")).toBe("h24");
    expect(keptAverage(who, "nh3", "now")).toBe("now");
    // Ozone is judged by 8 hours; fine dust has none.
    expect(keptAverage(who, "o3", "now")).toBe("h8");
    expect(fitOf(us, "o3", "h8")).toBe("judged");
    expect(averagesOf("o3")).toContain("h8");
    expect(averagesOf("pm25")).not.toContain("h8");
    expect(keptAverage(who, "h2s", "h8")).toBe("h1");
  });
});

describe("how sure a value is", () => {
  it("is said in three words, and never as sure where there is no value", () => {
    const value = { value: 1, at: 0, coverage: 1, flags: [] };

    expect([0.9, 0.8, 0.6, 0.5, 0.4].map((confidence) => surenessOf({ ...value, confidence }))).toEqual([
      "high",
      "high",
      "medium",
      "medium",
      "low",
    ]);
    expect(surenessOf({ ...value, value: null, confidence: 1 })).toBe("low");
  });

  it("names the formula with its version, or why there is none", () => {
    const used = [{ id: "epa-2021", version: "1" }];

    expect(correctionOf("epa-2021@1")).toEqual({ used, none: [] });
    expect(correctionOf("none:no-humidity")).toEqual({ used: [], none: ["no-humidity"] });
    expect(correctionOf("epa-2021@1+none:too-humid")).toEqual({ used, none: ["too-humid"] });
    expect(correctionOf(null)).toEqual({ used: [], none: [] });
  });

  it("has words in both languages for each reason that the corrections have", () => {
    const reasons = ["no-humidity", "no-temperature", "too-humid", "beyond-formula", "no-mass", "no-formula"];
    const chosen = [
      "by-setting",
      "unknown-formula",
      "not-for-this-instrument",
      "no-pm25",
      "no-pm25-atm",
      "no-pm25-cf1",
    ];

    for (const words of [airEn, airRu]) {
      expect(Object.keys(words.formulaNone).sort()).toEqual([...reasons, ...chosen].sort());
    }
  });
});

describe("the search in the list", () => {
  const place = {
    name: { ru: "Шахтёров, школа № 4", en: "Shakhtyorov, school 4" },
    municipalityName: { ru: "Копейск", en: "Kopeysk" },
  };

  it.each([
    ["шахтеров", true],
    ["КОПЕЙСК школа", true],
    ["school kop", true],
    ["", true],
    ["Мира", false],
  ])("%s: %s", (sought, found) => {
    expect(matches(place, sought)).toBe(found);
  });
});

describe("the history of a station", () => {
  type Row = AverageSeries["stations"][number]["rows"][number];
  const row = (
    n: number,
    [value, raw, coverage, confidence]: readonly [number | null, number, number, number],
  ): Row => [n * 60_000, value, raw, coverage, confidence, [], null];

  it("has raw beside corrected, its doubtful stretch, and how much of the period was measured", () => {
    const rows = [row(0, [6, 10, 1, 1]), row(1, [null, 10, 0, 0.2]), row(2, [6, 10, 1, 0.3]), row(9, [6, 10, 1, 1])];

    expect(seriesOf({ station: "a", rows }, "m1", 1 / 6)).toEqual({
      station: "a",
      value: [
        [30_000, 6],
        [90_000, null],
        [150_000, 6],
        [570_000, 6],
      ],
      raw: [
        [30_000, 10],
        [90_000, 10],
        [150_000, 10],
        [570_000, 10],
      ],
      doubts: [[60_000, 180_000]],
      coverage: 0.3,
      meanOfMs: 60_000,
    });
  });

  it("has no second line where nothing was corrected", () => {
    expect(seriesOf({ station: "a", rows: [row(0, [6, 6, 1, 1])] }, "m1", 1).raw).toEqual([]);
  });

  it("is made of minutes for a day, of 20 minutes for a week, of hours for a month", () => {
    expect([1, 24, 168, 720].map(averageFor)).toEqual(["m1", "m1", "m20", "h1"]);
  });
});

describe("the wind", () => {
  it("has a name by where it comes from", () => {
    expect([0, 44, 90, 225, 337, 359].map(compassAt)).toEqual([0, 1, 2, 5, 7, 0]);
  });
});
