import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { StationCollection } from "../../../cloud/live/station-table.ts";
import { openSqliteMeasurements } from "../../../cloud/store/measurements/sqlite-measurements.ts";
import { openFolderPhotos } from "../../../cloud/store/photos/folder-photos.ts";
import { openStateView } from "../../../cloud/store/state/sqlite-state-view.ts";
import { ADMIN_TOKEN, httpParts, NOW_MS, openHttp } from "../../support/http-fixture.ts";
import { tempFolder } from "../../support/temp-folder.ts";

it("every route answers over fresh embedded stores", async () => {
  const folder = await tempFolder();
  const view = openStateView(join(folder, "state.db"));
  const measurements = await openSqliteMeasurements(join(folder, "measurements.db"));
  const photos = await openFolderPhotos(join(folder, "photos"));
  const http = await openHttp({ ...httpParts(), view, measurements, photos });
  onTestFinished(async () => {
    await http.close();
    await measurements.close();
    await view.close();
  });
  await measurements.write([
    { tenant: "chel", station: "st-1", sensor: "sds011", at: NOW_MS, fields: { pm25: 4.2, device: "air-0001" } },
  ]);

  const get = async (url: string) => {
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
    const answer = await http.app.inject({ method: "GET", url, headers });
    expect([url, answer.statusCode]).toEqual([url, 200]);
    return answer.json();
  };
  expect(StationCollection.parse(await get("/api/v1/stations")).features).toHaveLength(2);
  expect((await get("/api/v1/sites")).features).toHaveLength(2);
  expect(await get("/api/v1/sites/site-1")).toMatchObject({ lastVisit: null });
  expect(await get("/api/v1/stations/st-1/samples")).toMatchObject({ rows: [[NOW_MS, 4.2, "sds011"]] });
  expect(await get("/api/v1/alerts")).toEqual({ alerts: [] });
  expect(await get("/api/v1/dead-letters")).toEqual({ deadLetters: [] });
  expect(await get("/healthz")).toMatchObject({ status: "ok" });
});
