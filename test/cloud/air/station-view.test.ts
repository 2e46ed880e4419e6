import { describe, expect, it } from "vitest";
import { stationFeature } from "../../../cloud/air/station-view.ts";
import type { LatestSample } from "../../../cloud/store/state/state-view.ts";
import type { Station } from "../../../common/contract/registry.ts";

const NOW = 1_800_000_000_000;
const moment = { nowMs: NOW, staleAfterMs: 900_000, offlineAfterMs: 7_200_000 };
const station: Station = {
  id: "st-1",
  tenant: "chel",
  municipality: "m-1",
  name: { ru: "Пост", en: "Post" },
  position: [61.4, 55.16],
  demo: true,
};
const town = { ru: "Город", en: "Town" };

const aSample = (change: Partial<LatestSample> = {}): LatestSample => ({
  station: "st-1",
  sensor: "sds011",
  at: NOW - 1000,
  values: { pm25: 35.5, pm10: 60 },
  replay: null,
  ...change,
});

describe("stationFeature", () => {
  it("shows the newest raw PM2.5 with its units, and where it is", () => {
    const { properties, geometry } = stationFeature(station, town, [aSample()], {}, moment);

    expect(geometry.coordinates).toEqual([61.4, 55.16]);
    expect(properties).toMatchObject({ air: { pm25: { now: { value: 35.5 } } }, isStale: false, lastAt: NOW - 1000 });
    expect(properties.values.pm25).toEqual({ value: 35.5, at: NOW - 1000, sensor: "sds011", unit: "µg/m³" });
  });

  it("takes the atmospheric PM2.5 of a Plantower when it is the newest", () => {
    const samples = [aSample({ at: NOW - 500_000 }), aSample({ sensor: "pms", values: { pm25_atm: 5 } })];

    expect(stationFeature(station, town, samples, {}, moment).properties.air.pm25?.now?.value).toBe(5);
  });

  it("shows no field that it does not know", () => {
    const { properties } = stationFeature(station, town, [aSample({ values: { pm25: 3, pm4_mass: 7 } })], {}, moment);

    expect(Object.keys(properties.values)).toEqual(["pm25"]);
  });

  it("keeps a station without any sample, with nulls", () => {
    const { properties } = stationFeature(station, town, [], {}, moment);

    expect(properties).toMatchObject({
      lastAt: null,
      isStale: true,
      values: {},
    });
  });

  it("keeps a stale station's values and says since when", () => {
    const lastAt = NOW - 900_001;

    const { properties } = stationFeature(station, town, [aSample({ at: lastAt })], {}, moment);

    expect(properties).toMatchObject({ lastAt, isStale: true, values: { pm25: { value: 35.5 } } });
  });

  it("is not stale at the very limit, nor when a device's clock is a little ahead", () => {
    const atLimit = stationFeature(station, town, [aSample({ at: NOW - 900_000 })], {}, moment);
    const ahead = stationFeature(station, town, [aSample({ at: NOW + 5000 })], {}, moment);

    expect([atLimit.properties.isStale, ahead.properties.isStale]).toEqual([false, false]);
  });

  it("takes nothing from the future for the air of now", () => {
    const future = NOW + 5 * 60_000 + 1;

    const alone = stationFeature(station, town, [aSample({ at: future })], {}, moment);
    const beside = stationFeature(
      station,
      town,
      [aSample({ at: future, values: { pm25: 999 } }), aSample({ sensor: "pms", values: { pm25_atm: 5 } })],
      {},
      moment,
    );

    expect(alone.properties).toMatchObject({ isStale: true, values: { pm25: { value: 35.5 } } });
    expect(beside.properties).toMatchObject({
      isStale: false,
      lastAt: NOW - 1000,
      air: { pm25: { now: { value: 5 } } },
    });
  });

  it("shows the newest value of each pollutant with its raw value, correction and doubts, and marks the station", () => {
    const notes = {
      model: "pms5003",
      corrected: { pm25: 21.3 },
      correction: "epa-2021@1",
      flags: ["humid"],
      confidence: 0.6,
    };
    const samples = [
      aSample({ values: { pm25_atm: 35.5, pm10_atm: 60 }, notes, replay: "albany" }),
      aSample({ sensor: "wind", at: NOW, values: { wind_speed: 3, wind_direction: 270 } }),
    ];

    const { properties } = stationFeature(station, town, samples, {}, moment);

    expect(properties.air.pm25?.now).toEqual({
      value: 21.3,
      raw: 35.5,
      at: NOW - 1000,
      coverage: null,
      confidence: 0.6,
      flags: ["humid"],
      correction: "epa-2021@1",
    });
    expect(properties.air.pm10?.now).toMatchObject({ value: 60, raw: 60 });
    expect(properties.air.o3).toBeUndefined();
    expect(properties).toMatchObject({
      status: "live",
      marks: ["humid"],
      wind: { speed: 3, direction: 270 },
      sensors: [
        { sensor: "sds011", model: "pms5003" },
        { sensor: "wind", model: null },
      ],
    });
  });

  describe("says of now", () => {
    const noted = (confidence: number, mass: number, flags: string[] = []) => ({
      values: { pm25_atm: mass },
      notes: { model: "pms5003", corrected: {}, correction: null, flags, confidence },
    });
    const nowOf = (...samples: readonly LatestSample[]) =>
      stationFeature(station, town, samples, {}, moment).properties.air.pm25?.now;

    it("what the good channel says, however new the stuck one is", () => {
      const a = aSample({ sensor: "a", at: NOW - 3000, ...noted(1, 12) });
      const b = aSample({ sensor: "b", ...noted(0.2, 900, ["flatline"]) });

      expect(nowOf(a, b)).toMatchObject({ value: 12, raw: 12, at: NOW - 3000, confidence: 1, flags: ["flatline"] });
    });

    it("the mean of good channels, without one that has been silent for long", () => {
      const long = aSample({ sensor: "c", at: NOW - 600_000, ...noted(1, 500) });

      const now = nowOf(aSample({ sensor: "a", ...noted(1, 12) }), aSample({ sensor: "b", ...noted(0.5, 15) }), long);

      expect(now).toMatchObject({ value: 13.5, raw: 13.5, confidence: 0.75 });
    });

    it("nothing where no sample is good, and keeps what was said", () => {
      const now = nowOf(aSample(noted(0, 2000, ["spike"])));

      expect(now).toMatchObject({ value: null, raw: 2000, confidence: 0, flags: ["spike"] });
    });
  });

  it.each([
    ["never", []],
    ["live", [aSample({ at: NOW - 900_000 })]],
    ["late", [aSample({ at: NOW - 900_001 })]],
    ["offline", [aSample({ at: NOW - 7_200_001 })]],
    ["offline", [aSample({ at: NOW + 3_600_000 })]],
  ])("says that a station is %s", (status, samples) => {
    expect(stationFeature(station, town, samples, {}, moment).properties.status).toBe(status);
  });

  it("names the recording that the particles are replayed from", () => {
    const samples = [aSample({ replay: "albany" }), aSample({ sensor: "bme280", at: NOW, values: { humidity: 40 } })];

    expect(stationFeature(station, town, samples, {}, moment).properties.replay).toBe("albany");
  });
});
