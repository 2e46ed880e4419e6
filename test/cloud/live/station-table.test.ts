import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { Pollutant } from "../../../cloud/air/pollutants.ts";
import { standards } from "../../../cloud/air/standards/all-standards.ts";
import { judge } from "../../../cloud/air/standards/index-of.ts";
import { type AirValue, AVERAGINGS, type StationFeature, StationStatus } from "../../../cloud/http/schemas.ts";
import { fromTable, StationAnswer, StationTable, TABLE_VERSION, toTable } from "../../../cloud/live/station-table.ts";
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
  const list = { staleAfterMs: 1, offlineAfterMs: 2, table: toTable([aStation()], NOW_MS) };
  const read = (table: object) => StationAnswer.safeParse({ ...list, table }).data;

  it("says to a page of another version that it is of another one, and is no table to it where it is broken", () => {
    const { version, ...unversioned } = list.table;

    expect(version).toBe(TABLE_VERSION);
    expect(read(list.table)).toMatchObject({ features: [{ id: "st-1" }] });
    expect(read({ version: TABLE_VERSION + 1, rows: [] })).toBe("of-another-version");
    expect(read({ ...list.table, version: TABLE_VERSION - 1 })).toBe("of-another-version");
    expect(read(unversioned)).toBe("of-another-version");
    expect(read({ ...list.table, lon: "east" })).toBeUndefined();
  });

  it("is read by pages that do not know a substance or a status of it: the one is left out, the other is offline", () => {
    const air = { ...list.table.air, voc: list.table.air.pm25 };
    const answer = read({ ...list.table, air, status: [StationStatus.options.length] });
    const [station] = typeof answer === "object" ? answer.features : [];

    expect(Object.keys(station?.properties.air ?? {})).toEqual(Object.keys(list.table.air));
    expect(station?.properties).toMatchObject({ status: "offline", isStale: true });
  });

  it("has another version where pages of before would not read it, or would read something else in it", () => {
    const { air, ...columns } = list.table;
    const [values] = Object.values(air).flatMap((averages) => Object.values(averages));

    // Whoever changes one of these gives the table a new version, here and in `TABLE_VERSION`.
    expect({
      version: TABLE_VERSION,
      averagings: AVERAGINGS,
      columns: Object.keys(columns),
      values: Object.keys(values ?? {}),
    }).toEqual({
      version: 1,
      averagings: ["now", "m20", "h1", "nowcast", "h8", "h24"],
      columns: [
        ...["version", "until", "tick", "id", "lon", "lat", "ru", "en", "town", "demo", "lastAt", "status", "more"],
        ...["towns", "words"],
      ],
      values: ["rows", "value", "at", "coverage", "confidence", "flags"],
    });
  });

  it("gives back what a list says of a station", () => {
    const unlisted = { values: {} };
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
            h8: null,
            h24: { ...listed(0), value: null, coverage: 0.25 },
          },
        },
      }),
      aStation({ ...nowhere, ...unlisted, id: "st-2", name: { ru: "Пост", en: "Пост" } }),
    ];

    expect(travelled(features)).toEqual(features);
  });

  it("cuts no value so that any standard says something else of it", () => {
    const edges = [5, 8, 9, 12, 20, 35, 40, 50, 60, 100, 101.597, 160, 300];
    const near = edges.flatMap((edge) => [edge, edge + 0.000_1, edge + 0.009, edge + 0.09, edge - 0.000_1]);
    const values = [...near, 0.000_4, -0.3, 0.100_4];
    const airOf = (value: number) => ({
      now: listed(value),
      m20: null,
      h1: listed(3.3),
      nowcast: null,
      h8: null,
      h24: null,
    });
    for (const pollutant of Pollutant.options) {
      const sent = travelled(values.map((value) => aStation({ air: { [pollutant]: airOf(value) } })));
      const arrived = sent.map(({ properties }) => properties.air[pollutant]?.now?.value ?? Number.NaN);
      for (const standard of standards) {
        for (const { averaging } of standard.tables.filter((table) => table.pollutant === pollutant)) {
          // What is not rounded by its standard may differ by less than anybody is shown.
          const said = (value: number | undefined) => {
            const judged = judge(standard, { pollutant, averaging, value: value ?? Number.NaN });
            if ("none" in judged) return judged;
            const { category, multiple, index } = judged;
            const nearly = (number: number | null) => (number === null ? null : expect.closeTo(number, 0));
            return { category, multiple: nearly(multiple), index: nearly(index) };
          };
          for (const [i, value] of values.entries()) {
            const judged = judge(standard, { pollutant, averaging, value: arrived[i] ?? Number.NaN });
            expect(judged, `${standard.id} ${pollutant} ${averaging} ${value}`).toMatchObject(said(value));
          }
        }
      }
    }
  });

  it("rounds particles to what every edge is a multiple of", () => {
    const edges = standards.flatMap(({ tables }) =>
      tables.flatMap(({ pollutant, unit, limit, bands }) => {
        if (!pollutant.startsWith("pm")) return [];
        const times = unit === "mg/m3" ? 1_000 : 1;
        return [limit ?? 0, ...bands.map(({ from }) => from)].map((edge) => edge * times);
      }),
    );

    for (const edge of edges) expect(edge * 20).toBeCloseTo(Math.round(edge * 20), 9);
    expect(edges.length).toBeGreaterThan(50);
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
        listed(Math.round(level * (0.9 + random() * 0.2) * 1e6) / 1e6, change);
      const averages = () => ({
        now: value({ at: lastAt, coverage: null }),
        m20: value(),
        h1: value(),
        nowcast: value(),
        h8: null,
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
