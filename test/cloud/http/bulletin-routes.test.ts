import { describe, expect, it } from "vitest";
import { ADMIN_TOKEN, httpParts, NOW_MS, openHttp } from "../../support/http-fixture.ts";

const iso = (ms: number) => new Date(ms).toISOString();
const BULLETIN = {
  sender: "office@example.org",
  identifier: "n-1",
  sent: iso(NOW_MS - 3_600_000),
  msgType: "alert",
  degree: 2,
  headline: "НМУ 2 степени",
  area: "Челябинск",
  expires: iso(NOW_MS + 3_600_000),
};
const CAP = `<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>c-1</identifier><sender>office@example.org</sender>
<sent>2026-11-22T09:00:00+05:00</sent><status>Actual</status><msgType>Alert</msgType><scope>Public</scope><info>
<language>ru</language><event>НМУ</event><area><areaDesc>Миасс</areaDesc></area></info></alert>`;

async function open() {
  const parts = httpParts();
  const { app, close } = await openHttp(parts);
  const put = (payload: object | string, type = "application/json", authorization = `Bearer ${ADMIN_TOKEN}`) =>
    app.inject({
      method: "POST",
      url: "/api/v1/bulletins",
      headers: { "content-type": type, authorization },
      payload: typeof payload === "string" ? payload : JSON.stringify(payload),
    });
  const list = async (query = "") => (await app.inject({ url: `/api/v1/bulletins${query}` })).json().bulletins;
  return { parts, put, list, close };
}

describe("official bulletins", () => {
  it("are carried in by the administrator as JSON or CAP, once, and shown to anyone while they hold", async () => {
    const { parts, put, list, close } = await open();

    expect((await put(BULLETIN)).statusCode).toBe(201);
    expect((await put(BULLETIN)).statusCode).toBe(200);
    expect((await put({ ...BULLETIN, degree: 3 })).statusCode).toBe(409);
    expect((await put(CAP, "application/cap+xml")).statusCode).toBe(201);
    expect((await put(CAP, "text/xml; charset=utf-8")).statusCode).toBe(200);

    expect(await list()).toMatchObject([
      { identifier: "n-1", degree: 2, state: "in-force" },
      { identifier: "c-1", degree: null, area: "Миасс", state: "in-force" },
    ]);
    parts.passMs(3_600_000);
    expect(await list()).toMatchObject([{ identifier: "c-1" }]);
    expect(await list("?all=true")).toMatchObject([{ identifier: "n-1", state: "expired" }, { identifier: "c-1" }]);
    await close();
  });

  it("are taken from nobody else, and what is wrong with one is said", async () => {
    const { put, list, close } = await open();

    expect((await put(BULLETIN, "application/json", "Bearer wrong")).statusCode).toBe(401);
    expect((await put(CAP, "application/xml", "Bearer wrong")).statusCode).toBe(401);
    const hostile = await put(`<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>${CAP}`, "application/xml");
    expect(hostile).toMatchObject({ statusCode: 400 });
    expect(hostile.json().message).toContain("document types and entities are not taken");
    expect((await put({ ...BULLETIN, degree: 4 })).statusCode).toBe(400);
    expect((await put({ ...BULLETIN, msgType: "cancel" })).json().message).toContain("which message it is about");
    expect((await put(`<a>${"x".repeat(300_000)}</a>`, "application/xml")).statusCode).toBe(413);
    expect(await list("?all=true")).toEqual([]);
    await close();
  });
});
