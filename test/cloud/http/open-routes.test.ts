import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cellOf } from "../../../cloud/air/open/csv.ts";
import { fnv, numberOf } from "../../../cloud/air/open/fnv.ts";
import { keepText } from "../../../cloud/http/kept-text.ts";
import { indexRegistry } from "../../../cloud/registry/registry-index.ts";
import type { AirWindow } from "../../../cloud/store/measurements/air-windows.ts";
import { aSample, httpParts, NOW_MS, openHttp, REGISTRY } from "../../support/http-fixture.ts";

const DAY_MS = 86_400_000;
const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10);
const TODAY = dayOf(NOW_MS);
const LONG_AGO = dayOf(NOW_MS - 10 * DAY_MS);

const aWindow = (change: Partial<AirWindow> = {}): AirWindow => ({
  tenant: "chel",
  station: "st-1",
  pollutant: "pm25",
  resolution: "h1",
  start: Date.parse(`${LONG_AGO}T05:00:00Z`),
  value: 12.5,
  raw: 20.25,
  minutes: 57,
  coverage: 0.95,
  confidence: 0.9,
  flags: ["humid", "late"],
  correction: "epa-2023@1",
  ...change,
});

function real(change: Parameters<typeof httpParts>[0] = {}) {
  const stations = REGISTRY.stations.map((station) => ({
    ...station,
    demo: false,
    name: { ru: '=HYPERLINK("http://evil")', en: "+1+1" },
  }));
  const parts = httpParts({
    registry: { current: () => indexRegistry({ ...REGISTRY, stations }), trouble: () => null },
    ...change,
  });
  return parts;
}

async function open(parts = real()) {
  const { app, close } = await openHttp(parts);
  const get = (path: string, headers: Record<string, string> = {}) =>
    app.inject({ method: "GET", url: `/api/v1/open/${path}`, headers });
  return { parts, get, close };
}

describe("open data", () => {
  it("need no key, may be read by any site, name their licence and are limited", async () => {
    const { get, close } = await open();

    for (const path of ["stations.geojson", "stations.csv", "sensor-community.json", `archive/st-1/${LONG_AGO}.csv`]) {
      const answer = await get(path);
      expect(answer.statusCode).toBe(200);
      expect(answer.headers).toMatchObject({
        "access-control-allow-origin": "*",
        "ratelimit-policy": '"open";q=1000;w=60',
      });
      expect(answer.headers.link).toContain('rel="license"');
      expect(answer.headers["cache-control"]).toContain("public");
    }
    await close();
  });

  it("are GeoJSON with raw values and who is to be named", async () => {
    const { get, close } = await open();

    const answer = await get("stations.geojson");
    const again = await get("stations.geojson", { "if-none-match": String(answer.headers.etag) });

    expect(answer.headers["content-type"]).toContain("application/geo+json");
    expect(answer.json()).toMatchObject({
      type: "FeatureCollection",
      attribution: expect.stringContaining("Town of the tests"),
    });
    expect(answer.json().features[0].properties.air.pm25.now).toMatchObject({ raw: 35.5 });
    expect([again.statusCode, again.body]).toEqual([304, ""]);
    await close();
  });

  it("are CSV with units, flags and provenance in front, and no cell that a spreadsheet would run", async () => {
    const { get, close } = await open();

    const lines = (await get("stations.csv")).body.split("\r\n");
    const remarks = lines.filter((line) => line.startsWith("#"));
    const [head, first] = lines.slice(remarks.length);

    expect(remarks.join("\n")).toContain("CC BY 4.0");
    expect(remarks.join("\n")).toContain("humid: so humid");
    expect(head).toBe(
      "station,name_ru,name_en,longitude,latitude,status,demo,pollutant,averaging,time,value,unit,raw,correction,coverage,confidence,flags",
    );
    expect(first).toContain(`st-1,"'=HYPERLINK(""http://evil"")",'+1+1,61.4,55.16,live,false,pm25,now,`);
    expect(first).toContain(",µg/m³,35.5,");
    await close();
  });

  it.each(["stations.geojson", "stations.csv", "sensor-community.json"])(
    "are written once a minute, %s: the same bytes for all who ask, 304 for who has them, packed or not",
    async (path) => {
      const { get, close, parts } = await open();

      const together = await Promise.all(Array.from({ length: 5 }, () => get(path)));
      const { etag } = together[0]?.headers ?? {};
      parts.state.samples = [aSample({ values: { pm25: 99.25 } })];
      parts.tell({ kind: "station", station: "st-1" });
      const packed = await get(path, { "accept-encoding": "gzip" });
      const has = await get(path, { "if-none-match": `"other", ${etag}` });
      parts.passMs(59_000);
      const stillHas = await get(path, { "if-none-match": String(etag) });
      parts.passMs(1_000);
      const anew = await get(path, { "if-none-match": String(etag) });

      expect(new Set(together.map(({ body, headers }) => `${headers.etag} ${body}`)).size).toBe(1);
      expect(packed.headers).toMatchObject({ "content-encoding": "gzip", vary: "accept-encoding", etag });
      expect(gunzipSync(packed.rawPayload).toString()).toBe(together[0]?.body);
      expect([has.statusCode, has.body, stillHas.statusCode]).toEqual([304, "", 304]);
      expect(stillHas.headers["cache-control"]).toBe("public, max-age=1");
      expect(anew.statusCode).toBe(200);
      expect(anew.body).toContain("99.25");
      await close();
    },
  );

  it("hold nobody up while they are written: others have their turn between pieces", async () => {
    let turn = 0;
    const counting = setInterval(() => {
      turn += 1;
    }, 0);
    const writtenIn: number[] = [];
    function* lines() {
      for (let piece = 0; piece < 50; piece++) {
        writtenIn.push(turn);
        yield "x".repeat(65_536);
      }
    }

    await keepText(lines, 60_000, { monotonicMs: () => 0 })();
    clearInterval(counting);

    expect(new Set(writtenIn).size).toBeGreaterThan(1);
  });

  it("are an archive by station and day: one address, a new ETag where late data came, kept once the day is closed", async () => {
    let windows: readonly AirWindow[] = [aWindow()];
    const asked: unknown[] = [];
    const airWindows = {
      windows: async (query: unknown) => {
        asked.push(query);
        return windows;
      },
    };
    const { get, close } = await open(real({ airWindows }));

    const first = await get(`archive/st-1/${LONG_AGO}.csv`);
    const same = await get(`archive/st-1/${LONG_AGO}.csv`, { "if-none-match": String(first.headers.etag) });
    windows = [
      aWindow(),
      aWindow({ start: Date.parse(`${LONG_AGO}T04:00:00Z`), value: null, raw: 900, flags: ["spike"] }),
    ];
    const late = await get(`archive/st-1/${LONG_AGO}.csv`, { "if-none-match": String(first.headers.etag) });

    expect(first.headers["cache-control"]).toBe("public, max-age=86400, immutable");
    expect(first.body).toContain(
      `st-1,pm25,1h,${LONG_AGO}T05:00:00.000Z,12.5,µg/m³,20.25,epa-2023@1,0.95,0.9,humid late\r\n`,
    );
    expect(same.statusCode).toBe(304);
    expect(late.statusCode).toBe(200);
    expect(late.headers.etag).not.toBe(first.headers.etag);
    expect(late.body).toContain("T04:00:00.000Z,,µg/m³,900,");
    expect(asked[0]).toMatchObject({
      stations: ["st-1"],
      resolution: "h1",
      fromMs: Date.parse(`${LONG_AGO}T00:00:00Z`),
    });
    expect((await get(`archive/st-1/${TODAY}.csv`)).headers["cache-control"]).toBe("public, no-cache");
    await close();
  });

  it.each([
    ["archive/st-9/2026-01-01.csv", 404],
    [`archive/st-1/${dayOf(NOW_MS + 2 * DAY_MS)}.csv`, 404],
    ["archive/st-1/2026-02-30.csv", 400],
    ["archive/st-1/1970-01-01.csv", 400],
    ["archive/..%2f..%2fetc/2026-01-01.csv", 400],
  ])("refuse %s with %d", async (path, status) => {
    const { get, close } = await open();

    expect((await get(path)).statusCode).toBe(status);
    await close();
  });

  it("are the JSON of Sensor.Community: raw, of now, and nothing that is made up or replayed", async () => {
    const parts = real();
    parts.state.samples = [
      aSample({ values: { pm25: 35.5, pm10: 50, pressure: 1013.2, gas_ticks: 7 } }),
      aSample({ station: "st-2", sensor: "old", at: NOW_MS - DAY_MS }),
      aSample({ station: "st-2", sensor: "replayed", replay: "albany" }),
    ];
    const { get, close } = await open(parts);
    const demo = await open(httpParts());

    const feed = (await get("sensor-community.json")).json();

    expect(feed).toHaveLength(1);
    expect(feed[0]).toMatchObject({
      timestamp: new Date(NOW_MS - 1000).toISOString().slice(0, 19).replace("T", " "),
      location: { latitude: "55.160000", longitude: "61.400000", indoor: 0 },
      sensor: { sensor_type: { name: "SDS011", manufacturer: "Nova Fitness" } },
    });
    expect(feed[0].sensordatavalues.map((one: Record<string, unknown>) => [one.value_type, one.value])).toEqual([
      ["P2", "35.50"],
      ["P1", "50.00"],
      ["pressure", "101320.00"],
    ]);
    expect(Number.isSafeInteger(feed[0].id)).toBe(true);
    expect((await demo.get("sensor-community.json")).json()).toEqual([]);
    await Promise.all([close(), demo.close()]);
  });
});

describe("the number that stands for a name", () => {
  it("is the beginning of its FNV-1a hash of 64 bits, also where it is hashed in two steps", () => {
    const known = { "": 0xcbf29ce484222325n, a: 0xaf63dc4c8601ec8cn, foobar: 0x85944171f73967e8n };

    for (const [text, hash] of Object.entries(known)) expect(numberOf(fnv(text))).toBe(Number(hash >> 11n));
    expect(numberOf(fnv("bar", fnv("foo")))).toBe(numberOf(fnv("foobar")));
  });
});

describe("a cell of a CSV", () => {
  it("is never a formula, and what is in quotes can be read back", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const cell = cellOf(text);
        const isQuoted = cell.startsWith('"');
        const read = isQuoted ? cell.slice(1, -1).replaceAll('""', '"') : cell;
        expect(read === text || read === `'${text}`).toBe(true);
        expect(read).not.toMatch(/^[=+\-@\t\r]/);
        if (!isQuoted) expect(cell).not.toMatch(/[",\r\n]/);
      }),
    );
    expect(cellOf(-3.5)).toBe("-3.5");
    expect(cellOf(null)).toBe("");
  });
});
