import { networkInterfaces } from "node:os";
import mqtt from "mqtt";
import { describe, expect, it } from "vitest";
import { CONSUMER_GROUPS, filters, topics } from "#contract/topics.ts";
import { wait } from "#kit/wait.ts";
import { aPublish, connectPacket, connectRaw, openRaw, openTls } from "../../support/raw-mqtt.ts";
import { makeAuthority } from "../../support/test-authority.ts";
import { type RunningGateway, startGatewayHere } from "../../support/test-gateway.ts";
import { until } from "../../support/until.ts";

/** An address of this machine by which it does not know itself, if it has one. */
const OUTER = Object.values(networkInterfaces())
  .flat()
  .find((one) => one?.family === "IPv4" && !one.internal)?.address;
const CLIENTS = ["demo:truck-1", "demo:post-1", "dv:cloud"];
const start = (settings: Readonly<Record<string, string>> = {}) => startGatewayHere({ clients: CLIENTS, settings });
const login = (gateway: RunningGateway, clientId: string, keepaliveS = 60) => ({
  clientId,
  token: gateway.tokenOf(clientId),
  keepaliveS,
});
const isServed = async (gateway: RunningGateway, clientId: "demo:truck-1" | "demo:post-1") => {
  const client = await connectRaw(gateway.port, login(gateway, clientId));
  client.send(aPublish(topics.data({ tenant: "demo", device: clientId.slice(5) }, "reading"), 1));
  await client.receive("puback");
};

describe("how many connections there are", () => {
  it("is bounded: the next one is closed at once, and let in when another has gone", async () => {
    const gateway = await start({ MAX_CONNECTIONS: "2" });
    const [first] = [await openRaw(gateway.port), await openRaw(gateway.port)];
    const late = await openRaw(gateway.port);

    await late.closed();
    first.socket.destroy();
    await until("there is room again", async () => (await gateway.health()).connections === 1);

    await isServed(gateway, "demo:post-1");
    expect((await gateway.health()).refused).toEqual({ "too-many-connections": 1 });
  });

  it.skipIf(OUTER === undefined)("is bounded for one address other than this machine's own loopback", async () => {
    const authority = await makeAuthority();
    const gateway = await start({ ...authority.server, HOST: "0.0.0.0", MAX_CONNECTIONS_PER_ADDRESS: "2" });
    const open = (host: string | undefined) =>
      openTls(gateway.port, { ...(host === undefined ? {} : { host }), rejectUnauthorized: false });
    const [first] = [await open(OUTER), await open(OUTER)];

    await expect(open(OUTER)).rejects.toThrow();
    await open("127.0.0.1");
    expect((await gateway.health()).refused).toEqual({ "too-many-of-address": 1 });
    first.socket.destroy();

    await until("there is room again", () => open(OUTER));
  });

  it("is one for each client id: a consumer that comes again takes the place of its older connection", async () => {
    const gateway = await start();
    const wanted = CONSUMER_GROUPS.air.map((stream) => filters.shared("air", filters.data(stream)));
    const subscribe = {
      cmd: "subscribe" as const,
      messageId: 1,
      subscriptions: wanted.map((topic) => ({ topic, qos: 1 as const })),
    };
    const older = await connectRaw(gateway.port, login(gateway, "dv:cloud"));
    older.send(subscribe);
    await older.receive("suback");

    const newer = await connectRaw(gateway.port, login(gateway, "dv:cloud"));
    newer.send(subscribe);
    await older.closed();
    await isServed(gateway, "demo:truck-1");

    await newer.receive("publish");
  });
});

describe("a client id with a session that is kept", () => {
  it("has one connection too", async () => {
    const gateway = await start();
    const { token: password, ...own } = { ...login(gateway, "demo:truck-1"), username: "demo:truck-1" };
    const options = { ...own, password, clean: false, reconnectPeriod: 0 };
    const older = await mqtt.connectAsync(gateway.url, options);
    const gone = new Promise((resolve) => older.once("close", () => resolve(undefined)));
    await older.subscribeAsync(topics.stored({ tenant: "demo", device: "truck-1" }), { qos: 1 });

    const newer = await mqtt.connectAsync(gateway.url, options);
    await gone;
    await newer.publishAsync(topics.data({ tenant: "demo", device: "truck-1" }, "reading"), "x", { qos: 1 });

    await until("one is left", async () => (await gateway.health()).connections === 1);
    await newer.endAsync();
  });
});

describe("a client that takes its time", () => {
  it("is closed when its CONNECT trickles", async () => {
    const gateway = await start();
    const slow = await openRaw(gateway.port);
    const trickle = setInterval(() => slow.send(Buffer.from([0])), 200);

    slow.send(Buffer.from([0x10, 0xff, 0x7f]));
    await slow.closed();
    clearInterval(trickle);

    expect((await gateway.health()).refused).toEqual({ "no-connect": 1 });
  }, 60_000);

  it("is closed when one of its packets trickles, even if it pings the clock with every byte; others are not", async () => {
    const gateway = await start({ PACKET_WITHIN_S: "1" });
    const slow = await connectRaw(gateway.port, login(gateway, "demo:truck-1"));
    const steady = await connectRaw(gateway.port, login(gateway, "demo:post-1"));
    const packets = setInterval(() => steady.send(Buffer.from([0xc0, 0x00, 0xc0])), 100);

    steady.send(Buffer.from([0xc0]));
    const rest = setInterval(() => steady.send(Buffer.from([0x00, 0xc0])), 100);
    clearInterval(packets);
    slow.send(Buffer.from([0x32, 0xff, 0x7f]));
    const trickle = setInterval(() => slow.send(Buffer.from([0])), 100);
    await slow.closed();
    clearInterval(trickle);
    await wait(1_500); // the steady one always has half a packet open, each a new one
    clearInterval(rest);

    expect(steady.socket.closed).toBe(false);
    expect((await gateway.health()).refused).toEqual({ "slow-packet": 1 });
  });

  it("is closed when it is silent for too long without a keep-alive time", async () => {
    const gateway = await start({ MAX_SILENCE_S: "1" });
    const silent = await connectRaw(gateway.port, login(gateway, "demo:truck-1", 0));

    await silent.closed();

    expect((await gateway.health()).refused).toEqual({ "keep-alive": 1 });
  });
});

describe("packets that are not whole", () => {
  it("are held up to a bound in all: who holds the most is closed", async () => {
    const gateway = await start({ HELD_BYTES: "150000" });
    const [large, small] = [
      await connectRaw(gateway.port, login(gateway, "demo:truck-1")),
      await connectRaw(gateway.port, login(gateway, "demo:post-1")),
    ];
    const begun = (bytes: number) => Buffer.concat([Buffer.from([0x32, 0xff, 0xff, 0x07]), Buffer.alloc(bytes)]);

    small.send(begun(50_000));
    large.send(begun(120_000));

    await large.closed();
    expect(small.socket.closed).toBe(false);
    expect((await gateway.health()).refused).toEqual({ "held-bytes": 1 });
  });
});

describe("one who guesses at tokens", () => {
  it("is told to come later once there were too many, while the device itself gets in behind the same address", async () => {
    const gateway = await start();
    const answerTo = async (clientId: string, token: string) => {
      const client = await openRaw(gateway.port);
      client.send(connectPacket({ clientId, token }));
      const [connack] = await client.receive("connack");
      await client.closed();
      return connack?.cmd === "connack" ? connack.returnCode : undefined;
    };
    const answers: unknown[] = [];
    for (let i = 0; i < 7; i += 1) answers.push(await answerTo("demo:truck-1", "guessed"));

    expect(answers.slice(0, 5)).toEqual([4, 4, 4, 4, 4]);
    expect(answers).toContain(3);
    await isServed(gateway, "demo:truck-1");
    await isServed(gateway, "demo:post-1");
    expect((await gateway.health()).refused["locked-out"]).toBeGreaterThan(0);
  });
});
