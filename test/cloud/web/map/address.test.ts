import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Pollutant } from "../../../../cloud/air/pollutants.ts";
import { AVERAGINGS } from "../../../../cloud/http/schemas.ts";
import { type Address, addressOf, hashOfAddress } from "../../../../cloud/web/map/address/address.ts";
import { FIRST_CHOICE } from "../../../../cloud/web/map/address/choice.ts";
import { hashOf, type View, viewOf } from "../../../../cloud/web/map/address/view-address.ts";

const PLAIN: Address = { view: { kind: "map" }, choice: FIRST_CHOICE, atMs: null, camera: null, language: null };

describe("the path of a view", () => {
  it.each<View>([
    { kind: "map" },
    { kind: "list" },
    { kind: "legend" },
    { kind: "station", id: "st-1" },
    { kind: "site", id: "site-1" },
    { kind: "compare", ids: ["st-1", "st-2", "st-3", "st-4"] },
  ])("leads back to %o", (view) => {
    expect(viewOf(hashOf(view))).toEqual(view);
  });

  it.each([
    "",
    "#",
    "#/station",
    "#/station/../x",
    "#/elsewhere/1",
    "#/site/UPPER",
    "#/station/a,b",
    "#/compare/a,b,c,d,e",
  ])("%s is the plain map", (path) => {
    expect(viewOf(path)).toEqual({ kind: "map" });
  });

  it("names no station twice in a comparison", () => {
    expect(viewOf("#/compare/a,b,a")).toEqual({ kind: "compare", ids: ["a", "b"] });
  });
});

describe("the address of the page", () => {
  it("carries place, standard, substance, time span, moment, station and language to another reader", () => {
    const addresses = fc.record<Address>({
      view: fc.constantFrom<View>(
        { kind: "list" },
        { kind: "station", id: "st-7" },
        { kind: "compare", ids: ["a", "b"] },
      ),
      choice: fc.record({
        standard: fc.constantFrom("us-epa-2024", "ru-pdk-2021", "who-2021"),
        pollutant: fc.constantFrom(...Pollutant.options),
        average: fc.constantFrom(...AVERAGINGS),
      }),
      atMs: fc.option(fc.integer({ min: 29_000_000, max: 31_000_000 }).map((minutes) => minutes * 60_000)),
      camera: fc.option(
        fc.record({
          lat: fc.integer({ min: -840_000, max: 840_000 }).map((at) => at / 10_000),
          lng: fc.integer({ min: -1_790_000, max: 1_790_000 }).map((at) => at / 10_000),
          zoom: fc.integer({ min: 40, max: 170 }).map((at) => at / 10),
        }),
      ),
      language: fc.option(fc.constantFrom("ru", "en")),
    });

    fc.assert(
      fc.property(addresses, (address) => {
        expect(addressOf(hashOfAddress(address))).toEqual(address);
      }),
    );
  });

  it("can be read by a person", () => {
    const atMs = Date.parse("2026-11-22T10:40:00Z");
    const address = { ...PLAIN, atMs, camera: { lat: 55.128, lng: 61.487, zoom: 10.5 }, language: "ru" } as const;

    expect(hashOfAddress(address)).toBe(
      "#/?standard=us-epa-2024&pollutant=pm25&average=now&at=2026-11-22T10:40Z&map=55.1280,61.4870,10.5&lang=ru",
    );
  });

  it.each([
    "",
    "#/?pollutant=gold&average=never&standard=../x",
    "#/?at=yesterday&map=100,200,3&lang=xx",
    "#/?at=2026-99-99T10:40Z&map=55.1,61.4",
  ])("takes what it cannot read for not said: %s", (hash) => {
    expect(addressOf(hash)).toEqual(PLAIN);
  });
});
