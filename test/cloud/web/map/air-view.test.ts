import { describe, expect, it } from "vitest";
import type { AirValue, StationFeature } from "../../../../cloud/http/schemas.ts";
import { FIRST_CHOICE } from "../../../../cloud/web/map/address/choice.ts";
import { sayAir, sayStation } from "../../../../cloud/web/map/say-place.ts";
import { chosenStandard } from "../../../../cloud/web/map/station/air-store.ts";
import { freshnessOf, type Lens, viewAir } from "../../../../cloud/web/map/station/air-view.ts";
import { createFormat } from "../../../../cloud/web/page/format.ts";
import type { Speech } from "../../../../cloud/web/page/language.ts";
import { words } from "../../../../cloud/web/page/words.ts";
import { aStation, NOW_MS } from "../a-station.ts";

const moment = { nowMs: NOW_MS, staleAfterMs: 900_000, offlineAfterMs: 7_200_000 };
const english: Speech = { language: "en", words: words.en, format: createFormat("en"), name: ({ en }) => en };

function aLens(choice: Partial<Lens["choice"]> = {}, change: Partial<Lens> = {}): Lens {
  const chosen = { ...FIRST_CHOICE, ...choice };
  return { standard: chosenStandard(chosen.standard), choice: chosen, isSafe: false, moment, ...change };
}

const aValue = (change: Partial<AirValue> = {}): AirValue => ({
  value: 35.5,
  raw: 35.5,
  at: NOW_MS - 1_000,
  coverage: null,
  confidence: 1,
  flags: [],
  correction: null,
  ...change,
});

/** A station with some averages of PM2.5. */
const measuring = (
  averages: Partial<Record<"now" | "m20" | "h1" | "nowcast" | "h8" | "h24", AirValue>>,
): StationFeature =>
  aStation({ air: { pm25: { now: null, m20: null, h1: null, nowcast: null, h8: null, h24: null, ...averages } } });

describe("a station on the map", () => {
  it("shows the index of the chosen standard, in its colour", () => {
    const { look, judgement } = viewAir(aStation(), aLens());

    expect(look).toMatchObject({ shape: "live", label: "101", colour: "ff7e00", badge: null, isDoubtful: false });
    expect(judgement?.category.severity).toBe(3);
  });

  it("shows a multiple of the limit where the standard has no index, only over the time that the limit is for", () => {
    const station = measuring({ now: aValue({ value: 80 }), m20: aValue({ value: 80 }) });

    expect(viewAir(station, aLens({ standard: "ru-pdk-2021", average: "m20" })).look.label).toBe("0.5×");
    const now = viewAir(station, aLens({ standard: "ru-pdk-2021", average: "now" }));
    expect(now).toMatchObject({ judgement: null, why: "wrong-averaging" });
    expect(now.look).toMatchObject({ label: "80", colour: null });
  });

  it("has other colours for colour-blind eyes, and the same number", () => {
    const [usual, safe] = [false, true].map((isSafe) => viewAir(aStation(), aLens({}, { isSafe })).look);

    expect(safe?.colour).not.toBe(usual?.colour);
    expect(safe?.label).toBe(usual?.label);
  });

  it("turns late and then offline as time passes, although nothing came, and keeps its place", () => {
    const later = (ms: number) => viewAir(aStation(), aLens({}, { moment: { ...moment, nowMs: NOW_MS + ms } }));

    expect(later(900_000).look).toMatchObject({ shape: "late", label: "101" });
    expect(later(7_200_000).look).toMatchObject({ shape: "offline", label: "–", colour: null });
  });

  it("believes no time from the future", () => {
    const view = viewAir(measuring({ now: aValue({ at: NOW_MS + 3_600_000 }) }), aLens());

    expect(view).toMatchObject({ freshness: "future", judgement: null });
    expect(view.look).toMatchObject({ shape: "offline", badge: "clock" });
    expect(sayAir(english, view, NOW_MS)).toBe("Time not believable");
  });

  it("is an empty circle before its first reading", () => {
    expect(viewAir(aStation({ lastAt: null, air: {} }), aLens()).look).toMatchObject({ shape: "never", label: "" });
  });

  it("is a square in a past moment in which it was silent", () => {
    const view = viewAir(aStation({ lastAt: null, air: {}, status: "offline" }), aLens({ average: "m20" }));

    expect(view.look).toMatchObject({ shape: "offline", label: "–" });
    expect(sayAir(english, view, NOW_MS)).toBe("no reliable value");
  });

  it("says that it does not measure the chosen substance", () => {
    const view = viewAir(aStation(), aLens({ pollutant: "o3" }));

    expect(view.why).toBe("not-measured");
    expect(sayAir(english, view, NOW_MS)).toBe("not measured here");
  });

  it.each([
    ["too-cold", "cold"],
    ["fog", "humid"],
    ["replayed", "replayed"],
    ["channels-disagree", "doubt"],
    ["device:stuck", "doubt"],
    ["a word of a newer server", "doubt"],
  ])("draws %s as the sign %s and says it", (flag, badge) => {
    const station = measuring({ now: aValue({ flags: [flag] }) });
    const view = viewAir(station, aLens());

    expect(view.look.badge).toBe(badge);
    const drawn = { id: station.id, at: [0, 0] as const, properties: {} };
    expect(sayStation(english, { station, view, drawn }, NOW_MS)).toContain(
      Object.entries(words.en.air.badge).find(([key]) => key === badge)?.[1],
    );
  });

  it("stripes a value that is hardly believed, and puts it below every believed one", () => {
    const bad = viewAir(measuring({ now: aValue({ value: 2_000, confidence: 0.2, flags: ["spike"] }) }), aLens());

    expect(bad.look).toMatchObject({ isDoubtful: true, badge: "doubt" });
    expect(bad.order).toBeLessThan(viewAir(measuring({ now: aValue({ value: 1 }) }), aLens()).order);
  });

  it("is sorted by how bad its air is, silent ones last", () => {
    const orders = [
      measuring({ now: aValue({ value: 300 }) }),
      measuring({ now: aValue({ value: 60 }) }),
      measuring({ now: aValue({ value: 56 }) }),
      measuring({ now: aValue({ value: 3 }) }),
      measuring({ now: aValue({ value: 500, at: NOW_MS - 9_000_000 }) }),
      aStation({ lastAt: null, air: {} }),
    ].map((station) => viewAir(station, aLens()).order);

    expect(orders).toEqual(orders.toSorted((a, b) => b - a));
    expect(new Set(orders).size).toBe(orders.length);
  });

  it.each([
    ["at the limit", 900_000, "live"],
    ["a moment later", 900_001, "late"],
    ["for hours", 7_200_001, "offline"],
    ["from a clock that runs ahead", -300_000, "live"],
    ["from the future", -300_001, "future"],
  ])("is judged by its age: %s", (_, ageMs, freshness) => {
    expect(freshnessOf(NOW_MS - ageMs, moment)).toBe(freshness);
  });
});
