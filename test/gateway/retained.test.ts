import { join } from "node:path";
import type { IPublishPacket, Packet } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { filters, topics } from "#contract/topics.ts";
import { addClient } from "../../firmware-config/credentials.ts";
import { aPublish, connectRaw, type RawClient } from "../support/raw-mqtt.ts";
import { maySmallDisk, mountSmallDisk } from "../support/small-disk.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { startTestGateway, type TestGateway } from "../support/test-gateway.ts";
import { until } from "../support/until.ts";

const TRUCK = { tenant: "demo", device: "truck-1" };
const POST = { tenant: "demo", device: "post-1" };
const clients = ["demo:truck-1", "demo:post-1", "dv:cloud"];

const connect = (gateway: TestGateway, clientId: string, will?: { topic: string; payload: string }) =>
  connectRaw(gateway.port, { clientId, token: gateway.tokenOf(clientId), ...(will === undefined ? {} : { will }) });

const isPublish = (packet: Packet): packet is IPublishPacket => packet.cmd === "publish";
const texts = (client: RawClient) =>
  client.received.filter(isPublish).map(({ topic, payload }) => `${topic} ${payload.toString()}`);

async function listen(gateway: TestGateway, topic: string): Promise<RawClient> {
  const cloud = await connect(gateway, "dv:cloud");
  cloud.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic, qos: 1 }] });
  await cloud.receive("suback");
  return cloud;
}

describe("retained messages", () => {
  it("are on disk when they are acknowledged: a SIGKILL right behind the PUBACK loses none", async () => {
    const gateway = await startTestGateway({ clients });
    const truck = await connect(gateway, "demo:truck-1");
    for (let i = 1; i <= 20; i += 1) truck.send({ ...aPublish(topics.state(TRUCK), i, `state ${i}`), retain: true });
    await truck.receive("puback", 20);
    const post = await connect(gateway, "demo:post-1");
    post.send({ ...aPublish(topics.state(POST), 1, "here"), retain: true });
    await post.receive("puback");
    post.send({ ...aPublish(topics.state(POST), 2, ""), retain: true });
    await post.receive("puback", 2);

    await gateway.restart();

    const cloud = await listen(gateway, filters.state());
    await cloud.receive("publish");
    expect(texts(cloud)).toEqual([`${topics.state(TRUCK)} state 20`]);
  });

  it("have a bound for each tenant: beyond it a device is closed without PUBACK, also after a restart", async () => {
    const folder = await tempFolder();
    const parts = { tenant: "dv", device: "village", role: "gateway" as const, tenants: ["demo", "other"] };
    const token = await addClient(join(folder, "credentials.json"), parts);
    const settings = { TENANT_RETAINED_BYTES: String(1024 * 1024), LOG_LEVEL: "silent" };
    const gateway = await startTestGateway({ clients, folder, settings });
    const connectVillage = () => connectRaw(gateway.port, { clientId: "dv:village", token });
    const stateOf = (tenant: string, i: number, payload = Buffer.alloc(60_000)) => ({
      ...aPublish(topics.state({ tenant, device: `post-${i}` }), i, payload),
      retain: true,
    });
    const village = await connectVillage();

    for (let i = 1; i <= 17; i += 1) village.send(stateOf("demo", i));
    await village.receive("puback", 17);
    village.send(stateOf("demo", 18));
    await village.closed();
    expect(village.received.filter(({ cmd }) => cmd === "puback")).toHaveLength(17);
    expect((await gateway.health()).refused).toEqual({ "retained-full": 1 });
    await gateway.restart();

    const again = await connectVillage();
    again.send(stateOf("other", 1), stateOf("demo", 2));
    await again.receive("puback", 2);
    again.send(stateOf("demo", 18));
    await again.closed();
    const last = await connectVillage();
    last.send(stateOf("demo", 2, Buffer.alloc(0)));
    await last.receive("puback");
    last.send(stateOf("demo", 18));
    await last.receive("puback", 2);
  }, 60_000);

  it.skipIf(!maySmallDisk)(
    "are not acknowledged on a full disk (needs the right to mount a tmpfs)",
    async () => {
      const disk = await mountSmallDisk(join(await tempFolder(), "small"), 4);
      const gateway = await startTestGateway({ clients, settings: { DATA_DIR: disk.folder, LOG_LEVEL: "silent" } });
      const truck = await connect(gateway, "demo:truck-1");
      await disk.fill();

      truck.send(
        ...Array.from({ length: 160 }, (_, i) => ({
          ...aPublish(topics.state(TRUCK), i + 1, Buffer.alloc(60_000, i + 1)),
          retain: true,
        })),
      );
      await truck.closed();

      const acknowledged = truck.received.filter(({ cmd }) => cmd === "puback").length;
      expect(acknowledged).toBeLessThan(160);
      expect((await gateway.health()).refused["journal-unavailable"]).toBeGreaterThan(0);
      await disk.empty();
      await gateway.restart();
      const cloud = await listen(gateway, filters.state());
      if (acknowledged > 0) await cloud.receive("publish");
      const kept = cloud.received.filter(isPublish).map(({ payload }) => Buffer.from(payload)[0]);
      expect(kept.every((i) => Number(i) >= acknowledged)).toBe(true);
    },
    60_000,
  );
});

describe("the will of a client that was connected when the gateway was killed", () => {
  const online = async (gateway: TestGateway, address: typeof TRUCK) => {
    const client = await connect(gateway, `${address.tenant}:${address.device}`, {
      topic: topics.state(address),
      payload: "offline",
    });
    client.send({ ...aPublish(topics.state(address), 1, "online"), retain: true });
    await client.receive("puback");
    return client;
  };

  it("is published by the next one when the client does not come back, and only then", async () => {
    const gateway = await startTestGateway({ clients, settings: { RETURN_WITHIN_S: "2" } });
    await online(gateway, TRUCK);
    await online(gateway, POST);

    await gateway.restart();
    await online(gateway, POST);
    const cloud = await listen(gateway, filters.state());

    await until("the lost truck is offline", () => texts(cloud).includes(`${topics.state(TRUCK)} offline`));
    expect(texts(cloud)).not.toContain(`${topics.state(POST)} offline`);
  });

  it("is not published for one that had said goodbye", async () => {
    const gateway = await startTestGateway({ clients, settings: { RETURN_WITHIN_S: "1" } });
    const truck = await online(gateway, TRUCK);
    truck.send({ cmd: "disconnect" });
    await truck.closed();
    const post = await online(gateway, POST);
    post.send({ cmd: "pingreq" });
    await post.receive("pingresp");

    await gateway.restart();
    const cloud = await listen(gateway, filters.state());

    await until("the lost post is offline", () => texts(cloud).includes(`${topics.state(POST)} offline`));
    expect(texts(cloud)).not.toContain(`${topics.state(TRUCK)} offline`);
  });
});
