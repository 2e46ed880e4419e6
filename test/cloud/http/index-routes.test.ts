import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { standards } from "../../../cloud/air/standards/all-standards.ts";
import type { Http } from "../../../cloud/http/http.ts";
import { type HttpFixture, httpParts, openHttp } from "../../support/http-fixture.ts";

let parts: HttpFixture;
let http: Http;

beforeAll(async () => {
  parts = httpParts();
  http = await openHttp(parts);
});
afterAll(() => http.close());

const get = (url: string) => http.app.inject({ method: "GET", url });
const index = async (query: string) => {
  const answer = await get(`/api/v1/index?${query}`);
  return { status: answer.statusCode, body: answer.json() };
};
const nowcast = async (payload: object) => {
  const answer = await http.app.inject({ method: "POST", url: "/api/v1/nowcast", payload });
  return { status: answer.statusCode, body: answer.json() };
};

describe("GET /api/v1/index", () => {
  it("answers anyone, also another site's page, with the rule used and advice", async () => {
    const answer = await get("/api/v1/index?standard=us-epa-2024&pollutant=pm25&value=28.4&averaging=nowcast");

    expect(answer.headers["access-control-allow-origin"]).toBe("*");
    expect(answer.headers["cross-origin-resource-policy"]).toBe("cross-origin");
    expect(answer.json()).toMatchObject({
      index: 87,
      isIndicative: false,
      category: { id: "moderate" },
      standard: { id: "us-epa-2024", version: "2024-05-06" },
      rule: { averaging: "24h", rounding: "truncate", decimals: 1, from: 9.1, to: 35.4, index: [51, 100] },
      why: null,
    });
    expect(answer.json().rule.text.ru).toContain("28.4 мкг/м³");
    expect(answer.json().advice.groups).toHaveLength(7);
  });

  it("takes units, and the standard's own averaging time where none is said", async () => {
    expect((await index("pollutant=o3&value=0.078&averaging=8h&unit=ppm")).body.index).toBe(126);
    expect((await index("standard=ru-pdk-2021&pollutant=h2s&value=16")).body).toMatchObject({
      averaging: "20min",
      multiple: 2,
      category: { id: "over" },
    });
  });

  it("is null with the reason where the standard says nothing", async () => {
    expect((await index("pollutant=pm25&value=12&averaging=24h&coverage=0.5")).body).toMatchObject({
      index: null,
      category: null,
      rule: null,
      why: { code: "too-few-data" },
    });
    expect((await index("pollutant=o3&value=600&averaging=8h")).body.why.code).toBe("above-table");
  });

  it.each([
    "pollutant=pm25&value=",
    "pollutant=pm25&value=NaN",
    "pollutant=pm25&value=Infinity",
    "pollutant=pm25&value=1e400",
    "pollutant=pm25&value=1e307",
    "standard=eaqi-2017-linear&pollutant=pm25&value=1e308",
    "standard=ru-pdk-2021&pollutant=bap&value=-1e308",
    "pollutant=pm25&value=0x10",
    "pollutant=pm25&value=12,5",
    "pollutant=pm25",
    "value=12",
    "pollutant=pm25&value=12&averaging=3h",
    "pollutant=pm25&value=12&coverage=2",
    "pollutant=PM2.5&value=12",
    "pollutant=pm25&value=12&value=13",
  ])("refuses %s with 400", async (query) => {
    const { status, body } = await index(query);

    expect(status).toBe(400);
    expect(body.code).toBe("bad-request");
  });

  it("says null of a code of a missing value, and the bounds of what it takes", async () => {
    expect((await index("pollutant=pm25&value=-999")).body).toMatchObject({
      index: null,
      category: null,
      why: { code: "not-a-number" },
    });
    expect((await index("pollutant=pm25&value=2e9")).body.message).toContain("1000000000");
    for (const hours of [
      [1e308, 1e308, 1e308],
      [null, null, 1e308],
    ]) {
      expect(await nowcast({ pollutant: "o3", hours })).toMatchObject({ status: 400 });
    }
    expect((await nowcast({ pollutant: "pm25", hours: [-999, -999, 12] })).body).toMatchObject({ value: null });
  });

  it("says what would do where the standard has no such thing", async () => {
    expect((await index("pollutant=h2s&value=1")).body.message).toContain("it has pm25, pm10");
    expect((await index("standard=ru-pdk-2021&pollutant=pm25&value=1&averaging=1h")).body.message).toContain(
      "20min, 24h, year",
    );
    expect(await index("standard=moon&pollutant=pm25&value=1")).toMatchObject({ status: 404 });
  });
});

describe("POST /api/v1/nowcast", () => {
  it("gives AirNow's example with its index and rule", async () => {
    const hours = [34.9, 43, 50, 64.9, 69.2, 66.2, 53.7, 48.6, 49.2, 35, null, 21];

    const { body } = await nowcast({ pollutant: "pm25", hours, order: "oldest-first" });

    expect(body).toMatchObject({ value: 28.4, unit: "ug/m3", index: 87, weight: 0.5, hours: 11, method: "pm" });
    expect(body.rule).toContain("two of the three newest hours");
  });

  it("labels what it makes of ozone, in ppb and in µg/m³", async () => {
    const hours = [63, 69, 80, 74, 60, null, 35, 22];

    expect((await nowcast({ pollutant: "o3", hours })).body).toMatchObject({
      value: 65,
      unit: "ppb",
      index: 84,
      method: "ozone-weights-2016",
    });
    expect((await nowcast({ pollutant: "o3", hours: [null, 14] })).body.method).toBe("ozone-surrogate-2019");
    expect((await nowcast({ pollutant: "o3", unit: "ug/m3", hours: [100, 100, 100] })).body.value).toBe(50);
  });

  it("is null, not an error, where too few of the newest hours are there", async () => {
    expect((await nowcast({ pollutant: "pm10", hours: [] })).body).toMatchObject({ value: null, index: null });
  });

  it("refuses what is no list of hours", async () => {
    expect((await nowcast({ pollutant: "pm25", hours: ["12"] })).status).toBe(400);
    expect((await nowcast({ pollutant: "co", hours: [1] })).status).toBe(400);
    expect((await nowcast({ pollutant: "pm25", unit: "ppb", hours: [1] })).status).toBe(400);
    expect((await nowcast({ pollutant: "pm25", hours: Array.from({ length: 1_001 }, () => 1) })).status).toBe(400);
  });
});

describe("GET /api/v1/standards", () => {
  it("lists all, and gives one whole", async () => {
    const list = (await get("/api/v1/standards")).json().standards;
    const one = (await get("/api/v1/standards/eaqi-2025")).json();

    expect(list.map(({ id }: { id: string }) => id)).toEqual(standards.map(({ id }) => id));
    expect(one.tables[0].bands[1]).toMatchObject({ category: "fair", from: 6, to: 15 });
    expect((await get("/api/v1/standards/moon")).statusCode).toBe(404);
  });

  it("stands in the OpenAPI with all of its answers", async () => {
    const { paths } = (await get("/api/openapi.json")).json();

    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining(["/api/v1/index", "/api/v1/nowcast", "/api/v1/standards"]),
    );
    expect(Object.keys(paths["/api/v1/index"].get.responses)).toEqual(["200", "400", "404", "429"]);
  });
});

describe("the limit of open requests", () => {
  it("says what is left, refuses what is too much, and lets another address and the next minute in", async () => {
    const own = httpParts({ openDataPerMinute: 2 });
    const small = await openHttp(own);
    const ask = (remoteAddress: string) =>
      small.app.inject({ method: "GET", url: "/api/v1/standards/eaqi-2025", remoteAddress });

    const first = await ask("203.0.113.7");
    await ask("203.0.113.7");
    const third = await ask("203.0.113.7");

    expect(first.headers["ratelimit-policy"]).toBe('"open";q=2;w=60');
    expect(first.headers.ratelimit).toBe('"open";r=1;t=60');
    expect(third.statusCode).toBe(429);
    expect(third.headers["retry-after"]).toBe("60");
    expect((await ask("203.0.113.8")).statusCode).toBe(200);
    own.passMs(60_000);
    expect((await ask("203.0.113.7")).statusCode).toBe(200);
    await small.close();
  });

  it("takes a /64 of IPv6 for one address, and IPv4 within IPv6 for what it is", async () => {
    const small = await openHttp(httpParts({ openDataPerMinute: 1 }));
    const ask = async (remoteAddress: string) =>
      (await small.app.inject({ method: "GET", url: "/api/v1/standards", remoteAddress })).statusCode;

    expect(await ask("2001:db8:1:2::1")).toBe(200);
    expect(await ask("2001:db8:1:2:ffff::9")).toBe(429);
    expect(await ask("2001:db8:1:3::1")).toBe(200);
    expect(await ask("::ffff:203.0.113.9")).toBe(200);
    expect(await ask("203.0.113.9")).toBe(429);
    await small.close();
  });
});
