import { describe, expect, it, onTestFinished } from "vitest";
import { AlertList, HealthView, SiteDetail } from "../../cloud/http/schemas.ts";
import { StationCollection } from "../../cloud/live/station-table.ts";
import { randomFrom } from "../../models/random.ts";
import { findInfluxd, startInflux } from "../real/influx/start-influx.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { until } from "../support/until.ts";
import { drawnRoll } from "../town/camera-roll.ts";
import { auditState, pointsInInflux } from "./audit.ts";
import { drain } from "./drain.ts";
import { startDriver } from "./driver.ts";
import { influxSettings, layLine, startAll } from "./line.ts";

const influxd = await findInfluxd();

describe.skipIf("missing" in influxd)(
  "InfluxDB down for the whole run (skipped where InfluxDB cannot be built)",
  () => {
    it("loses nothing; visits, photos and alerts still arrive, health says what is wrong, and its return heals it", async () => {
      if ("missing" in influxd) return;
      const influx = await startInflux(influxd.program);
      onTestFinished(() => influx.stop());
      await influx.halt();
      const folder = await tempFolder();
      const line = await layLine({
        folder,
        store: influxSettings(influx),
        edge: { READING_EVERY_S: "0.2", HEALTH_EVERY_S: "86400" },
      });
      onTestFinished(() => line.close());
      await startAll(line);
      const get = async (path: string): Promise<unknown> =>
        (await fetch(`${line.cloudUrl}${path}`, { headers: { authorization: `Bearer ${line.adminToken}` } })).json();

      const driver = startDriver(line.edgeUrl, ["site-1"], await drawnRoll(line.cameraFolder, randomFrom(5), 0), 6);
      onTestFinished(() => driver.close());
      await driver.done;
      const last = driver.confirmed.at(-1);
      await until("the last pair can be seen", async () => {
        const site = SiteDetail.parse(await get("/api/v1/sites/site-1"));
        return site.lastVisit?.visit === last?.visit && site.lastVisit?.photos.every(({ url }) => url !== null);
      });
      const dirty = driver.confirmed.filter(({ after }) => after.state === "overflow" || after.state === "scattered");
      const alerts = AlertList.parse(await get("/api/v1/alerts")).alerts;
      const health = HealthView.parse(await get("/healthz"));
      const stations = StationCollection.parse(await get("/api/v1/stations"));

      expect(alerts.map(({ visit }) => visit.visit).sort()).toEqual(dirty.map(({ visit }) => visit).sort());
      expect(health.status).toBe("degraded");
      expect(health.parts.measurements?.ok).toBe(false);
      expect(stations.features).toHaveLength(1);
      await influx.resume();
      await drain(line);
      await until("health is well again", async () => HealthView.parse(await get("/healthz")).status === "ok", 60_000);
      const audit = auditState(line.data.cloud);
      expect(audit.deadLetters).toBe(0);
      expect(await pointsInInflux(influx)).toBeGreaterThan(20);
    }, 240_000);
  },
);
