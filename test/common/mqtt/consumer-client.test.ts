import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { generate, type Packet, parser } from "mqtt-packet";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type ConsumedMessage, type ConsumerDisconnected, connectConsumer } from "#mqtt/consumer-client.ts";
import { publishPacket } from "#mqtt/publish.ts";

/** A broker's side of one connection, scripted: answers CONNECT and SUBSCRIBE with the given codes. */
async function startScriptedBroker({
  connack = 0,
  granted = [1],
  host = "127.0.0.1",
}: {
  connack?: number;
  granted?: number[];
  host?: string;
} = {}) {
  const received: Packet[] = [];
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    const reader = parser({ protocolVersion: 4 });
    reader.on("packet", (packet) => {
      received.push(packet);
      if (packet.cmd === "connect")
        socket.write(generate({ cmd: "connack", returnCode: connack, sessionPresent: false }));
      if (packet.cmd === "subscribe")
        socket.write(generate({ cmd: "suback", messageId: packet.messageId ?? 0, granted }));
      if (packet.cmd === "pingreq") socket.write(generate({ cmd: "pingresp" }));
    });
    socket.on("data", (bytes: Buffer) => reader.parse(bytes));
    socket.on("error", () => socket.destroy());
  });
  server.listen(0, host);
  await once(server, "listening");
  servers.push(server);
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { url: `mqtt://${host.includes(":") ? `[${host}]` : host}:${port}`, received, sockets };
}

const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === "::1"));
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

function aConsumer(
  url: string,
  messages: ConsumedMessage[] = [],
  onClose: (error: ConsumerDisconnected) => void = () => {},
) {
  return connectConsumer({
    url,
    clientId: "dv:cloud-air",
    username: "dv:cloud-air",
    password: "secret",
    filters: ["$share/air/x/+"],
    keepaliveS: 1,
    onMessage: (message) => messages.push(message),
    onClose,
  });
}

describe("connectConsumer", () => {
  it("connects with a clean session and resolves once its filters are granted", async () => {
    const broker = await startScriptedBroker();

    const consumer = await aConsumer(broker.url);

    expect(broker.received[0]).toMatchObject({ cmd: "connect", clean: true, clientId: "dv:cloud-air", keepalive: 1 });
    expect(broker.received[1]).toMatchObject({
      cmd: "subscribe",
      subscriptions: [{ topic: "$share/air/x/+", qos: 1 }],
    });
    await consumer.close();
  });

  it.each([
    ["bad credentials", { connack: 4 }, /bad user name or password/],
    ["a filter that is not granted", { granted: [0x80] }, /\$share\/air/],
  ])("rejects on %s with the reason", async (_, script, reason) => {
    const broker = await startScriptedBroker(script);

    await expect(aConsumer(broker.url)).rejects.toThrow(reason);
  });

  it("rejects when nobody listens", async () => {
    await expect(aConsumer("mqtt://127.0.0.1:1")).rejects.toMatchObject({ code: "disconnected" });
  });

  it("keeps thousands in flight and acknowledges them in any order", async () => {
    const broker = await startScriptedBroker();
    const messages: ConsumedMessage[] = [];
    const consumer = await aConsumer(broker.url, messages);

    for (let messageId = 1; messageId <= 3000; messageId += 1) {
      broker.sockets[0]?.write(publishPacket({ topic: "x/y", messageId, payload: Buffer.from("p"), dup: false }));
    }
    await vi.waitFor(() => expect(messages).toHaveLength(3000), 10_000);
    for (const message of messages.toReversed()) message.acknowledge();

    await vi.waitFor(() => {
      const acknowledged = broker.received.filter(({ cmd }) => cmd === "puback").map(({ messageId }) => messageId);
      expect(acknowledged).toEqual(Array.from({ length: 3000 }, (_, i) => 3000 - i));
    }, 10_000);
    await consumer.close();
  });

  it("pings an idle connection", async () => {
    const broker = await startScriptedBroker();
    const consumer = await aConsumer(broker.url);

    await vi.waitFor(() => expect(broker.received.map(({ cmd }) => cmd)).toContain("pingreq"), 10_000);
    await consumer.close();
  });

  it("stays connected while it is paused for longer than its keep-alive, and goes on when it is resumed", async () => {
    const broker = await startScriptedBroker();
    const messages: ConsumedMessage[] = [];
    const lost: ConsumerDisconnected[] = [];
    const consumer = await aConsumer(broker.url, messages, (error) => lost.push(error));
    const pings = () => broker.received.filter(({ cmd }) => cmd === "pingreq").length;

    consumer.pause();
    broker.sockets[0]?.write(publishPacket({ topic: "x/y", messageId: 1, payload: Buffer.from("p"), dup: false }));
    // Two pings a keep-alive.
    await vi.waitFor(() => expect(pings() > 5 || lost.length > 0).toBe(true), 20_000);
    expect(messages).toHaveLength(0);
    consumer.resume();

    await vi.waitFor(() => expect(messages).toHaveLength(1), 10_000);
    expect(lost).toEqual([]);
    await consumer.close();
  });

  it.skipIf(!hasIpv6)("connects to an IPv6 address", async () => {
    const broker = await startScriptedBroker({ host: "::1" });

    const consumer = await aConsumer(broker.url);

    await consumer.close();
  });

  it.each(["127.0.0.1", ...(hasIpv6 ? ["::1"] : [])])("speaks TLS to a broker at the address %s", async (host) => {
    const hello = Promise.withResolvers<Buffer>();
    const server = createServer((socket) => {
      socket.on("error", () => socket.destroy());
      socket.once("data", (bytes: Buffer) => {
        hello.resolve(bytes);
        socket.destroy();
      });
    });
    server.listen(0, host);
    await once(server, "listening");
    servers.push(server);
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;

    const connecting = aConsumer(`mqtts://${host.includes(":") ? `[${host}]` : host}:${port}`);

    await expect(connecting).rejects.toMatchObject({ code: "disconnected" });
    // 22 is a handshake record (RFC 8446, section 5.1).
    expect((await hello.promise)[0]).toBe(22);
  });

  it("says once that a granted connection was lost, and nothing after its own close", async () => {
    const broker = await startScriptedBroker();
    const lost: ConsumerDisconnected[] = [];
    const first = await aConsumer(broker.url, [], (error) => lost.push(error));
    const second = await aConsumer(broker.url, [], (error) => lost.push(error));

    await second.close();
    broker.sockets[0]?.destroy();

    await vi.waitFor(() => expect(lost).toHaveLength(1), 10_000);
    await first.close();
    expect(lost).toHaveLength(1);
  });
});
