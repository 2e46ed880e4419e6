import { describe, expect, it } from "vitest";
import { CONSUMER_GROUPS, filters, type Stream } from "#contract/topics.ts";
import type { ConsumedMessage } from "#mqtt/consumer-client.ts";
import { connectDevice, consume, ignore, numbered, publish, topicOf } from "../support/group-member.ts";
import { aPublish, connectRaw } from "../support/raw-mqtt.ts";
import { startGatewayHere, startTestGateway } from "../support/test-gateway.ts";
import { until } from "../support/until.ts";

const DEVICES = Array.from({ length: 20 }, (_, i) => `demo:truck-${i}`);
const start = (settings: Readonly<Record<string, string>> = {}) =>
  startGatewayHere({ clients: [...DEVICES, "dv:cloud"], settings });

describe("a consumer group", () => {
  it("gets what was published while nobody was there, in order within each class", async () => {
    const gateway = await start();
    const device = await connectDevice(gateway);
    await publish(device, topicOf("chunk"), ["c1", "c2"]);
    await publish(device, topicOf("visit"), ["v1"]);
    await publish(device, topicOf("photo"), ["v2"]);
    await publish(device, topicOf("alert"), ["a1", "a2"]);
    await publish(device, topicOf("reading"), ["not for sites"]);

    const sites = await consume(gateway, "sites");
    await until("all six", () => sites.messages.length >= 6);

    const ofClass = (letter: string) => sites.texts().filter((text) => text.startsWith(letter));
    expect([ofClass("a"), ofClass("v"), ofClass("c")]).toEqual([
      ["a1", "a2"],
      ["v1", "v2"],
      ["c1", "c2"],
    ]);
    expect(sites.messages[0]?.topic).toMatch(/^dv1\/demo\/truck-0\/d\//);
    await sites.close();
  });

  it("gets a backlog by class in order of worth", async () => {
    const gateway = await start({ CONSUMER_WINDOW: "1" });
    const device = await connectDevice(gateway);
    const held: ConsumedMessage[] = [];
    const sites = await consume(gateway, "sites", (message) => held.push(message));
    await publish(device, topicOf("health"), ["first"]);
    await until("the window is full", () => held.length === 1);
    await publish(device, topicOf("chunk"), ["chunk"]);
    await publish(device, topicOf("visit"), ["visit"]);
    await publish(device, topicOf("alert"), ["alert"]);

    for (let seen = 1; seen < 4; seen += 1) {
      held.at(-1)?.acknowledge();
      await until("the next one", () => held.length === seen + 1);
    }

    expect(sites.texts()).toEqual(["first", "alert", "visit", "chunk"]);
    await sites.close();
  });

  it("is given no more than its window before it acknowledges", async () => {
    const gateway = await start({ CONSUMER_WINDOW: "10" });
    const device = await connectDevice(gateway);
    await publish(device, topicOf("reading"), numbered(50));
    const air = await consume(gateway, "air", ignore);
    await until("a full window", () => air.messages.length === 10);
    await publish(device, topicOf("reading"), numbered(5, 51));
    expect((await gateway.health()).groups).toContainEqual(
      expect.objectContaining({ group: "air", members: 1, unacknowledged: 10, lag: { reading: 55 } }),
    );

    for (let i = 0; i < 55; i += 1) (await until("the next", () => air.messages[i])).acknowledge();

    expect(air.texts()).toEqual(numbered(55));
    await until("all is cleared", async () => (await gateway.health()).journal.oldestPending === null);
    await air.close();
  });

  it("gets again, with DUP, what it had not acknowledged when it went, and nothing else", async () => {
    const gateway = await start();
    const device = await connectDevice(gateway);
    await publish(device, topicOf("reading"), numbered(10));
    const first = await consume(gateway, "air", ignore);
    await until("all ten", () => first.messages.length === 10);
    for (const i of [0, 1, 4, 8]) first.messages[i]?.acknowledge();
    await until("taken", async () => (await gateway.health()).consumed === 4);
    await first.close();
    await publish(device, topicOf("reading"), ["11"]);

    const second = await consume(gateway, "air");
    await until("the rest", () => second.messages.length >= 7);

    expect(second.texts()).toEqual(["3", "4", "6", "7", "8", "10", "11"]);
    expect(second.messages.map(({ dup }) => dup)).toEqual([true, true, true, true, true, true, false]);
    await until("all is cleared", async () => (await gateway.health()).journal.oldestPending === null);
    await second.close();
  });

  it("serves a member that comes back under its own name while its old connection still seems open", async () => {
    const gateway = await start();
    const device = await connectDevice(gateway);
    const stuck = await consume(gateway, "air", ignore);
    await publish(device, topicOf("reading"), ["1"]);
    await until("it has arrived", () => stuck.messages.length === 1);

    const back = await consume(gateway, "air");

    await until("it comes again", () => back.messages.length === 1);
    expect(back.messages[0]).toMatchObject({ dup: true });
    await back.close();
  });

  it("is not buried in large messages: bytes in flight are bounded as well", async () => {
    const gateway = await start();
    const device = await connectDevice(gateway);
    const sites = await consume(gateway, "sites", ignore);
    const large = Buffer.alloc(250_000, 1);

    device.send(...Array.from({ length: 300 }, (_, i) => aPublish(topicOf("chunk"), i + 1, large)));
    await device.receive("puback", 300);
    await until("64 MiB are out", () => sites.messages.length === Math.ceil((64 * 1024 * 1024) / large.length));

    for (let i = 0; i < 300; i += 1) (await until("the next", () => sites.messages[i])).acknowledge();
    await until("all is cleared", async () => (await gateway.health()).journal.oldestPending === null);
    await sites.close();
  }, 60_000);

  it("starts only once a member has subscribed to all of the group", async () => {
    const gateway = await start();
    const device = await connectDevice(gateway);
    await publish(device, topicOf("visit"), ["v"]);
    const consumer = await connectRaw(gateway.port, {
      clientId: "dv:cloud:x",
      username: "dv:cloud",
      token: gateway.tokenOf("dv:cloud"),
    });
    const subscribe = (messageId: number, stream: Stream) => ({
      cmd: "subscribe" as const,
      messageId,
      subscriptions: [{ topic: filters.shared("sites", filters.data(stream)), qos: 1 as const }],
    });

    consumer.send(...CONSUMER_GROUPS.sites.slice(0, -1).map((stream, i) => subscribe(i + 1, stream)));
    await consumer.receive("suback", 5);
    expect(consumer.received.some(({ cmd }) => cmd === "publish")).toBe(false);
    consumer.send(subscribe(6, "chunk"));

    expect((await consumer.receive("publish"))[0]).toMatchObject({ payload: Buffer.from("v") });
  });

  it("goes on at its cursor after the gateway was killed", async () => {
    const gateway = await startTestGateway({ clients: ["demo:truck-0", "dv:cloud"] });
    const device = await connectDevice(gateway);
    await publish(device, topicOf("reading"), numbered(20));
    const first = await consume(gateway, "air", (message) => {
      if (Number(message.payload) <= 15) message.acknowledge();
    });
    await until("the cursor is on disk", async () => (await gateway.health()).journal.pending.reading === 5);

    await gateway.restart();
    const second = await consume(gateway, "air");
    await until("the rest", () => second.messages.length >= 5);

    expect(second.texts()).toEqual(["16", "17", "18", "19", "20"]);
    expect(second.messages.every(({ dup }) => dup)).toBe(true);
    await publish(await connectDevice(gateway), topicOf("reading"), ["21"]);
    await until("a new one", () => second.messages.length === 6);
    expect(second.messages[5]?.dup).toBe(false);
    await first.close();
    await second.close();
  }, 60_000);

  it("gets no DUP after a restart on what had never been handed out", async () => {
    const gateway = await startTestGateway({ clients: ["demo:truck-0", "dv:cloud"] });
    const device = await connectDevice(gateway);
    await publish(device, topicOf("reading"), numbered(3));
    const first = await consume(gateway, "air", ignore);
    await until("all three", () => first.messages.length === 3);
    await first.close();
    await until("it has gone", async () => (await gateway.health()).groups.every(({ members }) => members === 0));
    await publish(device, topicOf("reading"), numbered(3, 4));

    await gateway.restart();
    const second = await consume(gateway, "air");
    await until("all", () => second.messages.length >= 6);

    expect(second.texts()).toEqual(numbered(6));
    expect(second.messages.map(({ dup }) => dup)).toEqual([true, true, true, false, false, false]);
    await second.close();
  }, 60_000);

  it("gets 2,000 messages of each of 20 publishers, each publisher's in order", async () => {
    const gateway = await start();
    const air = await consume(gateway, "air");

    await Promise.all(
      DEVICES.map(async (clientId) => {
        const device = await connectDevice(gateway, clientId);
        const name = clientId.slice("demo:".length);
        await publish(device, topicOf("reading", name), numbered(2000));
      }),
    );
    await until("all of them", () => air.messages.length >= 40_000, 60_000);

    for (const clientId of DEVICES) {
      const topic = topicOf("reading", clientId.slice("demo:".length));
      const own = air.messages.filter((message) => message.topic === topic).map(({ payload }) => payload.toString());
      expect(own).toEqual(numbered(2000));
    }
    await until("all is cleared", async () => (await gateway.health()).journal.oldestPending === null, 30_000);
    await air.close();
  }, 120_000);
});
