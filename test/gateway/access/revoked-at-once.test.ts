import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { generate, type Packet } from "mqtt-packet";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { CONSUMER_GROUPS, filters, topics } from "#contract/topics.ts";
import { InspectReport } from "../../../gateway/inspect/report.ts";
import { freePort } from "../../support/free-port.ts";
import { aPublish, connectPacket, openTls, signIn } from "../../support/raw-mqtt.ts";
import { makeAuthority } from "../../support/test-authority.ts";
import { type RunningGateway, startGatewayHere } from "../../support/test-gateway.ts";
import { until } from "../../support/until.ts";

/** What is promised: a live connection is closed so soon after the list has changed. */
const CLOSED_WITHIN_MS = 5_000;
const POST = { tenant: "demo", device: "post-1" };
const CLOUD = { tenant: "dv", device: "cloud", role: "consumer" } as const;
const SUBSCRIBE: Packet = {
  cmd: "subscribe",
  messageId: 1,
  subscriptions: CONSUMER_GROUPS.air.map((stream) => ({ topic: filters.shared("air", filters.data(stream)), qos: 1 })),
};

/** A gateway with a revocation list, and ways to be connected to it. */
async function startPlace(messagesPerSecond: number) {
  const authority = await makeAuthority();
  const list = join(authority.folder, "crl.pem");
  await writeFile(list, await authority.list(1, []));
  const wsPort = await freePort();
  const gateway = await startGatewayHere({
    clients: [],
    settings: {
      ...authority.server,
      TLS_CA: authority.caFile,
      CRL_FILE: list,
      WS_PORT: String(wsPort),
      RATE_MESSAGES: String(messagesPerSecond),
      LOG_LEVEL: "silent",
    },
  });
  const ca = await readFile(authority.caFile, "utf8");
  const post = await authority.issue(POST);
  const cloud = await authority.issue(CLOUD);
  return {
    gateway,
    revoke: async () => writeFile(list, await authority.list(2, [post.serial, cloud.serial])),
    connect: async (name: "post" | "cloud") => {
      const { cert, key } = name === "post" ? post : cloud;
      const clientId = name === "post" ? "demo:post-1" : "dv:cloud";
      return signIn(await openTls(gateway.port, { ca, cert, key }), { clientId });
    },
    openWebSocket: async () => {
      const socket = new WebSocket(`wss://127.0.0.1:${wsPort}/mqtt`, "mqtt", { ca, cert: cloud.cert, key: cloud.key });
      onTestFinished(() => socket.terminate());
      await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
      return socket;
    },
  };
}
type Place = Awaited<ReturnType<typeof startPlace>>;

const unsentBytes = async ({ metricsPort }: RunningGateway): Promise<number> => {
  const response = await fetch(`http://127.0.0.1:${metricsPort}/inspect`);
  const { sessions } = InspectReport.parse(await response.json());
  return Math.max(0, ...sessions.list.map((session) => session.unsentBytes));
};

/** 40 MB of readings: more than all buffers on the way to a consumer hold. */
async function publishMuch({ connect }: Place): Promise<void> {
  const post = await connect("post");
  const payload = Buffer.alloc(100_000, "x");
  for (let i = 1; i <= 400; i += 1) post.send(aPublish(topics.data(POST, "reading"), i, payload));
  await post.receive("puback", 400);
  post.socket.destroy();
}

/** A device whose answers nobody reads. */
async function connectUnread({ gateway, connect }: Place): Promise<void> {
  const { socket } = await connect("post");
  socket.pause();
  socket.write(Buffer.alloc(32 * 1024 * 1024, Buffer.from([0xc0, 0])));
  await until("its answers wait", async () => (await unsentBytes(gateway)) > 500_000);
}

async function connectThrottled({ gateway, connect }: Place): Promise<void> {
  const { send } = await connect("post");
  send(aPublish(topics.data(POST, "reading"), 1));
  send(Buffer.alloc(20_000, Buffer.from([0xc0, 0])));
  await until("it is not read", async () => (await gateway.health()).throttled > 0);
}

async function connectConsumer(place: Place): Promise<void> {
  const consumer = await place.connect("cloud");
  consumer.send(SUBSCRIBE);
  await consumer.receive("suback");
  consumer.socket.pause();
  await publishMuch(place);
  await until("its deliveries wait", async () => (await unsentBytes(place.gateway)) > 500_000);
}

async function connectWebSocket(place: Place): Promise<void> {
  const socket = await place.openWebSocket();
  socket.send(generate(connectPacket({ clientId: "dv:cloud" })));
  await new Promise((resolve) => socket.once("message", resolve));
  socket.send(generate(SUBSCRIBE));
  await new Promise((resolve) => socket.once("message", resolve));
  socket.pause();
  await publishMuch(place);
  await until("its deliveries wait", async () => (await unsentBytes(place.gateway)) > 500_000);
}

describe("the connection of a revoked certificate is closed in time", () => {
  it.each<[string, number, (place: Place) => Promise<void>]>([
    ["when its client does not read its answers", 1_000_000, connectUnread],
    ["when it has used up its rate and is not read", 100, connectThrottled],
    ["when it is a consumer that does not read", 1_000_000, connectConsumer],
    ["when it is a WebSocket that does not read", 1_000_000, connectWebSocket],
  ])("%s", async (_, messagesPerSecond, connect) => {
    const place = await startPlace(messagesPerSecond);
    await connect(place);
    await until("nobody else is there", async () => (await place.gateway.health()).connections === 1);

    await place.revoke();
    const atMs = performance.now();
    await until("it is closed", async () => (await place.gateway.health()).connections === 0);

    expect(performance.now() - atMs).toBeLessThan(CLOSED_WITHIN_MS);
    expect((await place.gateway.health()).refused).toEqual({ revoked: 1 });
  });
});
