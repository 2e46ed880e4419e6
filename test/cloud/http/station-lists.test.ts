import { describe, expect, it, onTestFinished } from "vitest";
import { createNewestList } from "../../../cloud/http/newest-list.ts";
import { createStationBook } from "../../../cloud/http/station-book.ts";
import { StationChanges, StationCollection } from "../../../cloud/live/station-table.ts";
import { indexRegistry } from "../../../cloud/registry/registry-index.ts";
import { openEvents } from "../../support/event-stream.ts";
import { aSample, httpParts, listenHttp, NOW_MS, REGISTRY } from "../../support/http-fixture.ts";

const LIMITS = { staleAfterMs: 900_000, offlineAfterMs: 7_200_000 };

describe("the book of stations", () => {
  it("is brought up to date a part at a time where very many change at once, and tells of each", () => {
    const stations = Array.from({ length: 1_200 }, (_, at) => ({ ...aPlace(), id: `st-${at}` }));
    const index = indexRegistry({ ...REGISTRY, stations, assignments: [] });
    let pm25 = 1;
    const sampleOf = (station: string) => [aSample({ station, values: { pm25 } })];
    const book = createStationBook({
      ...LIMITS,
      view: {
        latestSamples: () => stations.flatMap(({ id }) => sampleOf(id)),
        latestSamplesOf: sampleOf,
        averages: () => [],
        averagesOf: () => ({}),
      },
      registry: { current: () => index },
      clock: { nowMs: () => NOW_MS, monotonicMs: () => NOW_MS },
    });
    book.takeChanges();
    pm25 = 2;

    for (const { id } of stations) book.touch(id);
    const told = [];
    do told.push(book.takeChanges());
    while (book.isBehind());

    expect(told.length).toBeGreaterThan(1);
    expect(new Set(told.flat().map(({ id }) => id)).size).toBe(1_200);
    expect(book.all().every(({ properties }) => properties.air.pm25?.now?.value === 2)).toBe(true);
  });
});

const aPlace = () => {
  const [place] = REGISTRY.stations;
  if (place === undefined) throw new TypeError("the registry of the tests has stations");
  return place;
};

describe("the list of all stations", () => {
  it("is written once for each tick of the stream, however many ask while data come in, and never behind what was told", async () => {
    const parts = httpParts();
    const server = await listenHttp(parts);
    onTestFinished(() => server.close());
    const events = await openEvents(`${server.url}/api/v1/live`);
    onTestFinished(() => events.close());
    const say = (pm25: number) => {
      parts.state.samples = [aSample({ values: { pm25 } })];
      parts.tell({ kind: "station", station: "st-1" });
    };
    const ask = async () => {
      const answer = await fetch(`${server.url}/api/v1/stations`);
      const { features } = StationCollection.parse(await answer.json());
      return { etag: answer.headers.get("etag"), pm25: features[0]?.properties.air.pm25?.now?.value };
    };

    const startMs = performance.now();
    const between = [];
    for (let reader = 1; reader <= 40; reader++) {
      say(reader);
      between.push(await ask());
    }
    const ticks = Math.ceil((performance.now() - startMs) / 1000);
    for (let told = 0; told !== 40; ) {
      told = StationChanges.parse((await events.next()).data)[0]?.properties.air.pm25?.now?.value ?? 0;
    }
    const afterTick = await Promise.all(Array.from({ length: 20 }, ask));

    expect(between[0]?.pm25).toBe(1);
    expect(new Set(between.map(({ etag }) => etag)).size).toBeLessThanOrEqual(1 + ticks);
    expect(new Set(afterTick.map(({ etag }) => etag)).size).toBe(1);
    expect(afterTick[0]?.pm25).toBe(40);
  });

  it("is written one at a time: who needs a newer one waits for the next with all others", async () => {
    let version = 1;
    const written: number[] = [];
    const book = {
      all: () => {
        written.push(version);
        return [];
      },
      version: () => version,
    };
    const newest = createNewestList({ ...LIMITS, book, clock: { nowMs: () => NOW_MS }, epoch: "start" });

    const first = newest();
    const rest = [2, 3, 4].flatMap((later) => {
      version = later;
      return [newest(), newest()];
    });
    const tags = (await Promise.all([first, ...rest])).map(({ etag }) => etag);

    expect(tags).toEqual(['W/"start.1"', ...rest.map(() => 'W/"start.4"')]);
    expect(written).toEqual([1, 4]);
    expect((await newest()).etag).toBe('W/"start.4"');
    expect(written).toEqual([1, 4]);
  });
});
