import type { IPublishPacket } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { limits } from "#contract/limits.ts";
import { filters, topics } from "#contract/topics.ts";
import { addClient } from "../../firmware-config/credentials.ts";
import { connectDevice, consume, numbered, publish, topicOf } from "../support/group-member.ts";
import { aPublish, connectPacket, connectRaw, openRaw, type RawClient } from "../support/raw-mqtt.ts";
import { type RunningGateway, startGatewayHere, startTestGateway } from "../support/test-gateway.ts";
import { until } from "../support/until.ts";

const CLIENTS = ["demo:truck-0", "demo:truck-1", "other:post-0", "dv:cloud"];
const DEMO = filters.allData("demo");

interface Operator extends RawClient {
  /** What its CONNACK said. */
  readonly isPresent: boolean;
  publishes(): readonly IPublishPacket[];
  texts(): readonly string[];
}

/** The tokens of operators of the tenant `demo`, by gateway. */
const tokens = new WeakMap<RunningGateway, string>();

async function letOperatorIn(gateway: RunningGateway): Promise<void> {
  const operator = { tenant: "dv", device: "op", role: "operator" as const, tenants: ["demo"] };
  tokens.set(gateway, await addClient(gateway.credentialsFile, operator));
}

/** Connects the operator; it acknowledges nothing by itself. */
async function connectOperator(gateway: RunningGateway, { clean = false, clientId = "dv:op" } = {}): Promise<Operator> {
  const login = { clientId, username: "dv:op", token: tokens.get(gateway) ?? "", clean };
  const { client, connack } = await until("the operator may come in", async () => {
    const raw = await openRaw(gateway.port);
    raw.send(connectPacket(login));
    const [answer] = await raw.receive("connack");
    return answer?.cmd === "connack" && answer.returnCode === 0 && { client: raw, connack: answer };
  });
  const publishes = () => client.received.filter((packet) => packet.cmd === "publish");
  const texts = () => publishes().map(({ payload }) => payload.toString());
  return { ...client, isPresent: connack.sessionPresent, publishes, texts };
}

async function subscribe(client: RawClient, ...wanted: readonly string[]): Promise<readonly unknown[]> {
  const before = client.received.filter(({ cmd }) => cmd === "suback").length;
  client.send({
    cmd: "subscribe",
    messageId: 7,
    subscriptions: wanted.map((topic) => ({ topic, qos: 1 as const })),
  });
  const suback = (await client.receive("suback", before + 1)).at(-1);
  return suback?.cmd === "suback" ? suback.granted : [];
}

function acknowledge(client: RawClient, publishes: readonly IPublishPacket[]): void {
  client.send(...publishes.map(({ messageId = 0 }) => ({ cmd: "puback" as const, messageId })));
}

async function leave(client: RawClient): Promise<void> {
  client.send({ cmd: "disconnect" });
  await client.closed();
}

async function start(settings: Readonly<Record<string, string>> = {}): Promise<RunningGateway> {
  const gateway = await startGatewayHere({ clients: CLIENTS, settings });
  await letOperatorIn(gateway);
  return gateway;
}

const pendingReadings = async (gateway: RunningGateway) => (await gateway.health()).journal.pending.reading;
const memberships = async (gateway: RunningGateway) => (await gateway.health()).groups.map(({ group }) => group);

describe("a plain persistent session that subscribes to durable data", () => {
  it("gets what came while its client was away, from its SUBACK on, in order, and is announced as present", async () => {
    const gateway = await start();
    const device = await connectDevice(gateway);
    await publish(device, topicOf("reading"), ["before"]);
    const first = await connectOperator(gateway);
    expect(first.isPresent).toBe(false);
    expect(await subscribe(first, DEMO)).toEqual([1]);
    await publish(device, topicOf("reading"), numbered(3));
    await until("all three", () => first.texts().length === 3);
    acknowledge(first, first.publishes().slice(0, 1));
    await until("one is acknowledged", async () => (await gateway.health()).consumed === 1);
    await leave(first);
    await publish(device, topicOf("visit"), ["visit"]);
    await publish(device, topicOf("reading"), ["4"]);

    const second = await connectOperator(gateway);
    await until("the rest", () => second.texts().length === 4);

    expect(second.isPresent).toBe(true);
    expect(second.texts()).toEqual(["visit", "2", "3", "4"]);
    expect(second.publishes().map(({ dup }) => dup)).toEqual([false, true, true, false]);
    acknowledge(second, second.publishes());
    await until("it is not behind", async () => (await gateway.health()).consumed === 5);
    await leave(second);
  });

  it("outlives the gateway, even one that is killed the moment after the SUBACK", async () => {
    const gateway = await startTestGateway({ clients: CLIENTS });
    await letOperatorIn(gateway);
    const first = await connectOperator(gateway);
    await subscribe(first, filters.data("reading", "demo"));
    await gateway.restart();
    const device = await connectDevice(gateway);
    await publish(device, topicOf("reading"), numbered(2));

    const second = await connectOperator(gateway);
    await until("both", () => second.texts().length === 2);
    expect(second.isPresent).toBe(true);
    await gateway.restart();

    const third = await connectOperator(gateway);
    await until("both again", () => third.texts().length === 2);
    expect(third.publishes().map(({ dup }) => dup)).toEqual([true, true]);
  }, 90_000);

  it("outlives a gateway that is given a parent", async () => {
    const first = await start();
    const token = tokens.get(first) ?? "";
    const operator = await connectOperator(first);
    await subscribe(operator, DEMO);
    await leave(operator);
    await first.close();

    const parent = { PARENT_URL: "mqtt://127.0.0.1:9", PARENT_TENANTS: "demo", PARENT_TOKEN: "x" };
    const second = await startGatewayHere({ clients: CLIENTS, folder: first.folder, settings: parent });
    tokens.set(second, token);
    await publish(await connectDevice(second), topicOf("reading"), numbered(2));

    const back = await connectOperator(second);
    await until("both", () => back.texts().length === 2);
    expect(back.isPresent).toBe(true);
  });

  it("are all that is kept of a client: what the broker would serve is subscribed to anew, and the newest comes", async () => {
    const gateway = await startGatewayHere({ clients: CLIENTS });
    const login = { clientId: "demo:truck-0", token: gateway.tokenOf("demo:truck-0"), clean: false };
    const cloudLogin = { clientId: "dv:cloud:out", username: "dv:cloud", token: gateway.tokenOf("dv:cloud") };
    const stored = topics.stored({ tenant: "demo", device: "truck-0" });
    const cloud = await connectRaw(gateway.port, cloudLogin);
    const first = await connectRaw(gateway.port, login);
    expect(await subscribe(first, stored)).toEqual([1]);
    await leave(first);
    for (let i = 1; i <= 50; i += 1) cloud.send({ ...aPublish(stored, i, `stored ${i}`), retain: true });
    await cloud.receive("puback", 50);

    const back = await connectRaw(gateway.port, login);
    back.send({ cmd: "pingreq" });
    await back.receive("pingresp");
    expect(back.received).toMatchObject([{ cmd: "connack", sessionPresent: false }, { cmd: "pingresp" }]);
    expect(await subscribe(back, stored)).toEqual([1]);

    await back.receive("publish");
    const got = back.received.flatMap((packet) => (packet.cmd === "publish" ? [String(packet.payload)] : []));
    expect(got).toEqual(["stored 50"]);
  });

  it.each([
    ["durable data", (device: string) => topics.data({ tenant: "demo", device }, "visit")],
    ["everything else", (device: string) => topics.state({ tenant: "demo", device })],
  ])("are bounded in number for %s", async (_, topicOf) => {
    const gateway = await startGatewayHere({ clients: CLIENTS });
    await letOperatorIn(gateway);
    const operator = await connectOperator(gateway);
    const wanted = Array.from({ length: limits.filtersPerClient }, (_, i) => topicOf(`post-${i}`));
    const last = topicOf("one-more");

    for (let from = 0; from < wanted.length; from += 64) {
      const granted = await subscribe(operator, ...wanted.slice(from, from + 64));
      expect(new Set(granted)).toEqual(new Set([1]));
    }

    expect(await subscribe(operator, last, topicOf("post-0"))).toEqual([128, 1]);
    operator.send({ cmd: "unsubscribe", messageId: 8, unsubscriptions: [topicOf("post-0")] });
    await operator.receive("unsuback");
    expect(await subscribe(operator, last)).toEqual([1]);
  });

  it("may be held only by the cloud and by operators within their tenants, and at QoS 1", async () => {
    const gateway = await start();
    const operator = await connectOperator(gateway);
    expect(await subscribe(operator, DEMO, filters.allData(), filters.data("visit", "other"))).toEqual([1, 128, 128]);
    await publish(await connectDevice(gateway, "other:post-0"), "dv1/other/post-0/d/reading", ["not for it"]);
    await publish(await connectDevice(gateway), topicOf("reading"), ["for it"]);
    await until("its own", () => operator.texts().length === 1);
    expect(operator.texts()).toEqual(["for it"]);

    const device = await connectDevice(gateway, "demo:truck-1");
    expect(await subscribe(device, topicOf("reading", "truck-1"))).toEqual([128]);
  });

  it("gets a message once, however many of its filters match", async () => {
    const gateway = await start();
    const operator = await connectOperator(gateway);
    await subscribe(operator, DEMO, filters.data("reading", "demo"), topicOf("reading"));
    await publish(await connectDevice(gateway), topicOf("reading"), numbered(3));
    await publish(await connectDevice(gateway, "demo:truck-1"), topicOf("reading", "truck-1"), ["last"]);

    await until("all", () => operator.texts().includes("last"));

    expect([...operator.texts()].sort()).toEqual(["1", "2", "3", "last"]);
  });

  it("ends when its client unsubscribes or connects with a clean session, and keeps nothing any more", async () => {
    const gateway = await start();
    const air = await consume(gateway, "air");
    const device = await connectDevice(gateway);
    for (const end of ["unsubscribe", "clean"]) {
      const operator = await connectOperator(gateway);
      expect(operator.isPresent).toBe(false);
      await subscribe(operator, DEMO);
      await publish(device, topicOf("reading"), numbered(5));
      await until("kept for it alone", async () => (await pendingReadings(gateway)) === 5 && air.messages.length > 0);

      if (end === "unsubscribe") {
        operator.send({ cmd: "unsubscribe", messageId: 9, unsubscriptions: [DEMO] });
        await operator.receive("unsuback");
      } else {
        await leave(await connectOperator(gateway, { clean: true }));
      }

      await until("nothing is kept", async () => (await pendingReadings(gateway)) === 0);
      expect(await memberships(gateway)).toEqual(["air", "sites"]);
      await leave(operator);
    }
    await air.close();
  });

  it("begins now and ends with its connection where the session is clean", async () => {
    const gateway = await start();
    const air = await consume(gateway, "air");
    const device = await connectDevice(gateway);
    await publish(device, topicOf("reading"), ["before"]);
    const operator = await connectOperator(gateway, { clean: true });
    await subscribe(operator, DEMO);
    await publish(device, topicOf("reading"), numbered(2));
    await until("both", () => operator.texts().length === 2);
    expect(operator.texts()).toEqual(["1", "2"]);

    operator.socket.destroy();

    await until("it is gone", async () => (await memberships(gateway)).length === 2);
    await until("nothing is kept", async () => (await pendingReadings(gateway)) === 0);
    await air.close();
  });

  it("leaves nothing behind where the session is clean and its connection goes before the SUBACK", async () => {
    const gateway = await start();
    const air = await consume(gateway, "air");
    await leave(await connectOperator(gateway));
    const hasty = await openRaw(gateway.port);
    const login = { clientId: "dv:op", username: "dv:op", token: tokens.get(gateway) ?? "" };
    hasty.send(
      connectPacket(login),
      { cmd: "subscribe", messageId: 7, subscriptions: [{ topic: DEMO, qos: 1 }] },
      { cmd: "disconnect" },
    );
    await hasty.closed();

    await publish(await connectDevice(gateway), topicOf("reading"), numbered(5));

    await until("nothing is kept", async () => (await pendingReadings(gateway)) === 0 && air.messages.length === 5);
    expect(await memberships(gateway)).toEqual(["air", "sites"]);
    expect((await connectOperator(gateway)).isPresent).toBe(false);
    await air.close();
  });

  it("is none from before where only a passing one is still open under the same name", async () => {
    const gateway = await start();
    const passing = await connectOperator(gateway, { clean: true });
    await subscribe(passing, DEMO);

    const lasting = await connectOperator(gateway);

    expect(lasting.isPresent).toBe(false);
    await subscribe(lasting, filters.data("visit", "demo"));
    const device = await connectDevice(gateway);
    await publish(device, topicOf("reading"), ["not wanted"]);
    await publish(device, topicOf("visit"), ["wanted"]);
    await until("its own", () => lasting.texts().length === 1);
    expect(lasting.texts()).toEqual(["wanted"]);
    await leave(lasting);
    expect((await connectOperator(gateway)).isPresent).toBe(true);
  });

  it("loses its oldest beyond its bound, says how many, and lets the journal clear them", async () => {
    const gateway = await start({ SESSION_RECORDS: "100" });
    const air = await consume(gateway, "air");
    const device = await connectDevice(gateway);
    const first = await connectOperator(gateway);
    await subscribe(first, DEMO);
    await leave(first);

    await publish(device, topicOf("reading"), numbered(1_000));
    await until("the journal is short again", async () => (await pendingReadings(gateway)) === 100);

    const metrics = await (await fetch(`http://127.0.0.1:${gateway.metricsPort}/metrics`)).text();
    expect(metrics).toContain("gateway_session_skipped_total 900");
    const second = await connectOperator(gateway);
    await until("the newest", () => second.texts().length === 100);
    expect(second.texts()).toEqual(numbered(100, 901));
    await air.close();
  });

  it("is skipped before it brings a small journal to its budget: what everybody else has is not said to be lost", async () => {
    const gateway = await start({ JOURNAL_BYTES: String(2 * 1024 * 1024) });
    const air = await consume(gateway, "air");
    const away = await connectOperator(gateway);
    await subscribe(away, DEMO);
    await leave(away);
    const device = await connectDevice(gateway);

    for (let i = 1; i <= 60; i += 1) {
      await publish(device, topicOf("reading"), new Array<string>(100).fill("x".repeat(500)));
      await until("the group has them", () => air.messages.length === i * 100);
    }

    const { journal } = await gateway.health();
    expect(Object.values(journal.dropped).every((count) => count === 0)).toBe(true);
    const metrics = await (await fetch(`http://127.0.0.1:${gateway.metricsPort}/metrics`)).text();
    expect(metrics).toMatch(/gateway_session_skipped_total [1-9]/);
    await air.close();
  });

  it("does not hold the journal up, while its client is away, for what it does not want", async () => {
    const gateway = await start();
    const air = await consume(gateway, "air");
    const quiet = await connectOperator(gateway);
    await subscribe(quiet, topicOf("reading", "truck-1"));
    await leave(quiet);

    await publish(await connectDevice(gateway), topicOf("reading"), numbered(500));

    await until("all is cleared", async () => (await gateway.health()).journal.oldestPending === null);
    expect(await memberships(gateway)).toContain("session/dv:op");
    await air.close();
  });

  it("ends when its client stays away for too long", async () => {
    const gateway = await start({ SESSION_AWAY_S: "1" });
    const operator = await connectOperator(gateway);
    await subscribe(operator, DEMO);
    await leave(operator);

    await until("the session has ended", async () => (await memberships(gateway)).length === 2);

    expect((await connectOperator(gateway)).isPresent).toBe(false);
  });

  it("is given no more than the window of an ordinary client, and holds nothing through the broker", async () => {
    const gateway = await start({ SESSION_WINDOW: "10" });
    const operator = await connectOperator(gateway);
    await subscribe(operator, DEMO);
    await publish(await connectDevice(gateway), topicOf("reading"), numbered(50));
    await until("a full window", () => operator.texts().length === 10);
    acknowledge(operator, operator.publishes().slice(0, 4));
    await until("four more", () => operator.texts().length === 14);

    operator.send({ cmd: "subscribe", messageId: 8, subscriptions: [{ topic: filters.state("demo"), qos: 1 }] });

    await operator.closed();
    expect((await gateway.health()).refused["consumer-rules"]).toBe(1);
  });
});
