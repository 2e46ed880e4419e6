import { describe, expect, it } from "vitest";
import { CONSUMER_GROUPS, filters, topics } from "#contract/topics.ts";
import { MOST_FILTERS } from "#mqtt/subscriptions.ts";
import { aPublish, connectPacket, connectRaw, openRaw } from "../../support/raw-mqtt.ts";
import { type RunningGateway, startGatewayHere } from "../../support/test-gateway.ts";

const CLIENTS = ["demo:mad", "demo:calm", "dv:cloud"];
const READING_OF = (device: string) => topics.data({ tenant: "demo", device }, "reading");

const start = (settings: Readonly<Record<string, string>>) => startGatewayHere({ clients: CLIENTS, settings });
const connect = (gateway: RunningGateway, device: string) =>
  connectRaw(gateway.port, { clientId: `demo:${device}`, token: gateway.tokenOf(`demo:${device}`) });
const publishes = (device: string, count: number) =>
  Array.from({ length: count }, (_, i) => aPublish(READING_OF(device), i + 1));

describe("a client that sends more than its rate", () => {
  it("is read no faster than that; nothing is dropped and nobody is closed", async () => {
    const gateway = await start({ RATE_MESSAGES: "1000", RATE_BURST_S: "0.2" });
    const mad = await connect(gateway, "mad");
    const atMs = performance.now();

    for (let i = 0; i < 3; i += 1) mad.send(...publishes("mad", 1_000));
    await mad.receive("puback", 3_000);
    mad.send({ cmd: "pingreq" });
    await mad.receive("pingresp");

    // What the last read overdrew is at most what one read holds, some 1,900 of these messages.
    expect(performance.now() - atMs).toBeGreaterThan(800);
    expect(await gateway.health()).toMatchObject({ acknowledged: 3_000, refused: {}, connections: 1 });
    expect((await gateway.health()).throttled).toBeGreaterThan(0);
  });

  it("pays for each filter that it asks for, and is closed where it asks for very many at once", async () => {
    const gateway = await start({ RATE_MESSAGES: "100", RATE_BURST_S: "0.5" });
    const mad = await connect(gateway, "mad");
    const subscriptions = Array.from({ length: 40 }, (_, i) => ({ topic: `${i}`, qos: 0 as const }));
    const atMs = performance.now();

    for (let messageId = 1; messageId <= 5; messageId += 1) mad.send({ cmd: "subscribe", messageId, subscriptions });
    await mad.receive("suback", 5);
    mad.send({ cmd: "pingreq" });
    await mad.receive("pingresp");

    expect(performance.now() - atMs).toBeGreaterThan(1_000);
    expect((await gateway.health()).refused).toEqual({ subscription: 200 });
    const many = Array.from({ length: MOST_FILTERS + 1 }, (_, i) => ({ topic: `${i}`, qos: 0 as const }));
    mad.send({ cmd: "subscribe", messageId: 6, subscriptions: many });
    await mad.closed();
    expect((await gateway.health()).refused["too-many-filters"]).toBe(1);
  });

  it("is held back by its bytes too", async () => {
    const gateway = await start({ RATE_BYTES: "100000", RATE_BURST_S: "0.1" });
    const mad = await connect(gateway, "mad");
    const atMs = performance.now();

    for (let i = 1; i <= 10; i += 1) mad.send(aPublish(READING_OF("mad"), i, Buffer.alloc(20_000)));
    await mad.receive("puback", 10);

    mad.send({ cmd: "pingreq" });
    await mad.receive("pingresp");
    expect(performance.now() - atMs).toBeGreaterThan(1_500);
    expect((await gateway.health()).refused).toEqual({});
  });

  it("starves nobody: another client is answered while it waits", async () => {
    const gateway = await start({ RATE_MESSAGES: "200", RATE_BURST_S: "0.1" });
    const mad = await connect(gateway, "mad");
    const calm = await connect(gateway, "calm");
    for (let i = 0; i < 5; i += 1) mad.send(...publishes("mad", 1_000));

    for (let i = 1; i <= 20; i += 1) {
      calm.send({ cmd: "pingreq" }, aPublish(READING_OF("calm"), i));
      await calm.receive("pingresp", i);
      await calm.receive("puback", i);
    }

    expect(mad.received.filter(({ cmd }) => cmd === "puback").length).toBeLessThan(5_000);
    mad.socket.destroy();
  });

  it("gets nothing back by coming again: what it owes is waited for", async () => {
    const gateway = await start({ RATE_MESSAGES: "200", RATE_BURST_S: "0.1" });
    const first = await connect(gateway, "mad");
    first.send(...publishes("mad", 700));
    await first.receive("puback", 700);
    first.socket.destroy();
    const atMs = performance.now();

    const second = await openRaw(gateway.port);
    const login = { clientId: "demo:mad", token: gateway.tokenOf("demo:mad") };
    second.send(connectPacket(login), aPublish(READING_OF("mad"), 1), { cmd: "pingreq" });
    await second.receive("connack");
    await second.receive("pingresp");

    expect(performance.now() - atMs).toBeGreaterThan(1_500);
    await second.receive("puback");
  });
});

describe("a consumer", () => {
  it("acknowledges as much as it likes: deliveries are not held back by its rate", async () => {
    const gateway = await start({ RATE_MESSAGES: "10", RATE_BURST_S: "10" });
    const sender = await connect(gateway, "calm");
    for (let i = 0; i < 60; i += 1) sender.send(aPublish(READING_OF("calm"), i + 1));
    const cloud = await connectRaw(gateway.port, { clientId: "dv:cloud", token: gateway.tokenOf("dv:cloud") });
    const wanted = CONSUMER_GROUPS.air.map((stream) => filters.shared("air", filters.data(stream)));
    cloud.send({ cmd: "subscribe", messageId: 1, subscriptions: wanted.map((topic) => ({ topic, qos: 1 })) });

    for (const delivery of await cloud.receive("publish", 60)) {
      cloud.send({ cmd: "puback", messageId: delivery.messageId ?? 0 });
    }
    for (let i = 0; i < 90; i += 1) cloud.send({ cmd: "pingreq" });
    await cloud.receive("pingresp", 90);

    expect((await gateway.health()).consumed).toBe(60);
    expect((await gateway.health()).throttled).toBe(0);
  });
});
