import { describe, expect, it, onTestFinished } from "vitest";
import type { AirWindow, WindowsQuery } from "../../../cloud/store/measurements/air-windows.ts";
import { StoreUnavailable } from "../../../cloud/store/measurements/measurements.ts";
import { httpParts, NOW_MS, openHttp } from "../../support/http-fixture.ts";

const HOUR_MS = 3_600_000;
const FIRST = Date.UTC(2026, 10, 20);
const ROOT = "/api/v1/sensorthings/v1.1";
const HOST = "http://air.example";

const hourAt = (n: number): AirWindow => ({
  ...{ tenant: "chel", station: "st-1", pollutant: "pm25", resolution: "h1", start: FIRST + n * HOUR_MS },
  ...{ value: n, raw: n + 1, minutes: 60, coverage: 1, confidence: 0.9, flags: [], correction: "epa-2023@1" },
});

/** The server over ten hours of st-1. */
async function open(windows?: (query: WindowsQuery) => Promise<readonly AirWindow[]>) {
  const asked: WindowsQuery[] = [];
  const hours = Array.from({ length: 10 }, (_, n) => hourAt(n));
  const airWindows = {
    windows: async (query: WindowsQuery) => {
      asked.push(query);
      if (windows !== undefined) return windows(query);
      return hours.filter(({ start }) => start >= query.fromMs && start < query.toMs);
    },
  };
  const { app, close } = await openHttp(httpParts({ airWindows }));
  onTestFinished(close);
  const get = async (path: string) => {
    const url = path.startsWith("http") ? path.slice(HOST.length) : `${ROOT}/${path}`;
    const answer = await app.inject({ url, headers: { host: "air.example" } });
    return { status: answer.statusCode, headers: answer.headers, body: answer.json() };
  };
  return { get, asked };
}

const SINCE = encodeURIComponent("phenomenonTime ge 2026-11-01T00:00:00Z");
const STREAM = "Datastreams('st-1:pm25')/Observations";

describe("OGC SensorThings 1.1", () => {
  it("names its sets, and may be read by any site's page", async () => {
    const { get } = await open();

    const { body, headers } = await get("");
    const root = (await get(`${HOST}${ROOT}`)).body;

    expect(body).toMatchObject({ code: "not-found" });
    expect(headers["access-control-allow-origin"]).toBe("*");
    expect(root.value).toContainEqual({ name: "Things", url: `${HOST}${ROOT}/Things` });
    expect(root.serverSettings.conformance.length).toBeGreaterThan(0);
  });

  it("leads from a station over its links to its hours and back, each link to what it names", async () => {
    const { get } = await open();

    const thing = (await get("Things('st-1')")).body;
    const streams = (await get(thing["Datastreams@iot.navigationLink"])).body.value;
    const observations = (await get(streams[0]["Observations@iot.navigationLink"])).body.value;
    const back = (await get(`${observations[3]["Datastream@iot.navigationLink"]}/Thing/Locations`)).body.value;

    expect(thing).toMatchObject({ "@iot.id": "st-1", "@iot.selfLink": `${HOST}${ROOT}/Things('st-1')`, name: "Post" });
    expect(streams).toMatchObject([{ "@iot.id": "st-1:pm25", unitOfMeasurement: { symbol: "µg/m³" } }]);
    expect(observations[3]).toEqual({
      "@iot.id": `st-1:pm25:${FIRST + 3 * HOUR_MS}`,
      "@iot.selfLink": `${HOST}${ROOT}/Observations('st-1:pm25:${FIRST + 3 * HOUR_MS}')`,
      "Datastream@iot.navigationLink": `${HOST}${ROOT}/Observations('st-1:pm25:${FIRST + 3 * HOUR_MS}')/Datastream`,
      phenomenonTime: "2026-11-20T03:00:00.000Z/2026-11-20T04:00:00.000Z",
      resultTime: "2026-11-20T04:00:00.000Z",
      result: 3,
      parameters: { raw: 4, coverage: 1, confidence: 0.9, flags: [], correction: "epa-2023@1" },
    });
    expect((await get(observations[3]["@iot.selfLink"])).body).toEqual(observations[3]);
    expect(back).toMatchObject([{ location: { type: "Point", coordinates: [61.4, 55.16] } }]);
    for (const path of ["Sensor", "ObservedProperty", "Thing"]) {
      const one = (await get(streams[0][`${path}@iot.navigationLink`])).body;
      expect((await get(one["@iot.selfLink"])).body).toEqual(one);
    }
  });

  it("gives pages with links to the next, a count where it is asked for, and only what is selected", async () => {
    const { get } = await open();

    const first = (await get(`${STREAM}?$top=4&$count=true&$select=result,id&$filter=${SINCE}`)).body;
    const second = (await get(first["@iot.nextLink"])).body;
    const third = (await get(second["@iot.nextLink"])).body;
    const things = (await get("Things?$top=1")).body;

    expect(first["@iot.count"]).toBe(10);
    expect(first.value[1]).toEqual({ result: 1, "@iot.id": `st-1:pm25:${FIRST + HOUR_MS}` });
    const results = [first, second, third].map(({ value }) => value.map(({ result }: { result: number }) => result));
    expect(results).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9],
    ]);
    expect(third).not.toHaveProperty("@iot.nextLink");
    expect(things.value).toHaveLength(1);
    expect((await get(things["@iot.nextLink"])).body.value).toMatchObject([{ "@iot.id": "st-2" }]);
  });

  it("filters hours by time and gives the newest first where that is asked", async () => {
    const { get, asked } = await open();
    const query = (filter: string, order = "") =>
      `${STREAM}?$filter=${encodeURIComponent(filter)}&$orderby=${encodeURIComponent(`phenomenonTime ${order}`.trim())}`;
    const results = async (path: string) =>
      (await get(path)).body.value.map(({ result }: { result: number }) => result);

    expect(
      await results(query("phenomenonTime ge 2026-11-20T02:00:00Z and phenomenonTime lt 2026-11-20T04:00:00Z")),
    ).toEqual([2, 3]);
    expect(asked).toHaveLength(1);
    expect(await results(query("phenomenonTime gt 2026-11-20T07:00:00Z", "desc"))).toEqual([9, 8]);
    expect(await results(`${STREAM}?$orderby=phenomenonTime%20desc&$top=2`)).toEqual([9, 8]);
  });

  it("reads for a page as much as it needs, and doubles that where hours are missing", async () => {
    const lone = hourAt(0);
    const { get, asked } = await open(async ({ fromMs, toMs }) =>
      lone.start >= fromMs && lone.start < toMs ? [lone] : [],
    );
    const days = () => asked.map(({ fromMs, toMs }) => (toMs - fromMs) / (24 * HOUR_MS));

    const newest = await get(`${STREAM}?$orderby=phenomenonTime%20desc&$top=1&$filter=${SINCE}`);
    const whole = days();
    expect(newest.body.value).toMatchObject([{ result: 0 }]);
    expect(whole.slice(0, 4)).toEqual([1, 2, 4, 8]);
    expect(asked[0]?.toMs).toBe(NOW_MS);
    for (const [i, { toMs }] of asked.entries()) if (i > 0) expect(toMs).toBe(asked[i - 1]?.fromMs);
    expect(asked.at(-1)?.fromMs).toBe(Date.UTC(2026, 10, 1));

    asked.length = 0;
    await get(`${STREAM}?$skip=200&$top=39`);
    expect(days().slice(0, 2)).toEqual([10, 20]);
    expect(Math.max(...days())).toBe(400);
    expect(days().reduce((sum, one) => sum + one, 0)).toBeCloseTo((NOW_MS - Date.UTC(2020, 0, 1)) / (24 * HOUR_MS));
  });

  it("asks once for a page whose hours are all there, once for a count, and never for an empty page", async () => {
    const { get, asked } = await open(async ({ fromMs, toMs }) =>
      Array.from({ length: Math.floor((toMs - fromMs) / HOUR_MS) }, (_, n) => ({
        ...hourAt(n),
        start: fromMs + n * HOUR_MS,
      })),
    );

    await get(`${STREAM}?$orderby=phenomenonTime%20desc&$top=1`);
    expect(asked.map(({ fromMs, toMs }) => toMs - fromMs)).toEqual([24 * HOUR_MS]);
    await get(`${STREAM}?$top=0`);
    expect(asked).toHaveLength(1);
    expect((await get(`${STREAM}?$top=0&$count=true&$filter=${SINCE}`)).body["@iot.count"]).toBeGreaterThan(24);
    expect(asked).toHaveLength(2);
  });

  it("lets no reader of the map wait behind those who harvest, and refuses many of these with a time to come again", async () => {
    const { promise: slow, resolve: answer } = Promise.withResolvers<readonly AirWindow[]>();
    const { get } = await open(({ stations }) => (stations?.[0] === "st-1" ? slow : Promise.resolve([])));

    const harvest = Array.from({ length: 20 }, () => get(STREAM));
    const refused = await Promise.race(harvest);
    const chart = await get(`${HOST}/api/v1/stations/st-2/averages?from=2026-11-20T00:00:00Z`);
    answer([]);

    expect([refused.status, refused.headers["retry-after"]]).toEqual([503, "10"]);
    expect(chart.status).toBe(200);
    expect((await Promise.all(harvest)).filter(({ status }) => status === 200)).toHaveLength(9);
  });

  it.each([
    ["Things('st-9')", 404],
    ["Datastreams('st-1:gold')", 404],
    ["Observations('st-1:pm25:5')", 404],
    ["Things('st-1')/Observations", 404],
    ["Nonsense", 404],
    ["Things?$top=-1", 400],
    ["Things?$format=xml", 400],
    ["Things?$select=colour", 400],
    [`${STREAM}?$filter=phenomenonTime%20ge%20yesterday`, 400],
    [`${STREAM}?$filter=result%20gt%205`, 501],
    [`${STREAM}?$orderby=result`, 501],
    ["Things?$filter=name%20eq%20'Post'", 501],
    ["Things?$expand=Locations", 501],
    ["Observations", 501],
    [`${STREAM}?$count=true`, 501],
  ])("answers %s with %d, in words", async (path, status) => {
    const { get } = await open();

    const answer = await get(path);

    expect([answer.status, typeof answer.body.message]).toEqual([status, "string"]);
  });

  it("says when the store is away, and still knows its stations", async () => {
    const { get } = await open(() => Promise.reject(new StoreUnavailable("away")));

    expect((await get(STREAM)).status).toBe(503);
    expect((await get("Things")).status).toBe(200);
    expect(NOW_MS).toBeGreaterThan(FIRST);
  });
});
