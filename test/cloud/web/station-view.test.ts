import { describe, expect, it } from "vitest";
import { sayAir } from "../../../cloud/web/map/say-place.ts";
import { compareStations, freshnessOf, severityOf, viewStation } from "../../../cloud/web/map/station-view.ts";
import { createFormat } from "../../../cloud/web/page/format.ts";
import type { Speech } from "../../../cloud/web/page/language.ts";
import { words } from "../../../cloud/web/page/words.ts";
import { aStation, NOW_MS } from "./a-station.ts";

const STALE_AFTER_MS = 900_000;
const english: Speech = { language: "en", words: words.en, format: createFormat("en"), name: ({ en }) => en };

describe("a station on the map", () => {
  it("shows its index and category while its fine dust is fresh", () => {
    expect(viewStation(aStation(), NOW_MS, STALE_AFTER_MS)).toEqual({
      freshness: "fresh",
      atMs: NOW_MS - 1_000,
      label: "101",
      category: "sensitive",
    });
  });

  it("turns grey as time passes, although nothing came", () => {
    const view = viewStation(aStation(), NOW_MS + STALE_AFTER_MS, STALE_AFTER_MS);

    expect(view).toMatchObject({ freshness: "stale", label: "–", category: null, atMs: NOW_MS - 1_000 });
  });

  it("is stale when its fine dust is, even if the thermometer still speaks", () => {
    const station = aStation({
      lastAt: NOW_MS,
      values: {
        pm25: { value: 35.5, at: NOW_MS - 2 * STALE_AFTER_MS, sensor: "sds011", unit: "µg/m³" },
        temperature: { value: -7, at: NOW_MS, sensor: "bme280", unit: "°C" },
      },
    });

    expect(viewStation(station, NOW_MS, STALE_AFTER_MS).freshness).toBe("stale");
  });

  it("has no number when its fine dust comes from the future", () => {
    const at = NOW_MS + 3_600_000;
    const station = aStation({ lastAt: at, values: { pm25: { value: 35.5, at, sensor: "sds011", unit: "µg/m³" } } });

    const view = viewStation(station, NOW_MS, STALE_AFTER_MS);

    expect(view).toMatchObject({ freshness: "future", label: "–", category: null });
    expect(sayAir(english, view, NOW_MS)).toBe("Time not believable");
  });

  it("has no number before its first reading", () => {
    const station = aStation({ lastAt: null, pm25: null, aqi: null, category: null, values: {} });

    expect(viewStation(station, NOW_MS, STALE_AFTER_MS)).toMatchObject({ freshness: "none", label: "–" });
  });

  it("has no number when it measures no fine dust", () => {
    const station = aStation({
      pm25: null,
      aqi: null,
      category: null,
      values: { temperature: { value: -7, at: NOW_MS, sensor: "bme280", unit: "°C" } },
    });

    expect(viewStation(station, NOW_MS, STALE_AFTER_MS)).toMatchObject({ freshness: "fresh", label: "–" });
  });

  it.each([
    ["at the limit", STALE_AFTER_MS, "fresh"],
    ["a moment later", STALE_AFTER_MS + 1, "stale"],
    ["from a clock that runs ahead", -5 * 60_000, "fresh"],
    ["from the future", -5 * 60_000 - 1, "future"],
  ])("is judged %s", (_, ageMs, freshness) => {
    expect(freshnessOf(NOW_MS - ageMs, NOW_MS, STALE_AFTER_MS)).toBe(freshness);
  });

  it("lies on top of better neighbours where circles overlap", () => {
    const severity = (change: Parameters<typeof aStation>[0]) =>
      severityOf(viewStation(aStation(change), NOW_MS, STALE_AFTER_MS));

    expect(severity({ category: "hazardous" })).toBeGreaterThan(severity({ category: "good" }));
    expect(severity({ category: null, aqi: null })).toBe(0);
  });

  it("stands in the list by how bad its air is, stale and empty ones last", () => {
    const old = { value: 1, at: 0, sensor: "sds011", unit: "µg/m³" };
    const ahead = { ...old, at: NOW_MS + 3_600_000 };
    const stations = [
      aStation({ id: "empty", lastAt: null, aqi: null, values: {} }),
      aStation({ id: "ahead", aqi: 300, values: { pm25: ahead } }),
      aStation({ id: "good", aqi: 12 }),
      aStation({ id: "stale", aqi: 300, lastAt: 0, values: { pm25: old } }),
      aStation({ id: "bad", aqi: 170 }),
    ];

    const order = stations.toSorted(compareStations(NOW_MS, STALE_AFTER_MS)).map(({ id }) => id);

    expect(order).toEqual(["bad", "good", "ahead", "stale", "empty"]);
  });
});
