import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect as connectTcp } from "node:net";
import fc from "fast-check";
import mqtt from "mqtt";
import { generate, type Packet } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { type ClientOptions, WebSocket } from "ws";
import { topics } from "#contract/topics.ts";
import { wait } from "#kit/wait.ts";
import { freePort } from "../../support/free-port.ts";
import { aPublish, connectPacket, connectRaw } from "../../support/raw-mqtt.ts";
import { makeAuthority } from "../../support/test-authority.ts";
import { type RunningGateway, startGatewayHere } from "../../support/test-gateway.ts";
import { until } from "../../support/until.ts";

const TRUCK = { tenant: "demo", device: "truck-1" };
const READING = topics.data(TRUCK, "reading");
const clients = ["demo:truck-1", "demo:post-1"];

async function start(settings: Readonly<Record<string, string>> = {}) {
  const wsPort = await freePort();
  const gateway = await startGatewayHere({ clients, settings: { WS_PORT: String(wsPort), ...settings } });
  return { gateway, wsPort, url: `ws://127.0.0.1:${wsPort}/mqtt` };
}

const loginOf = (gateway: RunningGateway, clientId = "demo:truck-1") => ({
  clientId,
  username: clientId,
  password: gateway.tokenOf(clientId),
  reconnectPeriod: 0,
});

/** A WebSocket of our own making; `bytes` is all that has come. */
async function openSocket(url: string, options: ClientOptions = {}, protocol = "mqtt") {
  const socket = new WebSocket(url, protocol === "" ? [] : [protocol], options);
  const pieces: Buffer[] = [];
  socket.on("message", (data) => Buffer.isBuffer(data) && pieces.push(data));
  socket.on("error", () => undefined);
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  const packet = (wanted: Packet) => socket.send(generate(wanted));
  return { socket, packet, closed, bytes: () => Buffer.concat(pieces) };
}

function upgradeRequest(port: number, path = "/mqtt"): string {
  const request = [`GET ${path} HTTP/1.1`, `Host: 127.0.0.1:${port}`, "Connection: Upgrade", "Upgrade: websocket"];
  const key = [
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    "Sec-WebSocket-Protocol: mqtt",
  ];
  return `${[...request, ...key].join("\r\n")}\r\n\r\n`;
}

describe("MQTT over WebSockets", () => {
  it("is off unless a port is set for it", async () => {
    const port = await freePort();
    await startGatewayHere({ clients });

    await expect(once(connectTcp(port, "127.0.0.1"), "connect")).rejects.toThrow("ECONNREFUSED");
  });

  it("serves a client like any other: durable publishes, retained messages, large packets, the same rules", async () => {
    const { gateway, url } = await start();
    const post = await connectRaw(gateway.port, { clientId: "demo:post-1", token: gateway.tokenOf("demo:post-1") });
    const client = await mqtt.connectAsync(url, loginOf(gateway));

    await Promise.all(Array.from({ length: 300 }, (_, i) => client.publishAsync(READING, `${i}`, { qos: 1 })));
    await client.publishAsync(READING, Buffer.alloc(200_000), { qos: 1 });
    const granted = await client.subscribeAsync([topics.stored(TRUCK)], { qos: 1 });

    expect(granted).toMatchObject([{ qos: 1 }]);
    await expect(client.subscribeAsync("#", { qos: 1 })).rejects.toThrow();
    expect(await gateway.health()).toMatchObject({ acknowledged: 301, connections: 2, refused: { subscription: 1 } });
    await client.endAsync();
    await until("it has gone", async () => (await gateway.health()).connections === 1);
    post.socket.destroy();
  });

  it("closes for good whoever publishes what is not its own", async () => {
    const { gateway, url } = await start();
    const { packet, closed } = await openSocket(url);

    packet(connectPacket({ clientId: "demo:truck-1", token: gateway.tokenOf("demo:truck-1") }));
    packet(aPublish(topics.data({ tenant: "demo", device: "post-1" }, "reading"), 1));

    await closed;
    expect((await gateway.health()).refused).toEqual({ topic: 1 });
  });

  it("takes packets however they are cut into messages", async () => {
    const { gateway, url } = await start();
    const { socket, bytes } = await openSocket(url);
    const all = Buffer.concat([
      generate(connectPacket({ clientId: "demo:truck-1", token: gateway.tokenOf("demo:truck-1") })),
      generate(aPublish(READING, 1)),
      generate(aPublish(READING, 2)),
    ]);

    for (const byte of all) socket.send(Buffer.from([byte]));

    await until("both are acknowledged", () => bytes().toString("hex") === "200200004002000140020002");
    socket.terminate();
  });

  it("asks for the client's certificate like the main listener", async () => {
    const authority = await makeAuthority();
    const { gateway, wsPort } = await start({ ...authority.server, TLS_CA: authority.caFile });
    const { cert, key } = await authority.issue(TRUCK);
    const ca = await readFile(authority.caFile);
    const url = `wss://127.0.0.1:${wsPort}/mqtt`;

    const client = await mqtt.connectAsync(url, { clientId: "demo:truck-1", reconnectPeriod: 0, ca, cert, key });
    await client.publishAsync(READING, "x", { qos: 1 });
    await client.endAsync();
    await expect(mqtt.connectAsync(url, { ...loginOf(gateway), ca })).rejects.toThrow();

    expect((await gateway.health()).refused).toEqual({ certificate: 1 });
  });

  it("closes whoever sends text, too large a message, or pings without end", async () => {
    const { gateway, url } = await start({ MAX_PACKET_BYTES: "4096" });

    const text = await openSocket(url);
    text.socket.send("text");
    await text.closed;
    const large = await openSocket(url);
    large.socket.send(Buffer.alloc(5_000));
    await large.closed;
    const pinging = await openSocket(url);
    for (let i = 0; i < 200; i += 1) pinging.socket.ping();
    await pinging.closed;

    await until("all have gone", async () => (await gateway.health()).connections === 0);
    const { websocket } = (await gateway.health()).refused;
    expect(websocket).toBeGreaterThanOrEqual(3);
  });

  it("closes whoever lets a message trickle", async () => {
    const { gateway, wsPort } = await start({ PACKET_WITHIN_S: "1", MAX_SILENCE_S: "3600" });
    const slow = connectTcp(wsPort, "127.0.0.1");
    slow.write(upgradeRequest(wsPort));
    await once(slow, "data");
    const connect = generate(
      connectPacket({ clientId: "demo:truck-1", token: gateway.tokenOf("demo:truck-1"), keepaliveS: 0 }),
    );
    slow.write(
      Buffer.concat([Buffer.from([0x82, 0xfe, connect.length >> 8, connect.length & 255, 0, 0, 0, 0]), connect]),
    );
    await once(slow, "data");

    slow.write(Buffer.from([0x82, 0xfe, 0x10, 0, 0, 0, 0, 0]));
    const trickle = setInterval(() => slow.write(Buffer.from([0])), 100);
    await once(slow, "close");
    clearInterval(trickle);

    expect((await gateway.health()).refused).toEqual({ "slow-packet": 1 });
  });

  it("takes a ping of the WebSocket for what it is, and not for the beginning of a message", async () => {
    const { gateway, url } = await start({ PACKET_WITHIN_S: "1" });
    const { socket, packet, bytes } = await openSocket(url);
    packet(connectPacket({ clientId: "demo:truck-1", token: gateway.tokenOf("demo:truck-1") }));
    await until("it is let in", () => bytes().length === 4);

    socket.ping("ping");
    socket.pong("pong");
    await wait(2_500); // longer than a packet may take
    packet({ cmd: "pingreq" });

    await until("it is answered", () => bytes().toString("hex") === "20020000d000");
    expect((await gateway.health()).refused).toEqual({});
    socket.terminate();
  });

  it("closes whoever begins a message and only pings from then on", async () => {
    const { gateway, url } = await start({ PACKET_WITHIN_S: "1" });
    const { socket, packet, closed, bytes } = await openSocket(url);
    packet(connectPacket({ clientId: "demo:truck-1", token: gateway.tokenOf("demo:truck-1") }));
    await until("it is let in", () => bytes().length === 4);

    socket.send(Buffer.alloc(100), { fin: false });
    const pinging = setInterval(() => socket.ping(), 100);
    await closed;
    clearInterval(pinging);

    expect((await gateway.health()).refused).toEqual({ "slow-packet": 1 });
  });

  it("takes a message in 64 pieces, and closes whoever cuts one into more", async () => {
    const { gateway, url } = await start();
    const { socket, packet, closed, bytes } = await openSocket(url);
    packet(connectPacket({ clientId: "demo:truck-1", token: gateway.tokenOf("demo:truck-1") }));
    const sendPieces = (message: Buffer, count: number) => {
      for (let i = 0; i < count; i += 1) {
        const isLast = i === count - 1;
        socket.send(message.subarray(i, isLast ? undefined : i + 1), { fin: isLast });
      }
    };

    sendPieces(generate(aPublish(READING, 1, Buffer.alloc(100))), 64);
    await until("it is acknowledged", () => bytes().toString("hex") === "2002000040020001");
    sendPieces(generate(aPublish(READING, 2, Buffer.alloc(100))), 65);
    await closed;

    expect((await gateway.health()).refused).toEqual({ websocket: 1 });
  });

  it("closes whoever sends a message byte by byte, long before it holds much of it", async () => {
    const { gateway, wsPort } = await start();
    const slow = connectTcp(wsPort, "127.0.0.1");
    slow.on("error", () => slow.destroy());
    slow.setNoDelay(true);
    slow.write(upgradeRequest(wsPort));
    await once(slow, "data");

    slow.write(Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
    for (let sent = 0; sent < 60_000 && !slow.closed; sent += 1) {
      slow.write(Buffer.from([0]));
      await new Promise((resolve) => setImmediate(resolve));
    }

    await until("it is closed", () => slow.closed);
    expect((await gateway.health()).refused).toEqual({ websocket: 1 });
  });

  it("survives any bytes that anybody sends, as messages or instead of them, and serves the next one", async () => {
    const { gateway, wsPort, url } = await start();
    const anInput = fc.record({ isMessage: fc.boolean(), bytes: fc.uint8Array({ minLength: 1, maxLength: 80 }) });

    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("/mqtt", "/other"),
        fc.array(anInput, { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        fc.boolean(),
        async (path, inputs, isUpgraded, isReset) => {
          const socket = connectTcp(wsPort, "127.0.0.1");
          socket.on("error", () => undefined);
          socket.resume();
          const closed = new Promise((resolve) => socket.once("close", resolve));
          if (isUpgraded) socket.write(upgradeRequest(wsPort, path));
          for (const { isMessage, bytes } of inputs) {
            socket.write(isMessage ? Buffer.from([0x82, 0x80 | bytes.length, 0, 0, 0, 0, ...bytes]) : bytes);
          }
          if (isReset) socket.resetAndDestroy();
          else socket.end();
          await closed;
        },
      ),
      { numRuns: 100 },
    );

    const client = await mqtt.connectAsync(url, loginOf(gateway));
    await client.publishAsync(READING, "x", { qos: 1 });
    await client.endAsync();
    await until("all have gone", async () => (await gateway.health()).connections === 0);
    expect((await gateway.health()).refused["internal-error"]).toBeUndefined();
  }, 60_000);

  it("turns away other paths, other subprotocols, plain requests, and pages of origins that it does not know", async () => {
    const { gateway, url, wsPort } = await start({ WS_ORIGINS: "https://desk.example" });

    await expect(openSocket(`ws://127.0.0.1:${wsPort}/`)).rejects.toThrow("404");
    await expect(openSocket(url, {}, "chat")).rejects.toThrow("400");
    await expect(openSocket(url, {}, "")).rejects.toThrow("400");
    await expect(openSocket(url, { origin: "https://evil.example" })).rejects.toThrow("403");
    expect((await fetch(`http://127.0.0.1:${wsPort}/mqtt`)).status).toBe(426);
    const known = await openSocket(url, { origin: "https://desk.example" });

    expect(known.socket.protocol).toBe("mqtt");
    known.socket.terminate();
    expect((await gateway.health()).refused).toEqual({ websocket: 5 });
  });

  it("counts its connections with all others, and closes them with the gateway", async () => {
    const { gateway, url } = await start({ MAX_CONNECTIONS: "1" });
    const client = await openSocket(url);
    await expect(openSocket(url)).rejects.toThrow();

    await gateway.close();

    await client.closed;
  });
});
