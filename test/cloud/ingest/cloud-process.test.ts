import { join } from "node:path";
import mqtt from "mqtt";
import { describe, expect, it, onTestFinished } from "vitest";
import { type DeviceState, Stored } from "#contract/messages.ts";
import { clientIdOf } from "#contract/names.ts";
import { topics } from "#contract/topics.ts";
import { AlertView } from "../../../cloud/http/schemas.ts";
import { StationCollection } from "../../../cloud/live/station-table.ts";
import { openStateView } from "../../../cloud/store/state/sqlite-state-view.ts";
import { drawSite } from "../../../models/samples/drawn-site.ts";
import {
  aPhoto,
  aReading,
  aRegistry,
  aVisit,
  aVisitPhoto,
  letterOf,
  POST,
  TRUCK,
  TRUCK_KEYS,
} from "../../support/builders.ts";
import { publishAll } from "../../support/publish-all.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { startTestCloud } from "../../support/test-cloud.ts";
import { startTestGateway } from "../../support/test-gateway.ts";
import { until } from "../../support/until.ts";

async function startBoth(registry = aRegistry()) {
  const gateway = await startTestGateway({ clients: ["dv:cloud", clientIdOf(TRUCK), clientIdOf(POST)] });
  const cloud = await startTestCloud({
    folder: await tempFolder(),
    registry,
    brokerUrl: gateway.url,
    token: gateway.tokenOf("dv:cloud"),
  });
  const view = openStateView(join(cloud.dataDir, "state.db"));
  onTestFinished(() => view.close());
  const admin = { authorization: `Bearer ${cloud.adminToken}`, "content-type": "application/json" };
  return { gateway, cloud, view, admin };
}

describe("the cloud as a program", () => {
  it("tells each device what it has, and pins the key that the device shows", async () => {
    const { gateway, cloud, view } = await startBoth();
    const clientId = clientIdOf(TRUCK);
    const password = gateway.tokenOf(clientId);
    const device = await mqtt.connectAsync(gateway.url, { clientId, username: clientId, password });
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
    await until("all is well", async () => (await cloud.health()).status === "ok");
    const closing = performance.now();
    await cloud.close();
    expect(performance.now() - closing).toBeLessThan(10_000);
  }, 60_000);

  it("keeps an acknowledgement from the desk, with the first name", async () => {
    const { gateway, cloud, view, admin } = await startBoth();
    await publishAll(gateway, TRUCK, [aVisit({ photos: [aVisitPhoto({ state: "overflow" })] })]);
    const alert = await until("the alert is there", () => view.alerts()[0]);
    const acknowledge = async (name: string) => {
      const url = `${cloud.url}/api/v1/alerts/${alert.id}/acknowledge`;
      const answer = await fetch(url, { method: "POST", headers: admin, body: JSON.stringify({ name }) });
      return AlertView.parse(await answer.json());
    };

    await acknowledge("Anna");
    const second = await acknowledge("Boris");

    expect(second).toMatchObject({ id: alert.id, acknowledgedBy: "Anna" });
    await cloud.kill();
    expect(view.alert(alert.id)).toMatchObject({ acknowledgedBy: "Anna" });
  }, 60_000);

  it("puts a reading on the map as soon as the registry knows its station", async () => {
    const { gateway, cloud, view, admin } = await startBoth(aRegistry({ assignments: [] }));
    await publishAll(gateway, POST, [aReading()]);
    await until("it is a dead letter", () => view.deadLetters(1)[0]?.reason === "no-station");
    const listed = await fetch(`${cloud.url}/api/v1/dead-letters`, { headers: admin });
    expect(await listed.json()).toMatchObject({ deadLetters: [{ reason: "no-station", times: 1 }] });

    await cloud.writeRegistry(aRegistry());

    const station = await until("it is on the map", async () => {
      const { features } = StationCollection.parse(await (await fetch(`${cloud.url}/api/v1/stations`)).json());
      return features.find(({ id, properties }) => id === "station-1" && properties.air.pm25 !== undefined);
    });
    expect(station.properties.air.pm25?.now?.value).toBe(12.5);
    expect(view.deadLetters(1)).toEqual([]);
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
