import { createHash } from "node:crypto";
import { describe, expect, it, onTestFinished } from "vitest";
import { AlertList, AlertView } from "../../../cloud/http/schemas.ts";
import { ADMIN_TOKEN, type HttpFixture, httpParts, NOW_MS, openHttp } from "../../support/http-fixture.ts";

async function open(parts: HttpFixture = httpParts()) {
  const { app, close } = await openHttp(parts);
  onTestFinished(close);
  const logIn = async (token = ADMIN_TOKEN) => {
    const answer = await app.inject({ method: "POST", url: "/api/v1/session", payload: { token } });
    const cookie = answer.cookies[0];
    return { answer, cookie, headers: { cookie: `${cookie?.name}=${cookie?.value}` } };
  };
  return { parts, app, logIn };
}

const bearer = { authorization: `Bearer ${ADMIN_TOKEN}` };
const DESK_ROUTES = [
  ["GET", "/api/v1/session"],
  ["GET", "/api/v1/alerts"],
  ["POST", "/api/v1/alerts/alert-1/acknowledge"],
  ["GET", "/api/v1/dead-letters"],
  ["GET", "/api/v1/desk/live"],
] as const;

describe("the desk's routes", () => {
  it.each(DESK_ROUTES)(
    "%s %s is shut without a token, with a wrong one and with a made-up session",
    async (method, url) => {
      const { app } = await open();
      const payload = method === "POST" ? { payload: { name: "Ivanova" } } : {};

      const answers = await Promise.all([
        app.inject({ method, url, ...payload }),
        app.inject({ method, url, ...payload, headers: { authorization: "Bearer wrong" } }),
        app.inject({ method, url, ...payload, headers: { authorization: "Bearer" } }),
        app.inject({ method, url, ...payload, headers: { cookie: "dvornik_session=made-up" } }),
      ]);

      expect(answers.map(({ statusCode }) => statusCode)).toEqual([401, 401, 401, 401]);
      expect(answers[0]?.json()).toEqual({ code: "unauthorized", message: expect.any(String) });
    },
  );

  it("stay shut for everyone when no token is configured", async () => {
    const { app, logIn } = await open(httpParts({ adminTokenSha256: undefined }));

    const alerts = await app.inject({ method: "GET", url: "/api/v1/alerts", headers: bearer });
    const { answer } = await logIn();

    expect([alerts.statusCode, answer.statusCode]).toEqual([401, 401]);
  });

  it("open to the token as bearer and to a session's cookie", async () => {
    const { app, logIn } = await open();

    const { cookie, headers } = await logIn();

    expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Strict", path: "/api/v1" });
    for (const shown of [bearer, headers]) {
      expect((await app.inject({ method: "GET", url: "/api/v1/session", headers: shown })).statusCode).toBe(204);
      expect((await app.inject({ method: "GET", url: "/api/v1/alerts", headers: shown })).statusCode).toBe(200);
    }
  });

  it("close again when the session is ended, and twelve hours later by themselves", async () => {
    const { app, logIn, parts } = await open();
    const [first, second] = [await logIn(), await logIn()];

    await app.inject({ method: "DELETE", url: "/api/v1/session", headers: first.headers });

    const status = async (headers: { cookie: string }) =>
      (await app.inject({ method: "GET", url: "/api/v1/session", headers })).statusCode;
    expect([await status(first.headers), await status(second.headers)]).toEqual([401, 204]);
    parts.passMs(12 * 3_600_000);
    expect(await status(second.headers)).toBe(401);
  });

  it("slow down whoever tries tokens, and let in again a minute later", async () => {
    const { logIn, parts } = await open();

    const statuses: number[] = [];
    for (let n = 0; n < 12; n++) statuses.push((await logIn(`guess-${n}`)).answer.statusCode);

    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 401), 429, 429]);
    expect((await logIn("guess")).answer.headers["retry-after"]).toBe("60");
    parts.passMs(60_000);
    expect((await logIn("guess")).answer.statusCode).toBe(401);
  });

  it("are never shut to the right token, whatever others try from the same address", async () => {
    const { app, logIn } = await open();
    for (let n = 0; n < 12; n++) await logIn(`guess-${n}`);

    const bearing = await app.inject({ method: "GET", url: "/api/v1/alerts", headers: bearer });

    expect([bearing.statusCode, (await logIn()).answer.statusCode]).toEqual([200, 204]);
  });

  it("take no empty token, not even where the configured one is", async () => {
    const adminTokenSha256 = createHash("sha256").update("").digest("hex");
    const { app } = await open(httpParts({ adminTokenSha256 }));

    const answer = await app.inject({
      method: "GET",
      url: "/api/v1/alerts",
      headers: { authorization: "Bearer " },
    });

    expect(answer.statusCode).toBe(401);
  });

  it("keep the cookie on TLS behind a proxy that ends it, and know each client by its own address", async () => {
    const { app } = await open(httpParts({ isBehindTlsProxy: true }));
    const proxied = (token: string, client: string) =>
      app.inject({
        method: "POST",
        url: "/api/v1/session",
        headers: { "x-forwarded-for": client, "x-forwarded-host": "map.example", origin: "https://map.example" },
        payload: { token },
      });

    for (let n = 0; n < 11; n++) await proxied("guess", "203.0.113.7");

    expect((await proxied("guess", "203.0.113.7")).statusCode).toBe(429);
    expect((await proxied("guess", "203.0.113.8")).statusCode).toBe(401);
    expect((await proxied(ADMIN_TOKEN, "203.0.113.8")).cookies[0]).toMatchObject({ secure: true });
  });

  it("believe no proxy where none is configured", async () => {
    const { app } = await open();
    const logIn = (client: number) =>
      app.inject({
        method: "POST",
        url: "/api/v1/session",
        headers: { "x-forwarded-for": `203.0.113.${client}` },
        payload: { token: "guess" },
      });

    for (let n = 0; n < 10; n++) await logIn(n);

    expect((await logIn(99)).statusCode).toBe(429);
  });

  it("refuse a change that another site's page asks for", async () => {
    const { app, logIn } = await open();
    const { headers } = await logIn();
    const ask = (more: Record<string, string>) =>
      app.inject({
        method: "POST",
        url: "/api/v1/alerts/alert-1/acknowledge",
        headers: { ...headers, host: "map.example", ...more },
        payload: { name: "Ivanova" },
      });

    const answers = await Promise.all([
      ask({ origin: "https://evil.example" }),
      ask({ origin: "null" }),
      ask({ "sec-fetch-site": "cross-site" }),
      ask({ origin: "http://map.example", "sec-fetch-site": "same-origin" }),
    ]);

    expect(answers.map(({ statusCode }) => statusCode)).toEqual([403, 403, 403, 200]);
  });
});

describe("alerts", () => {
  it("are listed with the photo pair and the names of the place", async () => {
    const { app } = await open();

    const { alerts } = AlertList.parse(
      (await app.inject({ method: "GET", url: "/api/v1/alerts", headers: bearer })).json(),
    );

    expect(alerts).toHaveLength(1);
    expect(alerts[0]).toMatchObject({ siteName: { en: "Site" }, municipalityName: { en: "Town" }, state: "overflow" });
    expect(alerts[0]?.visit.photos.map(({ role }) => role)).toEqual(["before", "after"]);
  });

  it("are acknowledged once with a name; the first name stays", async () => {
    const { app } = await open();
    const acknowledge = (name: string) =>
      app.inject({
        method: "POST",
        url: "/api/v1/alerts/alert-1/acknowledge",
        headers: bearer,
        payload: { name },
      });

    const first = AlertView.parse((await acknowledge("  Ivanova ")).json());
    const second = AlertView.parse((await acknowledge("Petrov")).json());

    expect(first).toMatchObject({ acknowledgedBy: "Ivanova", acknowledgedAt: NOW_MS });
    expect(second.acknowledgedBy).toBe("Ivanova");
  });

  it("need a name, and exist", async () => {
    const { app } = await open();
    const acknowledge = (id: string, payload: object) =>
      app.inject({ method: "POST", url: `/api/v1/alerts/${id}/acknowledge`, headers: bearer, payload });

    const answers = await Promise.all([
      acknowledge("alert-1", { name: "   " }),
      acknowledge("alert-1", {}),
      acknowledge("alert-9", { name: "Ivanova" }),
    ]);

    expect(answers.map(({ statusCode }) => statusCode)).toEqual([400, 400, 404]);
  });
});

describe("dead letters", () => {
  it("are told to the administrator with the reason", async () => {
    const parts = httpParts();
    const letter = {
      topic: "dv1/chel/air-0001/d/reading",
      sha256: "d".repeat(64),
      reason: "malformed",
      detail: "not JSON",
      at: NOW_MS,
      times: 2,
      bytes: 17,
    };
    parts.state.deadLetters.push(letter, { ...letter, sha256: "e".repeat(64) });
    const { app } = await open(parts);

    const answer = await app.inject({ method: "GET", url: "/api/v1/dead-letters?limit=1", headers: bearer });

    expect(answer.json()).toEqual({ deadLetters: [letter] });
    expect(answer.headers["cache-control"]).toBe("no-store");
  });
});
