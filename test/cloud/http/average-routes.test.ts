import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { createClockWindows } from "../../../cloud/air/windows/clock-windows.ts";
import { computeWindows } from "../../../cloud/air/windows/compute-windows.ts";
import { markDirty } from "../../../cloud/air/windows/dirty-windows.ts";
import { averagesText } from "../../../cloud/http/average-text.ts";
import { inPieces } from "../../../cloud/http/in-pieces.ts";
import { AverageSeries } from "../../../cloud/http/schemas.ts";
import type { WindowsQuery } from "../../../cloud/store/measurements/air-windows.ts";
import { StoreUnavailable } from "../../../cloud/store/measurements/measurements.ts";
import { openSqliteMeasurements } from "../../../cloud/store/measurements/sqlite-measurements.ts";
import { openStateStore } from "../../../cloud/store/state/state-store.ts";
import { aWindow } from "../../suites/air-windows.suite.ts";
import { countTurns } from "../../support/count-turns.ts";
import { httpParts, NOW_MS, openHttp } from "../../support/http-fixture.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** A midnight of UTC some days ago. */
const MIDNIGHT = Math.floor(NOW_MS / DAY_MS) * DAY_MS - 3 * DAY_MS;
const iso = (ms: number) => new Date(ms).toISOString();
const THAT_DAY = `from=${iso(MIDNIGHT)}&to=${iso(MIDNIGHT + DAY_MS)}`;

/** The server over a SQLite file, and the worker that computes averages of what is received. */
async function open() {
  const folder = await tempFolder();
  const state = openStateStore(join(folder, "state.db"));
  const measurements = await openSqliteMeasurements(join(folder, "measurements.db"));
  const http = await openHttp(httpParts({ airWindows: measurements }));
  onTestFinished(async () => {
    await http.close();
    await measurements.close();
    state.close();
  });
  const stores = { measurements, state, clockWindows: createClockWindows("UTC"), nowMs: () => NOW_MS };
  /** One good minute of fine dust each minute. */
  const receive = async (station: string, from: number, values: readonly number[]) => {
    const points = values.map((pm25, n) => {
      const fields = { pm25, confidence: 0.9, flags: "humid" };
      return { tenant: "chel", station, sensor: "sds011", at: from + n * MINUTE_MS, fields };
    });
    await measurements.write(points);
    const touched = points.map(({ at }) => ({ tenant: "chel", station, start: at, end: at + 1 }));
    const reach = { nowMs: NOW_MS - HOUR_MS, oldestMs: 0, oldestMinuteMs: 0 };
    state.transaction(NOW_MS, ({ sql }) => markDirty(sql, touched, reach));
    for (let left = 1; left > 0; ) {
      const { computed, stations } = await computeWindows(stores);
      left = computed + stations.length;
    }
  };
  const get = (query: string, headers: Record<string, string> = {}, station = "st-1") =>
    http.app.inject({ method: "GET", url: `/api/v1/stations/${station}/averages?${query}`, headers });
  return { receive, get };
}

const many = (count: number, value: number) => Array.from({ length: count }, () => value);

describe("GET /api/v1/stations/:id/averages", () => {
  it("answers anyone with minutes, 20 minutes, hours and days of one substance, each with coverage, confidence and flags", async () => {
    const { receive, get } = await open();
    await receive("st-1", MIDNIGHT, [...many(30, 10), ...many(15, 40)]);

    const hours = await get(`pollutant=pm25&average=h1&${THAT_DAY}`);
    const m20 = await get(`average=m20&${THAT_DAY}`);
    const days = await get(`average=h24&${THAT_DAY}`);

    expect(hours.headers).toMatchObject({
      "access-control-allow-origin": "*",
      "ratelimit-policy": '"map";q=10000;w=60',
      "cache-control": "public, no-cache",
    });
    expect(hours.json()).toEqual({
      pollutant: "pm25",
      average: "h1",
      unit: "µg/m³",
      columns: ["start", "value", "raw", "coverage", "confidence", "flags", "correction"],
      stations: [{ station: "st-1", rows: [[MIDNIGHT, 20, 20, 0.75, 0.9, ["humid"], null]] }],
    });
    expect(m20.json().stations[0].rows).toEqual([
      [MIDNIGHT, 10, 10, 1, 0.9, ["humid"], null],
      [MIDNIGHT + 20 * MINUTE_MS, 25, 25, 1, 0.9, ["humid"], null],
      [MIDNIGHT + 40 * MINUTE_MS, 40, 40, 0.25, 0.9, ["humid"], null],
    ]);
    expect((await get(`average=m1&${THAT_DAY}`)).json().stations[0].rows[44]).toEqual([
      MIDNIGHT + 44 * MINUTE_MS,
      40,
      40,
      1,
      0.9,
      ["humid"],
      null,
    ]);
    expect(days.json().stations[0].rows).toEqual([[MIDNIGHT, 20, 20, 0.03125, 0.9, ["humid"], null]]);
    expect((await get(`pollutant=pm10&${THAT_DAY}`)).json().stations).toEqual([{ station: "st-1", rows: [] }]);
    expect((await get(`pollutant=pm1&${THAT_DAY}`)).json().unit).toBe("µg/m³");
  });

  it("is not sent again while it holds, and is another one once late data came", async () => {
    const { receive, get } = await open();
    await receive("st-1", MIDNIGHT, many(30, 10));

    const first = await get(THAT_DAY);
    const known = { "if-none-match": String(first.headers.etag) };
    const same = await get(THAT_DAY, known);
    await receive("st-1", MIDNIGHT + 30 * MINUTE_MS, many(30, 30));
    const late = await get(THAT_DAY, known);

    expect([same.statusCode, same.body]).toEqual([304, ""]);
    expect(first.json().stations[0].rows).toEqual([[MIDNIGHT, 10, 10, 0.5, 0.9, ["humid"], null]]);
    expect(late.statusCode).toBe(200);
    expect(late.json().stations[0].rows).toEqual([[MIDNIGHT, 20, 20, 1, 0.9, ["humid"], null]]);
  });

  it("puts stations beside each other, in the order that was asked for and each once", async () => {
    const { receive, get } = await open();
    await receive("st-1", MIDNIGHT, many(60, 10));
    await receive("st-2", MIDNIGHT, many(60, 50));

    const { stations } = (await get(`${THAT_DAY}&with=st-1,st-2`, {}, "st-2")).json();

    expect(stations).toEqual([
      { station: "st-2", rows: [[MIDNIGHT, 50, 50, 1, 0.9, ["humid"], null]] },
      { station: "st-1", rows: [[MIDNIGHT, 10, 10, 1, 0.9, ["humid"], null]] },
    ]);
  });

  it.each([
    ["m1", 2],
    ["m20", 31],
    ["h1", 400],
    ["h24", 3_653],
  ])("gives of %s %d days and says so where more are asked for", async (average, days) => {
    const parts = httpParts();
    parts.passMs(10 * 365 * DAY_MS);
    const nowMs = parts.clock.nowMs();
    const { app, close } = await openHttp(parts);
    const ask = (ms: number) =>
      app.inject({ url: `/api/v1/stations/st-1/averages?average=${average}&from=${iso(nowMs - ms)}&to=${iso(nowMs)}` });

    expect((await ask(days * DAY_MS)).statusCode).toBe(200);
    const more = await ask(days * DAY_MS + 1);
    expect(more.statusCode).toBe(400);
    expect(more.json().message).toContain(`at most ${days} days of ${average}`);
    await close();
  });

  it("gives of several stations so many days that their windows are 12,000, and says so where more are asked for", async () => {
    const parts = httpParts();
    parts.passMs(10 * 365 * DAY_MS);
    const nowMs = parts.clock.nowMs();
    const { app, close } = await openHttp(parts);
    onTestFinished(close);
    const ask = (ms: number) =>
      app.inject({ url: `/api/v1/stations/st-1/averages?with=st-2&from=${iso(nowMs - ms)}&to=${iso(nowMs)}` });

    expect((await ask(250 * DAY_MS)).statusCode).toBe(200);
    const more = await ask(250 * DAY_MS + 1);
    expect(more.statusCode).toBe(400);
    expect(more.json().message).toContain("at most 250 days of h1");
  });

  it("asks the store for one station after the other, so that others have their turn between", async () => {
    let atOnce = 0;
    const asked: (readonly string[] | undefined)[] = [];
    const windows = async ({ stations }: WindowsQuery) => {
      atOnce += 1;
      asked.push(stations);
      await nextTurn();
      atOnce -= 1;
      return atOnce === 0 ? [] : Promise.reject(new Error("two questions at once"));
    };
    const { app, close } = await openHttp(httpParts({ airWindows: { windows } }));
    onTestFinished(close);

    const answer = await app.inject({ url: `/api/v1/stations/st-2/averages?with=st-1&${THAT_DAY}` });

    expect(answer.statusCode).toBe(200);
    expect(asked).toEqual([["st-2"], ["st-1"]]);
  });

  it("is written some hundred rows at a time", async () => {
    const windows = Array.from({ length: 5_000 }, (_, n) => aWindow({ start: n * HOUR_MS }));
    const told = { pollutant: "pm25", average: "h1", stations: [{ station: "st-1", windows }] } as const;
    let text = "";

    const turns = await countTurns(async () => {
      text = await inPieces(averagesText(told));
    });

    expect(turns).toBeGreaterThanOrEqual(9);
    expect(AverageSeries.parse(JSON.parse(text)).stations[0]?.rows).toHaveLength(5_000);
  });

  it.each([
    ["", 400],
    ["from=", 400],
    ["from=soon", 400],
    ["from=2019-12-31", 400],
    [`from=${iso(NOW_MS + DAY_MS)}`, 400],
    [`from=${iso(MIDNIGHT)}&to=${iso(MIDNIGHT)}`, 400],
    [`${THAT_DAY}&average=8h`, 400],
    [`${THAT_DAY}&pollutant=dust`, 400],
    [`${THAT_DAY}&with=../etc`, 400],
    [`${THAT_DAY}&with=a,b,c,d`, 400],
    [`${THAT_DAY}&with=st-9`, 404],
  ])("refuses %s with %d", async (query, status) => {
    const { app, close } = await openHttp(httpParts());

    expect((await app.inject({ url: `/api/v1/stations/st-1/averages?${query}` })).statusCode).toBe(status);
    await close();
  });

  it("has the limit of the map, which a crowd behind one address shares, not that of open data; and says when the store is away", async () => {
    const windows = () => Promise.reject(new StoreUnavailable("away"));
    const { app, close } = await openHttp(
      httpParts({ airWindows: { windows }, openDataPerMinute: 1, mapPerMinute: 3 }),
    );
    const ask = () => app.inject({ url: `/api/v1/stations/st-1/averages?${THAT_DAY}` });

    const stations = await app.inject({ url: "/api/v1/open/stations.geojson" });
    const statuses = [await ask(), await ask(), await ask(), await ask()].map(({ statusCode }) => statusCode);

    expect(stations.statusCode).toBe(200);
    expect(statuses).toEqual([503, 503, 503, 429]);
    await close();
  });
});
