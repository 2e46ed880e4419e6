import { describe, expect, it, onTestFinished } from "vitest";
import { TwinView } from "../../../cloud/fleet/twins/twins.ts";
import { ADMIN_TOKEN, httpParts, openHttp } from "../../support/http-fixture.ts";
import { startTestFleet } from "../fleet/fleet-thread.ts";

const ADMIN = { authorization: `Bearer ${ADMIN_TOKEN}` };
const URL = "/api/v1/fleet/devices/chel/post-1/twin";

async function openTwins() {
  const { twins } = await startTestFleet();
  const { app, close } = await openHttp(httpParts({ twins }));
  onTestFinished(close);
  const get = (url = URL, headers: object = ADMIN) => app.inject({ url, headers: { ...headers } });
  const put = (settings: unknown, etag?: string, url = URL) =>
    app.inject({
      method: "PUT",
      url,
      payload: { settings },
      headers: { ...ADMIN, ...(etag === undefined ? {} : { "if-match": etag }) },
    });
  return { app, get, put };
}

describe("the routes of twins", () => {
  it("are the administrator's alone", async () => {
    const { app, get } = await openTwins();

    expect((await get(URL, {})).statusCode).toBe(401);
    expect((await get("/api/v1/fleet/devices", {})).statusCode).toBe(401);
    expect((await app.inject({ method: "PUT", url: URL, payload: { settings: {} } })).statusCode).toBe(401);
  });

  it("give each change a higher rev, and the same change again the same one", async () => {
    const { get, put } = await openTwins();

    const none = await get();
    const first = await put({ READING_EVERY_S: "30" }, '"0"');
    const again = await put({ READING_EVERY_S: "30" }, '"0"');
    const second = await put({ READING_EVERY_S: "60" }, `${first.headers.etag}`);

    expect([none.headers.etag, none.json().rev, none.json().settings]).toEqual(['"0"', 0, {}]);
    expect([first.statusCode, again.statusCode, second.statusCode]).toEqual([200, 200, 200]);
    expect(again.json().rev).toBe(first.json().rev);
    expect(second.json().rev).toBeGreaterThan(first.json().rev);
    expect(TwinView.parse((await get()).json())).toMatchObject({ settings: { READING_EVERY_S: "60" }, reported: null });
    expect((await get("/api/v1/fleet/devices")).json().devices).toMatchObject([{ tenant: "chel", device: "post-1" }]);
  });

  it("let one of two administrators win who change the same twin at once, and tell the other", async () => {
    const { put } = await openTwins();

    const both = await Promise.all([put({ LOG_LEVEL: "debug" }, '"0"'), put({ LOG_LEVEL: "warn" }, '"0"')]);

    expect(both.map(({ statusCode }) => statusCode).sort()).toEqual([200, 412]);
    const late = both.find(({ statusCode }) => statusCode === 412)?.json();
    expect(late).toMatchObject({ code: "changed-meanwhile", message: expect.stringContaining("read it again") });
  });

  it.each([
    ["a setting that no device has", { NO_SUCH_SETTING: "1" }, '"0"', URL, 400],
    ["a setting that may not be changed from outside", { DATA_DIR: "x" }, '"0"', URL, 400],
    ["a value that its setting may not have", { READING_EVERY_S: "0" }, '"0"', URL, 400],
    ["a change without If-Match", { LOG_LEVEL: "warn" }, undefined, URL, 428],
    ["an If-Match that is none", { LOG_LEVEL: "warn" }, "*", URL, 412],
    ["a name that no setting has", { "a b": "1" }, '"0"', URL, 400],
    ["a value that is no text", { A: 1 }, '"0"', URL, 400],
    ["a value of 257 characters", { A: "x".repeat(257) }, '"0"', URL, 400],
    ["a device of our own", { A: "1" }, '"0"', "/api/v1/fleet/devices/dv/cloud/twin", 400],
    ["a device that can have no such name", { A: "1" }, '"0"', "/api/v1/fleet/devices/chel/..%2Fx/twin", 400],
    [
      "more settings than a twin can hold",
      Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`A${n}`, "x".repeat(256)])),
      '"0"',
      URL,
      400,
    ],
    ["more than a twin is read of", { A: "x".repeat(70_000) }, '"0"', URL, 413],
  ])("refuse %s", async (_what, settings, etag, url, status) => {
    const { put, get } = await openTwins();

    const refused = await put(settings, etag, url);

    expect(refused.statusCode).toBe(status);
    expect((await get()).json().rev).toBe(0);
  });

  it("list devices page by page", async () => {
    const { get, put } = await openTwins();
    for (const device of ["post-3", "post-1", "post-2"]) {
      await put({ LOG_LEVEL: "warn" }, '"0"', `/api/v1/fleet/devices/chel/${device}/twin`);
    }

    const first = await get("/api/v1/fleet/devices?limit=2");
    const rest = await get("/api/v1/fleet/devices?limit=2&after=chel:post-2&tenant=chel");

    const names = (page: typeof first) => page.json().devices.map(({ device }: { device: string }) => device);
    expect([names(first), names(rest)]).toEqual([["post-1", "post-2"], ["post-3"]]);
  });
});
