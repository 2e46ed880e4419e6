import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { generate, type Packet, parser } from "mqtt-packet";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type ConsumedMessage, type ConsumerDisconnected, connectConsumer } from "#mqtt/consumer-client.ts";
import { publishPacket } from "#mqtt/publish.ts";

/** A broker's side of one connection, scripted: answers CONNECT and SUBSCRIBE with the given codes. */
async function startScriptedBroker({ connack = 0, granted = [1] }: { connack?: number; granted?: number[] } = {}) {
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
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  servers.push(server);
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { url: `mqtt://127.0.0.1:${port}`, received, sockets };
}

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
