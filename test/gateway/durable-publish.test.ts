import { describe, expect, it } from "vitest";
import { filters, topics } from "#contract/topics.ts";
import type { Closer } from "#kit/closer.ts";
import { type ConsumedMessage, connectConsumer } from "#mqtt/consumer-client.ts";
import { aPublish, connectRaw } from "../support/raw-mqtt.ts";
import { type RunningGateway, startGatewayHere, startTestGateway } from "../support/test-gateway.ts";
import { until } from "../support/until.ts";

const TRUCK = { tenant: "demo", device: "truck-1" };
const READING = topics.data(TRUCK, "reading");
const CLIENTS = ["demo:truck-1", "dv:cloud"];

const connectTruck = (gateway: RunningGateway) =>
  connectRaw(gateway.port, { clientId: "demo:truck-1", token: gateway.tokenOf("demo:truck-1") });

/** A consumer of readings that acknowledges everything. */
function consumeReadings(gateway: RunningGateway, messages: ConsumedMessage[]): Promise<Closer> {
  return connectConsumer({
    url: gateway.url,
    clientId: "dv:cloud:air",
    username: "dv:cloud",
    password: gateway.tokenOf("dv:cloud"),
    filters: [filters.shared("air", filters.data("reading"))],
    keepaliveS: 10,
    onMessage: (message) => {
      messages.push(message);
      message.acknowledge();
    },
    onClose: () => {},
  });
}

const readings = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => aPublish(READING, from + i, `reading-${from + i}`));

describe("a durable publish", () => {
  it("is in the journal once its PUBACK is there: a SIGKILL right after loses nothing", async () => {
    const gateway = await startTestGateway({ clients: CLIENTS });
    const device = await connectTruck(gateway);
    device.send(...readings(1, 500));
    const acknowledged = await device.receive("puback", 500);

    await gateway.kill();
    await gateway.restart();
    const messages: ConsumedMessage[] = [];
    const consumer = await consumeReadings(gateway, messages);
    await until("all that was acknowledged", () => messages.length >= acknowledged.length);

    expect(messages.map(({ payload }) => payload.toString())).toEqual(
      acknowledged.map(({ messageId }) => `reading-${messageId}`),
    );
    await consumer.close();
  }, 60_000);

  it("loses nothing that was acknowledged when the gateway is killed in the middle of it", async () => {
    const gateway = await startTestGateway({ clients: CLIENTS });
    const acknowledged = new Set<number>();
    for (let round = 0; round < 3; round += 1) {
      const device = await connectTruck(gateway);
      device.send(...readings(1 + round * 5000, 5000));
      await device.receive("puback", 1 + round * 700);
      await gateway.kill();
      await device.closed();
      for (const { cmd, messageId } of device.received) if (cmd === "puback") acknowledged.add(messageId ?? 0);
      await gateway.restart();
    }

    const messages: ConsumedMessage[] = [];
    const consumer = await consumeReadings(gateway, messages);
    const missing = () => {
      const delivered = new Set(messages.map(({ payload }) => payload.toString()));
      return [...acknowledged].filter((messageId) => !delivered.has(`reading-${messageId}`));
    };
    await until("everything acknowledged", () => missing().length === 0, 30_000);

    expect(acknowledged.size).toBeGreaterThan(0);
    await consumer.close();
  }, 120_000);

  it("answers what it has taken before it closes on SIGTERM", async () => {
    const gateway = await startTestGateway({ clients: CLIENTS });
    const device = await connectTruck(gateway);
    device.send(...readings(1, 50));
    await device.receive("puback", 50);

    expect(await gateway.stop()).toBe(0);
    await device.closed();
  }, 60_000);

  it.each([
    ["QoS 0", 0 as const],
    ["QoS 2", 2 as const],
  ])("is refused at %s: the connection is closed and the refusal counted", async (_, qos) => {
    const gateway = await startGatewayHere({ clients: CLIENTS });
    const device = await connectTruck(gateway);

    device.send(aPublish(READING, 1, "x", qos));

    await device.closed();
    expect(device.received.map(({ cmd }) => cmd)).toEqual(["connack"]);
    expect(await gateway.health()).toMatchObject({ refused: { qos: 1 }, journal: { oldestPending: null } });
  });

  it("is refused when it wants to be retained", async () => {
    const gateway = await startGatewayHere({ clients: CLIENTS });
    const device = await connectTruck(gateway);

    device.send({ ...aPublish(READING, 1), retain: true });

    await device.closed();
    expect(await gateway.health()).toMatchObject({ refused: { retained: 1 } });
  });

  it("is refused at QoS 0 also after the same topic was taken at QoS 1", async () => {
    const gateway = await startGatewayHere({ clients: CLIENTS });
    const device = await connectTruck(gateway);
    device.send(aPublish(READING, 1));
    await device.receive("puback");

    device.send(aPublish(READING, 0, "x", 0));

    await device.closed();
    expect(await gateway.health()).toMatchObject({ refused: { qos: 1 }, acknowledged: 1 });
  });

  it("waits in the socket, not in memory, while too much of it is not journaled yet", async () => {
    const gateway = await startGatewayHere({ clients: CLIENTS, settings: { UNJOURNALED_BYTES: "2048" } });
    const device = await connectTruck(gateway);
    const payload = Buffer.alloc(10_000, 7);

    device.send(...Array.from({ length: 300 }, (_, i) => aPublish(READING, i + 1, payload)));

    expect(await device.receive("puback", 300)).toHaveLength(300);
  });

  it("is not acknowledged while another part of its connection waits: PUBACKs never split other packets", async () => {
    const gateway = await startGatewayHere({ clients: CLIENTS });
    const cloud = await connectRaw(gateway.port, {
      clientId: "dv:cloud:out",
      username: "dv:cloud",
      token: gateway.tokenOf("dv:cloud"),
    });
    const device = await connectTruck(gateway);
    device.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: topics.stored(TRUCK), qos: 1 }] });
    await device.receive("suback");
    const large = Buffer.alloc(60_000, "s");

    for (let i = 1; i <= 40; i += 1) {
      cloud.send({ ...aPublish(topics.stored(TRUCK), i, large), retain: true });
      device.send(...readings(1000 + i * 20, 20));
    }

    await device.receive("puback", 800);
    const stored = await device.receive("publish", 40);
    expect(stored.map((packet) => packet.cmd === "publish" && packet.payload.length)).toEqual(
      Array.from({ length: 40 }, () => 60_000),
    );
  }, 60_000);
});
