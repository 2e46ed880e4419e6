import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it, onTestFinished } from "vitest";
import { HealthView, SiteCollection, SiteDetail } from "../../../cloud/http/schemas.ts";
import { StationCollection } from "../../../cloud/live/station-table.ts";
import { AFTER_SHA, BEFORE_SHA, type HttpFixture, httpParts, NOW_MS, openHttp } from "../../support/http-fixture.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { until } from "../../support/until.ts";

async function open(parts: HttpFixture = httpParts()) {
  const http = await openHttp(parts);
  onTestFinished(() => http.close());
  return { parts, get: (url: string) => http.app.inject({ method: "GET", url }) };
}

describe("GET /api/v1/stations", () => {
  it("gives every station of the registry as GeoJSON, also those that never spoke", async () => {
    const { get } = await open();

    const answer = await get("/api/v1/stations");

    const { features, staleAfterMs } = StationCollection.parse(answer.json());
    expect(answer.statusCode).toBe(200);
    expect(staleAfterMs).toBe(900_000);
    expect(
      features.map(({ id, properties }) => [id, properties.air.pm25?.now?.value ?? null, properties.isStale]),
    ).toEqual([
      ["st-1", 35.5, false],
      ["st-2", null, true],
    ]);
  });

  it("says that a list still holds to whoever has it, and gives it anew once something has changed", async () => {
    const parts = httpParts({ staleAfterMs: 1000 });
    const http = await openHttp(parts);
    onTestFinished(() => http.close());
    const ask = (etag: string) =>
      http.app.inject({ method: "GET", url: "/api/v1/stations", headers: { "if-none-match": etag } });
    const etag = String((await ask("")).headers.etag);

    expect((await ask(etag)).statusCode).toBe(304);
    parts.passMs(5000);

    await until("another list", async () => (await ask(etag)).statusCode === 200);
  });

  it("shows a moment of the last 48 hours by the averages that were full then", async () => {
    const hour = Math.floor(NOW_MS / 3_600_000) * 3_600_000 - 7_200_000;
    const window = {
      tenant: "chel",
      station: "st-1",
      pollutant: "pm25",
      resolution: "h1",
      start: hour - 3_600_000,
    } as const;
    const judged = { raw: 9, minutes: 60, coverage: 1, confidence: 1, flags: [], correction: null };
    const windows = async ({ resolution }: { resolution: string }) =>
      resolution === "h1" ? [{ ...window, value: 7.5, ...judged }] : [];
    const { get } = await open(httpParts({ airWindows: { windows } }));

    const { features } = StationCollection.parse(
      (await get(`/api/v1/stations/at?time=${new Date(hour).toISOString()}`)).json(),
    );

    expect(features.map(({ properties }) => [properties.air.pm25?.h1?.value, properties.status])).toEqual([
      [7.5, "live"],
      [undefined, "offline"],
    ]);
    expect((await get("/api/v1/stations/at?time=2020-01-01")).statusCode).toBe(400);
  });

  it("sees a station turn stale by nothing but time", async () => {
    const { get, parts } = await open(httpParts({ staleAfterMs: 1000 }));
    const first = async () => StationCollection.parse((await get("/api/v1/stations")).json()).features[0]?.properties;

    parts.passMs(5000);

    await until("the station is late", async () => (await first())?.status === "late");
    expect(await first()).toMatchObject({ isStale: true, air: { pm25: { now: { value: 35.5 } } } });
  });
});

describe("GET /api/v1/sites", () => {
  it("colours a site by its last after photo and leaves the others unknown", async () => {
    const { get } = await open();

    const { features } = SiteCollection.parse((await get("/api/v1/sites")).json());

    expect(
      features.map(({ id, properties }) => [id, properties.state, properties.probability, properties.signature]),
    ).toEqual([
      ["site-1", "overflow", 0.9, "valid"],
      ["site-2", "unknown", null, null],
    ]);
  });

  it("gives one site with its photo pair; a photo has a url only once it is whole", async () => {
    const { get } = await open();

    const { lastVisit } = SiteDetail.parse((await get("/api/v1/sites/site-1")).json());

    expect(lastVisit?.photos.map(({ role, url }) => [role, url])).toEqual([
      ["before", `/api/v1/photos/${BEFORE_SHA}.jpg`],
      ["after", null],
    ]);
  });

  it("gives a site without a visit, and 404 for an unknown one", async () => {
    const { get } = await open();

    expect((await get("/api/v1/sites/site-2")).json()).toMatchObject({ lastVisit: null });
    expect((await get("/api/v1/sites/site-9")).statusCode).toBe(404);
  });
});

describe("GET /api/v1/photos/:sha.jpg", () => {
  it("gives a whole photo, which may be kept for ever", async () => {
    const { get } = await open();

    const answer = await get(`/api/v1/photos/${BEFORE_SHA}.jpg`);

    expect(answer.statusCode).toBe(200);
    expect(answer.headers["content-type"]).toBe("image/jpeg");
    expect(answer.headers["cache-control"]).toContain("immutable");
    expect(answer.body).toBe(`jpeg ${BEFORE_SHA}`);
  });

  it("keeps back a photo that is not whole yet, and takes nothing but a hash", async () => {
    const { get } = await open();

    const half = await get(`/api/v1/photos/${AFTER_SHA}.jpg`);
    const odd = await get("/api/v1/photos/..%2F..%2Fstate.db.jpg");

    expect([half.statusCode, half.headers["cache-control"]]).toEqual([404, "no-store"]);
    expect(odd.statusCode).toBe(400);
  });
});

describe("GET /healthz", () => {
  it("is ok when every part is", async () => {
    const { get } = await open();

    const health = HealthView.parse((await get("/healthz")).json());

    expect(health.status).toBe("ok");
    expect(Object.keys(health.parts)).toEqual([
      "gateway",
      "air",
      "sites",
      "measurements",
      "registry",
      "fleet",
      "state",
    ]);
    expect(health.counts).toMatchObject({ messages: 7, "air.acknowledged": 5 });
  });

  it("answers 200 and says what is wrong when the store and the gateway are away", async () => {
    const parts = httpParts();
    const { get } = await open({
      ...parts,
      measurements: {
        ...parts.measurements,
        check: async () => {
          throw new Error("refused");
        },
      },
      ingest: {
        ...parts.ingest,
        health: () => ({ air: { isConnected: false, trouble: "InfluxDB does not answer", acknowledged: 0 } }),
      },
    });

    const answer = await get("/healthz");

    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({
      status: "degraded",
      parts: {
        gateway: { ok: false, detail: "not connected: air" },
        air: { ok: false, detail: "InfluxDB does not answer" },
        measurements: { ok: false, detail: "refused" },
      },
    });
  });
});

describe("GET /healthz of a busy store", () => {
  it("answers all the same, and says that the store does not", async () => {
    const parts = httpParts();
    const check = () => new Promise<never>(() => {});
    const { get } = await open({ ...parts, measurements: { ...parts.measurements, check } });

    const answer = await get("/healthz");

    expect(answer.json()).toMatchObject({
      status: "degraded",
      parts: { measurements: { ok: false, detail: "does not answer" }, state: { ok: true } },
    });
  });
});

describe("every answer", () => {
  it("carries strict headers and errors carry a code", async () => {
    const { get } = await open();

    for (const url of ["/api/v1/stations", "/nowhere", "/"]) {
      const { headers } = await get(url);
      expect(headers).toMatchObject({
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "content-security-policy": expect.stringContaining("default-src 'self'"),
      });
    }
    expect((await get("/nowhere")).json()).toEqual({ code: "not-found", message: expect.any(String) });
  });

  it("tells nothing of what broke inside", async () => {
    const parts = httpParts();
    const view = {
      ...parts.view,
      latestSamples: () => {
        throw new Error("secret path /var/lib");
      },
    };
    const { get } = await open({ ...parts, view });

    const answer = await get("/api/v1/stations");

    expect(answer.statusCode).toBe(500);
    expect(answer.json()).toEqual({ code: "internal", message: expect.not.stringContaining("secret") });
  });
});

describe("the pages", () => {
  it("say what to do while they are not built", async () => {
    const { get } = await open();

    const answer = await get("/");

    expect(answer.statusCode).toBe(503);
    expect(answer.body).toContain("npm run build");
  });

  it("are served with assets that may be kept and pages that may not", async () => {
    const webDir = await tempFolder();
    await mkdir(join(webDir, "assets"));
    await writeFile(join(webDir, "index.html"), "<p>map");
    await writeFile(join(webDir, "desk.html"), "<p>desk");
    await writeFile(join(webDir, "assets/map-abc123.js"), "1;");
    const { get } = await open(httpParts({ webDir }));

    const [map, desk, script] = await Promise.all([get("/"), get("/desk"), get("/assets/map-abc123.js")]);

    expect([map.body, desk.body, script.body]).toEqual(["<p>map", "<p>desk", "1;"]);
    expect(map.headers["cache-control"]).toBe("no-cache");
    expect(script.headers["cache-control"]).toContain("immutable");
    expect((await get("/assets/../../etc/passwd")).statusCode).toBe(404);
  });
});

describe("long texts", () => {
  it("are packed for clients that take it, pages and answers alike, photos never", async () => {
    const webDir = await tempFolder();
    await mkdir(join(webDir, "assets"));
    await writeFile(join(webDir, "assets/map-abc123.js"), "let x = 1;\n".repeat(1000));
    const parts = httpParts({ webDir });
    const http = await openHttp(parts);
    onTestFinished(() => http.close());
    const get = (url: string, coding: string) =>
      http.app.inject({ method: "GET", url, headers: { "accept-encoding": coding } });

    const script = await get("/assets/map-abc123.js", "br, gzip;q=0.8");
    const description = await get("/api/openapi.json", "gzip");
    const plain = await get("/assets/map-abc123.js", "br, gzip;q=0");
    const photo = await get(`/api/v1/photos/${BEFORE_SHA}.jpg`, "gzip");

    expect(gunzipSync(script.rawPayload).toString()).toBe(plain.body);
    expect(script.rawPayload.length).toBeLessThan(1000);
    expect(script.headers).toMatchObject({
      vary: "accept-encoding",
      "cache-control": expect.stringContaining("immutable"),
    });
    expect(JSON.parse(gunzipSync(description.rawPayload).toString())).toMatchObject({ openapi: "3.1.0" });
    expect([plain, photo].map(({ headers }) => headers["content-encoding"])).toEqual([undefined, undefined]);
  });
});

describe("GET /api/openapi.json", () => {
  it("lists every route of the API", async () => {
    const { get } = await open();

    const { openapi, paths } = (await get("/api/openapi.json")).json();

    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods ?? {}).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(openapi).toBe("3.1.0");
    expect(routes.filter((route) => !route.startsWith("HEAD")).sort()).toEqual([
      "DELETE /api/v1/fleet/artefacts/{sha}",
      "DELETE /api/v1/session",
      "GET /api/v1/alerts",
      "GET /api/v1/bulletins",
      "GET /api/v1/dead-letters",
      "GET /api/v1/desk/live",
      "GET /api/v1/fleet/artefacts",
      "GET /api/v1/fleet/certificates",
      "GET /api/v1/fleet/devices",
      "GET /api/v1/fleet/devices/{tenant}/{device}/health",
      "GET /api/v1/fleet/devices/{tenant}/{device}/twin",
      "GET /api/v1/fleet/updates",
      "GET /api/v1/fleet/updates/{id}",
      "GET /api/v1/index",
      "GET /api/v1/live",
      "GET /api/v1/open/archive/{station}/{day}.csv",
      "GET /api/v1/open/sensor-community.json",
      "GET /api/v1/open/stations.csv",
      "GET /api/v1/open/stations.geojson",
      "GET /api/v1/photos/{sha}.jpg",
      "GET /api/v1/sensorthings/v1.1",
      "GET /api/v1/sensorthings/v1.1/{*}",
      "GET /api/v1/session",
      "GET /api/v1/sites",
      "GET /api/v1/sites/{id}",
      "GET /api/v1/standards",
      "GET /api/v1/standards/{id}",
      "GET /api/v1/stations",
      "GET /api/v1/stations/at",
      "GET /api/v1/stations/{id}",
      "GET /api/v1/stations/{id}/averages",
      "GET /api/v1/stations/{id}/samples",
      "GET /api/v1/time-unknown",
      "GET /artefacts/{sha}",
      "GET /fleet/ca.pem",
      "GET /fleet/crl.pem",
      "GET /fleet/nonce",
      "GET /healthz",
      "POST /api/v1/alerts/{id}/acknowledge",
      "POST /api/v1/bulletins",
      "POST /api/v1/fleet/claims",
      "POST /api/v1/fleet/revocations",
      "POST /api/v1/fleet/updates",
      "POST /api/v1/fleet/updates/{id}/{step}",
      "POST /api/v1/nowcast",
      "POST /api/v1/session",
      "POST /fleet/enrol",
      "POST /fleet/renew",
      "PUT /api/v1/fleet/artefacts/{sha}",
      "PUT /api/v1/fleet/devices/{tenant}/{device}/twin",
    ]);
  });
});
