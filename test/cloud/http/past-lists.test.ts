import { gunzipSync } from "node:zlib";
import { describe, expect, it, onTestFinished } from "vitest";
import { forEachPiece, inPieces, jsonPieces } from "../../../cloud/http/in-pieces.ts";
import { createPastLists } from "../../../cloud/http/past-lists.ts";
import type { StationFeature } from "../../../cloud/http/schemas.ts";
import { StationCollection, tablePieces, toTable } from "../../../cloud/live/station-table.ts";
import type { AirWindow, WindowsQuery } from "../../../cloud/store/measurements/air-windows.ts";
import { aWindow } from "../../suites/air-windows.suite.ts";
import { countTurns } from "../../support/count-turns.ts";
import { httpParts, NOW_MS, openHttp } from "../../support/http-fixture.ts";
import { aStation } from "../web/a-station.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Lists over a store of one changing value, with a clock that a test moves. */
function aPast(features: readonly StationFeature[] = [aStation()]) {
  let nowMs = NOW_MS;
  const seen = { reads: 0, value: 10 };
  const windows = async ({ pollutant, resolution, fromMs }: WindowsQuery): Promise<readonly AirWindow[]> => {
    if (pollutant !== "pm25" || resolution !== "h1") return [];
    seen.reads += 1;
    return features.map(({ id }) => aWindow({ station: id, start: fromMs, value: seen.value }));
  };
  const lists = createPastLists({
    book: { all: () => features },
    airWindows: { windows },
    pastTurns: (_, ask) => ask(),
    clock: { nowMs: () => nowMs },
    staleAfterMs: 900_000,
    offlineAfterMs: 7_200_000,
  });
  const at = async (agoMs: number) => {
    const { packed, etag } = await lists(NOW_MS - agoMs, "10.0.0.1");
    const list = StationCollection.parse(JSON.parse(gunzipSync(packed).toString()));
    return { etag, values: list.features.map(({ properties }) => properties.air.pm25?.h1?.value) };
  };
  return {
    seen,
    at,
    passMs: (ms: number) => {
      nowMs += ms;
    },
  };
}

describe("lists of all stations as they were", () => {
  it("are read once for all who ask together, and again a minute later where late data may still come", async () => {
    const { seen, at, passMs } = aPast();

    await Promise.all([at(HOUR_MS), at(HOUR_MS), at(HOUR_MS)]);
    expect(seen.reads).toBe(1);
    passMs(MINUTE_MS);
    seen.value = 20;

    expect((await at(HOUR_MS)).values).toEqual([20]);
    expect(seen.reads).toBe(2);
  });

  it("are held for ten minutes once they are older than two hours", async () => {
    const { seen, at, passMs } = aPast();

    await at(5 * HOUR_MS);
    passMs(9 * MINUTE_MS);
    await at(5 * HOUR_MS);
    expect(seen.reads).toBe(1);
    passMs(MINUTE_MS);
    seen.value = 20;

    expect((await at(5 * HOUR_MS)).values).toEqual([20]);
  });

  it("keep their tag while they say the same, however often they are read", async () => {
    const { seen, at, passMs } = aPast();

    const first = await at(HOUR_MS);
    passMs(MINUTE_MS);
    const same = await at(HOUR_MS);
    passMs(MINUTE_MS);
    seen.value = 20;
    const other = await at(HOUR_MS);

    expect(seen.reads).toBe(3);
    expect(first.etag).toMatch(/^W\/"/);
    expect(same.etag).toBe(first.etag);
    expect(other.etag).not.toBe(first.etag);
  });
});

describe("long work in pieces", () => {
  it("lets others have their turn between the columns of a table, the members of its JSON and some hundred of many things", async () => {
    const features = Array.from({ length: 2_000 }, (_, n) => aStation({ id: `st-${n}` }));
    let counted = 0;

    expect(await countTurns(() => inPieces(tablePieces(features, NOW_MS)))).toBeGreaterThan(10);
    const table = toTable(features, NOW_MS);
    expect(await countTurns(() => inPieces(jsonPieces({ table }, 4)))).toBeGreaterThan(10);
    const one = () => {
      counted += 1;
    };
    expect(await countTurns(() => inPieces(forEachPiece(features, one)))).toBeGreaterThanOrEqual(4);

    expect(counted).toBe(2_000);
    expect(await inPieces(jsonPieces({ table }, 4))).toBe(JSON.stringify({ table }));
  });
});

describe("the tag of a list", () => {
  it.each(["/api/v1/stations", `/api/v1/stations/at?time=${new Date(NOW_MS - HOUR_MS).toISOString()}`])(
    "of %s is known again among others, also where a proxy weakened it",
    async (url) => {
      const { app, close } = await openHttp(httpParts());
      onTestFinished(close);
      const ask = (known?: string) =>
        app.inject({ url, headers: known === undefined ? {} : { "if-none-match": known } });

      const etag = String((await ask()).headers.etag);

      expect(etag).toMatch(/^W\//);
      expect((await ask(`"other", ${etag}`)).statusCode).toBe(304);
      expect((await ask(etag.slice(2))).statusCode).toBe(304);
      expect((await ask('W/"other"')).statusCode).toBe(200);
    },
  );
});
