import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { openStateFile } from "../../../cloud/store/state/database.ts";
import { keepHealth } from "../../../cloud/store/state/devices.ts";
import { openStateView } from "../../../cloud/store/state/sqlite-state-view.ts";
import { keepTimeless } from "../../../cloud/store/state/timeless-readings.ts";
import { ADMIN_TOKEN, httpParts, NOW_MS, openHttp } from "../../support/http-fixture.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const TRUCK = { tenant: "chel", device: "truck-1" };
const PATH = "/api/v1/fleet/devices/chel/truck-1/health";

it("shows the administrator a device's newest health, with the facts that it told last", async () => {
  const file = join(await tempFolder(), "state.db");
  const sql = openStateFile(file);
  const view = openStateView(file);
  const http = await openHttp({ ...httpParts(), view });
  onTestFinished(async () => {
    await http.close();
    await view.close();
    sql.close();
  });
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
  const get = async () => (await http.app.inject({ url: PATH, headers })).json();
  const say = (health: object, at: number) => keepHealth(sql, TRUCK, JSON.stringify(health), at);

  expect((await http.app.inject({ url: PATH })).statusCode).toBe(401);
  expect((await http.app.inject({ url: PATH, headers })).statusCode).toBe(404);

  say({ up: 1 }, NOW_MS - 10);
  const ofOldSoftware = await get();
  say({ up: 2, facts: { parts: { camera: "cable" }, rss: 9 } }, NOW_MS);
  const whole = await get();
  say({ up: 3 }, NOW_MS + 60_000);
  say({ up: 4 }, NOW_MS + 120_000);
  const brief = await get();
  say({ up: 5, facts: { parts: { camera: "well" } } }, NOW_MS + 180_000);

  const timeUnknown = { readings: 0, visits: 0, doubtful: 0 };
  expect(ofOldSoftware).toEqual({ at: NOW_MS - 10, health: { up: 1 }, timeUnknown });
  expect(whole).toEqual({ at: NOW_MS, timeUnknown, health: { up: 2, facts: { parts: { camera: "cable" }, rss: 9 } } });
  expect(brief).toEqual({
    at: NOW_MS + 120_000,
    timeUnknown,
    health: { up: 4, facts: { parts: { camera: "cable" }, rss: 9 }, factsAt: NOW_MS },
  });
  const letter = { topic: "", payload: Buffer.from("{}") };
  sql.transaction(() => keepTimeless(sql, { ...TRUCK, boot: "b" }, letter, NOW_MS));
  sql.transaction(() => keepTimeless(sql, { tenant: "chel", device: "truck-2", boot: "b" }, letter, NOW_MS));
  expect((await get()).timeUnknown).toEqual({ readings: 1, visits: 0, doubtful: 0 });
  expect((await get()).health).toEqual({ up: 5, facts: { parts: { camera: "well" } } });
});
