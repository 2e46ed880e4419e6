import { join } from "node:path";
import mqtt from "mqtt";
import { describe, expect, it, onTestFinished } from "vitest";
import { type DeviceState, type Message, Stored, type Visit } from "#contract/messages.ts";
import { type Address, clientIdOf } from "#contract/names.ts";
import { topics } from "#contract/topics.ts";
import { openSqliteMeasurements } from "../../../cloud/store/measurements/sqlite-measurements.ts";
import { openStateView } from "../../../cloud/store/state/sqlite-state-view.ts";
import {
  aHealth,
  aPhoto,
  aReading,
  aRegistry,
  aVisit,
  aVisitPhoto,
  letterOf,
  NOON,
  POST,
  TRUCK,
  TRUCK_KEYS,
} from "../../support/builders.ts";
import { drawSite } from "../../support/drawn-site.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { startTestCloud } from "../../support/test-cloud.ts";
import { startTestGateway } from "../../support/test-gateway.ts";
import { until } from "../../support/until.ts";

const READINGS = 1_800;
const HEALTHS = 140;
const PHOTOS = 10;

/** Publishes in order, a few at a time on the way, so that a kill comes in the middle of the stream. */
async function publishAll(url: string, from: Address, token: string, messages: readonly Message[]): Promise<void> {
  const clientId = clientIdOf(from);
  const client = await mqtt.connectAsync(url, { clientId, username: clientId, password: token });
  const rest = [...messages];
  const sender = async () => {
    for (let message = rest.shift(); message !== undefined; message = rest.shift()) {
      const { topic, payload } = letterOf(message, from);
      await client.publishAsync(topic, Buffer.from(payload), { qos: 1 });
    }
  };
  await Promise.all(Array.from({ length: 8 }, sender));
  await client.endAsync();
}

async function photosOfVisits(): Promise<{ readonly messages: readonly Message[]; readonly shas: readonly string[] }> {
  const messages: Message[] = [];
  const shas: string[] = [];
  for (let i = 0; i < PHOTOS; i += 1) {
    const bytes = await drawSite({ seed: i, state: "scattered", widthPx: 640, heightPx: 480 });
    const seq = messages.length + 1;
    const photo = aPhoto(bytes, { seq: seq + 1, pieceBytes: 16 * 1024 });
    const state: Visit["photos"][number]["state"] = i % 2 === 0 ? "scattered" : "clean";
    const photos = [aVisitPhoto({ sha: photo.sha, state })];
    messages.push(aVisit({ seq, visit: `visit-${i}`, endedAt: NOON + i, photos }), photo.notice, ...photo.chunks);
    shas.push(photo.sha);
  }
  return { messages, shas };
}

describe("a cloud that is killed", () => {
  it("has every message exactly once, every photo whole and every alert once", async () => {
    const clients = ["dv:cloud", clientIdOf(POST), clientIdOf(TRUCK)];
    const gateway = await startTestGateway({ clients });
    const folder = await tempFolder();
    const cloud = await startTestCloud({
      folder,
      registry: aRegistry(),
      brokerUrl: gateway.url,
      token: gateway.tokenOf("dv:cloud"),
    });
    const view = openStateView(join(cloud.dataDir, "state.db"));
    onTestFinished(() => view.close());
    const { messages, shas } = await photosOfVisits();
    const healths = Array.from({ length: HEALTHS }, (_, i) => aHealth({ seq: messages.length + 1 + i }));
    const readings = Array.from({ length: READINGS }, (_, i) => aReading({ seq: i + 1, at: NOON + i * 1_000 }));
    const total = messages.length + HEALTHS + READINGS;

    const thirdOf = <T>(list: readonly T[], i: number) =>
      list.slice((i * list.length) / 3, ((i + 1) * list.length) / 3);

    for (const third of [0, 1, 2]) {
      const before = view.counts().messages ?? 0;
      const sent = Promise.all([
        publishAll(gateway.url, POST, gateway.tokenOf(clientIdOf(POST)), thirdOf(readings, third)),
        publishAll(gateway.url, TRUCK, gateway.tokenOf(clientIdOf(TRUCK)), thirdOf([...messages, ...healths], third)),
      ]);
      await until("some of it has come", () => (view.counts().messages ?? 0) > before + 50, 60_000);
      await cloud.kill();
      await sent;
      await cloud.start();
    }
    await until("everything has come", () => view.counts().messages === total, 60_000);
    await until("every photo is whole", () => view.wholePhotos(shas).size === PHOTOS, 60_000);

    expect(view.counts()).toMatchObject({ messages: total, visits: PHOTOS, photos: PHOTOS, alerts: PHOTOS / 2 });
    expect(view.deadLetters(10)).toEqual([]);
    const measurements = await openSqliteMeasurements(join(cloud.dataDir, "measurements.db"));
    onTestFinished(() => measurements.close());
    const range = { fromMs: NOON - 1, toMs: NOON + READINGS * 1_000, maxPoints: READINGS * 2 };
    expect(await measurements.series({ tenant: "kirov", station: "station-1", field: "pm25", ...range })).toHaveLength(
      READINGS,
    );
    await until("the gateway has nothing left", async () => {
      const { groups } = await gateway.health();
      return groups.every(({ unacknowledged }) => unacknowledged === 0);
    });
  }, 180_000);

  it("tells each device what it has, and pins the key that the device shows", async () => {
    const gateway = await startTestGateway({ clients: ["dv:cloud", clientIdOf(TRUCK)] });
    const cloud = await startTestCloud({
      folder: await tempFolder(),
      registry: aRegistry(),
      brokerUrl: gateway.url,
      token: gateway.tokenOf("dv:cloud"),
    });
    const view = openStateView(join(cloud.dataDir, "state.db"));
    onTestFinished(() => view.close());
    const clientId = clientIdOf(TRUCK);
    const device = await mqtt.connectAsync(gateway.url, {
      clientId,
      username: clientId,
      password: gateway.tokenOf(clientId),
    });
    onTestFinished(() => device.endAsync(true));
    const told: Stored[] = [];
    device.on("message", (_, payload) => told.push(Stored.parse(JSON.parse(payload.toString()))));
    await device.subscribeAsync(topics.stored(TRUCK), { qos: 1 });
    const photo = aPhoto(await drawSite({ seed: 3, state: "clean", widthPx: 320, heightPx: 240 }), { seq: 2 });

    for (const message of [aVisit(), photo.notice, ...photo.chunks]) {
      const { topic, payload } = letterOf(message, TRUCK);
      await device.publishAsync(topic, Buffer.from(payload), { qos: 1 });
    }
    const state: DeviceState = {
      v: 1,
      online: true,
      boot: "boot-1",
      software: "test",
      model: null,
      publicKey: TRUCK_KEYS.publicKey,
    };
    await device.publishAsync(topics.state(TRUCK), JSON.stringify(state), { qos: 1, retain: true });

    await until("the device hears of its photo", () => told.at(-1)?.photos.includes(photo.sha));
    expect(told.at(-1)).toMatchObject({ log: "log-truck", upTo: 2 + photo.chunks.length, also: [], lost: [] });
    await until("the visit is checked", () => view.lastVisitOf("site-1")?.signature === "valid");
    expect(await cloud.health()).toMatchObject({ status: "ok" });
    const closing = performance.now();
    await cloud.close();
    expect(performance.now() - closing).toBeLessThan(10_000);
  }, 60_000);

  it("starts without a gateway, says so, and connects when there is one", async () => {
    const gateway = await startTestGateway({ clients: ["dv:cloud"] });
    await gateway.kill();
    const cloud = await startTestCloud({
      folder: await tempFolder(),
      registry: aRegistry(),
      brokerUrl: gateway.url,
      token: gateway.tokenOf("dv:cloud"),
    });
    expect(await cloud.health()).toMatchObject({ status: "degraded" });

    await gateway.restart();
    await until("the cloud is connected", async () => (await cloud.health()).status === "ok", 30_000);
    await gateway.kill();
    await until("the loss is told", async () => (await cloud.health()).status === "degraded", 30_000);
    await gateway.restart();
    await until("the cloud is connected again", async () => (await cloud.health()).status === "ok", 30_000);
  }, 120_000);
});
