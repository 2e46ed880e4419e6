import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { AirValue, StationFeature } from "../../../cloud/http/schemas.ts";
import { fromTable, StationTable, toTable } from "../../../cloud/live/station-table.ts";
import { aStation, NOW_MS } from "../web/a-station.ts";

const listed = (value: number, change: Partial<AirValue> = {}): AirValue => ({
  value,
  at: NOW_MS - 5_000,
  coverage: 1,
  confidence: 0.95,
  flags: [],
  ...change,
});

/** Through the wire and back. */
const travelled = (features: readonly StationFeature[]) =>
  fromTable(StationTable.parse(JSON.parse(JSON.stringify(toTable(features, NOW_MS)))));

describe("the table of stations", () => {
  it("gives back what a list says of a station", () => {
    const unlisted = { values: {}, pm25: null, aqi: null, category: null };
    const nowhere = { air: {}, lastAt: null, status: "never", isStale: true } as const;
    const features = [
      aStation({
        ...unlisted,
        marks: ["humid"],
        replay: "albany",
        wind: { speed: 3.5, direction: null },
        air: {
          pm25: {
            now: listed(12.3, { coverage: null, flags: ["humid", "late"] }),
            m20: null,
            h1: listed(0),
            nowcast: null,
            h24: { ...listed(0), value: null, coverage: 0.25 },
          },
        },
      }),
      aStation({ ...nowhere, ...unlisted, id: "st-2", name: { ru: "Пост", en: "Пост" } }),
    ];

    expect(travelled(features)).toEqual(features);
  });

  it("rounds a value down, so that a rule that truncates gives the same index", () => {
    const air = { pm25: { now: listed(9.0999), m20: null, h1: null, nowcast: null, h24: null } };

    expect(travelled([aStation({ air })])[0]?.properties.air.pm25?.now?.value).toBe(9);
  });

  it("carries 10,000 stations with two pollutants under every average in 250 KB", () => {
    let seed = 1;
    const random = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    const features = Array.from({ length: 10_000 }, (_, n): StationFeature => {
      const lastAt = NOW_MS - Math.floor(random() * 60) * 1000;
      const level = 5 + random() * 40;
      const value = (change: Partial<AirValue> = {}) =>
        listed(Math.round(level * (0.9 + random() * 0.2) * 10) / 10, change);
      const averages = () => ({
        now: value({ at: lastAt, coverage: null }),
        m20: value(),
        h1: value(),
        nowcast: value(),
        h24: value(),
      });
      const station = aStation({
        lastAt,
        id: `chel-${n}`,
        name: { ru: `Пост ${n}`, en: `Post ${n}` },
        values: {},
        air: { pm25: averages(), pm10: averages() },
      });
      return { ...station, geometry: { type: "Point", coordinates: [61 + random(), 55 + random()] } };
    });

    const packed = gzipSync(JSON.stringify(toTable(features, NOW_MS)), { level: 9 });

    expect(packed.length).toBeLessThan(250_000);
  });
});
