import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Reading } from "#contract/messages.ts";
import { clientIdOf } from "#contract/names.ts";
import type { Registry } from "#contract/registry.ts";
import { StationFeature } from "../../cloud/http/schemas.ts";
import { StationChanges, StationCollection } from "../../cloud/live/station-table.ts";
import { aReading } from "../support/builders.ts";
import { openEvents } from "../support/event-stream.ts";
import { publishAll } from "../support/publish-all.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { startTestCloud } from "../support/test-cloud.ts";
import { startTestGateway } from "../support/test-gateway.ts";
import { until } from "../support/until.ts";
import { pointsIn } from "./audit.ts";

const TENANT = "kirov";
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Half of them have been silent for hours; the first of the others is broken. */
const [LIVE, SILENT] = [6, 6];
const BAD = "st-0";
const SMOG = 180;
const BROKEN = 2_000;
/** Four pages on a usual day. */
const READERS = 4 * 50;

const numbers = (count: number) => Array.from({ length: count }, (_, at) => at);
const deviceOf = (at: number) => ({ tenant: TENANT, device: `air-${at}` });

const REGISTRY: Registry = {
  municipalities: [{ id: "town", tenant: TENANT, name: { ru: "Город", en: "Town" } }],
  stations: numbers(LIVE + SILENT).map((at) => ({
    id: `st-${at}`,
    tenant: TENANT,
    municipality: "town",
    name: { ru: `Пост ${at}`, en: `Post ${at}` },
    position: [61.4 + (at % 4) * 0.01, 55.16 + Math.floor(at / 4) * 0.01],
    demo: false,
  })),
  sites: [],
  assignments: numbers(LIVE + SILENT).map((at) => ({ ...deviceOf(at), station: `st-${at}`, from: 0 })),
};

/** Two hours of one sample a minute up to a moment. */
function readingsOf(at: number, lastMs: number): readonly Reading[] {
  const mass = at === 0 ? BROKEN : SMOG + at;
  return [1, 0].map((hoursAgo, pack) => {
    const endMs = lastMs - hoursAgo * HOUR_MS;
    const samples = numbers(60).map((n) => {
      const sampleMs = endMs - (59 - n) * MINUTE_MS;
      return { at: sampleMs, up: sampleMs, values: { pm25: mass + (n % 7) / 10, pm10: mass * 1.2 + (n % 5) / 10 } };
    });
    return aReading({ log: `log-${at}`, seq: pack + 1, at: endMs, samples });
  });
}

describe("a smog day", () => {
  it("stays right for fifty times the readers, and says what it does not know", async () => {
    const devices = numbers(LIVE + SILENT).map(deviceOf);
    const gateway = await startTestGateway({ clients: ["dv:cloud", ...devices.map(clientIdOf)] });
    const cloud = await startTestCloud({
      folder: await tempFolder(),
      registry: REGISTRY,
      brokerUrl: gateway.url,
      token: gateway.tokenOf("dv:cloud"),
      // The crowd comes from one address here.
      env: { OPEN_DATA_PER_MINUTE: "1000000", MAP_PER_MINUTE: "1000000" },
    });
    const get = async (path: string) => (await fetch(`${cloud.url}${path}`)).json();
    const admin = { authorization: `Bearer ${cloud.adminToken}`, "content-type": "application/json" };
    const nowMs = Date.now();
    const bulletin = {
      sender: "office@example.org",
      identifier: "n-1",
      sent: new Date(nowMs - 8 * HOUR_MS).toISOString(),
      msgType: "alert",
      degree: 1,
      headline: "НМУ 1 степени",
      area: "Город",
      expires: new Date(nowMs - HOUR_MS).toISOString(),
    };
    await fetch(`${cloud.url}/api/v1/bulletins`, { method: "POST", headers: admin, body: JSON.stringify(bulletin) });
    const events = await openEvents(`${cloud.url}/api/v1/live`);
    onTestFinished(() => events.close());
    const silentSince = nowMs - 4 * HOUR_MS;
    const lastOf = (at: number) => (at < LIVE ? nowMs : silentSince);

    // Everybody looks while everything comes in.
    let isOver = false;
    const statuses: number[] = [];
    const paths = ["/api/v1/stations", `/api/v1/stations/${BAD}`, `/api/v1/index?pollutant=pm25&value=${SMOG}`];
    const reader = async (number: number) => {
      while (!isOver) {
        const answer = await fetch(`${cloud.url}${paths[number % paths.length]}`).catch(() => undefined);
        await answer?.arrayBuffer();
        statuses.push(answer?.status ?? 0);
        await pause(1_000);
      }
    };
    const crowd = numbers(READERS).map(reader);
    onTestFinished(() => {
      isOver = true;
    });
    const speak = (device: (typeof devices)[number], at: number) =>
      publishAll(gateway, device, readingsOf(at, lastOf(at)));
    // The broken one last: it is judged by neighbours that have spoken.
    await Promise.all(
      devices.map((device, at) => (deviceOf(0).device === device.device ? undefined : speak(device, at))),
    );
    await speak(deviceOf(0), 0);
    const listed = async () => {
      const { features } = StationCollection.parse(await get("/api/v1/stations"));
      return new Map(features.map(({ id, properties }) => [id, properties]));
    };
    const believed = numbers(LIVE).slice(1);
    await until(
      "every living station has the mean of its last full 20 minutes",
      async () => {
        const stations = await listed();
        return believed.every((at) => typeof stations.get(`st-${at}`)?.air.pm25?.m20?.value === "number");
      },
      60_000,
    );
    const newest = { at: Date.now(), up: 1, values: { pm25: 187.7, pm10: 225 } };
    const another = aReading({ log: "log-1", seq: 3, at: newest.at, samples: [newest] });
    await publishAll(gateway, deviceOf(1), [another]);
    const stations = await until("what comes in the midst of it is on the map", async () => {
      const now = await listed();
      return now.get("st-1")?.air.pm25?.now?.value === 187.7 ? now : undefined;
    });
    isOver = true;
    await Promise.all(crowd);

    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(pointsIn(cloud.dataDir)).toBe((LIVE + SILENT) * 120 + 1);
    const bad = StationFeature.parse(await get(`/api/v1/stations/${BAD}`)).properties;
    expect(bad).toMatchObject({ status: "live", marks: expect.arrayContaining(["out-of-range", "neighbours-differ"]) });
    expect(bad.air.pm25?.now).toMatchObject({ value: null, raw: expect.closeTo(BROKEN, -1), confidence: 0 });
    expect(bad.air.pm25?.m20).toMatchObject({ value: null, raw: expect.closeTo(BROKEN, -1), coverage: 0 });
    expect(bad.air.pm25?.nowcast).toBeNull();
    for (const at of believed) {
      const { status, marks, air } = stations.get(`st-${at}`) ?? {};
      expect([status, marks]).toEqual(["live", []]);
      expect(air?.pm25?.m20).toMatchObject({ value: expect.closeTo(SMOG + at + 0.3, 0), coverage: 1 });
    }
    for (const at of numbers(LIVE + SILENT).slice(LIVE)) {
      const { status, lastAt, air } = stations.get(`st-${at}`) ?? {};
      expect(status).toBe("offline");
      expect(Math.abs((lastAt ?? 0) - silentSince)).toBeLessThan(1_000);
      expect([air?.pm25?.m20 ?? null, air?.pm25?.h1 ?? null, air?.pm25?.nowcast ?? null]).toEqual([null, null, null]);
    }
    const told = new Map<string, number | null | undefined>();
    while (told.get("st-1") !== 187.7) {
      const { data } = await events.next();
      for (const { id, properties } of StationChanges.parse(data)) told.set(id, properties.air.pm25?.now?.value);
    }
    expect(told.get(BAD)).toBeNull();
    const index = await get(`/api/v1/index?pollutant=pm25&value=${SMOG}`);
    expect(index).toMatchObject({ index: expect.any(Number), category: { id: "very-unhealthy" } });
    expect(await get("/api/v1/bulletins")).toMatchObject({ bulletins: [] });
    expect(await get("/api/v1/bulletins?all=true")).toMatchObject({ bulletins: [{ state: "expired" }] });
    expect((await cloud.health()).status).toBe("ok");
  }, 90_000);
});
