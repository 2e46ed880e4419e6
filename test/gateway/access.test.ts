import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import mqtt from "mqtt";
import { pino } from "pino";
import { describe, expect, it, onTestFinished } from "vitest";
import { Credentials } from "#contract/credentials.ts";
import { filters, topics } from "#contract/topics.ts";
import { wait } from "#kit/wait.ts";
import { addClient } from "../../firmware-config/credentials.ts";
import { watchTokenAccounts } from "../../gateway/access/token-accounts.ts";
import { aPublish, connectPacket, connectRaw, openRaw } from "../support/raw-mqtt.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { type RunningGateway, startGatewayHere } from "../support/test-gateway.ts";
import { until } from "../support/until.ts";

const TRUCK = { tenant: "demo", device: "truck-1" };
const POST = { tenant: "demo", device: "post-1" };
const CLIENTS = ["demo:truck-1", "demo:post-1", "dv:cloud"];

const start = () => startGatewayHere({ clients: CLIENTS });
const connectTruck = (gateway: RunningGateway) =>
  connectRaw(gateway.port, { clientId: "demo:truck-1", token: gateway.tokenOf("demo:truck-1") });
const connectCloud = (gateway: RunningGateway, name = "out") =>
  connectRaw(gateway.port, { clientId: `dv:cloud:${name}`, username: "dv:cloud", token: gateway.tokenOf("dv:cloud") });

describe("who may connect", () => {
  it("refuses wrong tokens and unknown names alike", async () => {
    const gateway = await start();
    const logins = [
      { clientId: "demo:truck-1", token: "guessed" },
      { clientId: "demo:nobody", token: "guessed" },
      { clientId: "", username: "", token: "" },
    ];

    for (const login of logins) {
      const client = await openRaw(gateway.port);
      client.send(connectPacket(login));
      await client.closed();
      expect(client.received).toMatchObject([{ cmd: "connack", returnCode: 4 }]);
    }

    expect((await gateway.health()).refused).toEqual({ "bad-credentials": 3 });
  });

  it("refuses a right token under another client id, but lets a consumer name its connections", async () => {
    const gateway = await start();
    const impostor = await openRaw(gateway.port);

    impostor.send(
      connectPacket({ clientId: "demo:post-1", username: "demo:truck-1", token: gateway.tokenOf("demo:truck-1") }),
    );

    await impostor.closed();
    expect(impostor.received).toMatchObject([{ cmd: "connack", returnCode: 2 }]);
    expect((await gateway.health()).refused).toEqual({ "client-id": 1 });
    await connectCloud(gateway, "air");
  });

  it("takes a client that was added while it runs", async () => {
    const gateway = await start();

    const token = await addClient(gateway.credentialsFile, { tenant: "demo", device: "new-1", role: "device" });

    const client = await until("the new client gets in", () =>
      connectRaw(gateway.port, { clientId: "demo:new-1", token }),
    );
    client.socket.destroy();
  });

  it("closes a client whose token was changed or taken back, and no other", async () => {
    const gateway = await start();
    const truck = await connectTruck(gateway);
    const cloud = await connectCloud(gateway);
    const post = await connectRaw(gateway.port, { clientId: "demo:post-1", token: gateway.tokenOf("demo:post-1") });

    await addClient(gateway.credentialsFile, { ...TRUCK, role: "device" });
    await truck.closed();
    const { clients } = Credentials.parse(JSON.parse(await readFile(gateway.credentialsFile, "utf8")));
    const left = clients.filter(({ tenant }) => tenant !== "dv");
    await writeFile(gateway.credentialsFile, JSON.stringify({ clients: left }));
    await cloud.closed();

    post.send(aPublish(topics.data(POST, "reading"), 1));
    await post.receive("puback");
    expect((await gateway.health()).refused).toEqual({ revoked: 2 });
  });

  it("logs once that its file cannot be read, keeps the clients of before, and reads it when it is whole again", async () => {
    const file = join(await tempFolder(), "credentials.json");
    const token = await addClient(file, { ...TRUCK, role: "device" });
    const whole = await readFile(file, "utf8");
    const events: string[] = [];
    const log = pino({ level: "info" }, { write: (line: string) => events.push(JSON.parse(line).event) });
    const accounts = await watchTokenAccounts(file, log);
    onTestFinished(() => accounts.close());
    const login = {
      clientId: "demo:truck-1",
      username: "demo:truck-1",
      password: Buffer.from(token),
      certificate: undefined,
    };

    await writeFile(file, "{ half");
    await until("it is said", () => events.length > 0);
    await wait(1_200); // two more looks
    expect(events).toEqual(["credentials.unreadable"]);
    expect(accounts.authenticate(login)).toMatchObject({ role: "device" });

    await writeFile(file, "");
    await until("the next change is said", () => events.length === 2);
    await writeFile(file, whole);
    await until("it is read", () => events.includes("credentials.read"));

    expect(events).toEqual(["credentials.unreadable", "credentials.unreadable", "credentials.read"]);
  });

  it("takes nothing before the CONNECT, and closes whom it does not understand", async () => {
    const gateway = await start();
    const eager = await openRaw(gateway.port);
    const other = await openRaw(gateway.port);

    eager.send(aPublish(topics.data(TRUCK, "reading"), 1));
    other.send(Buffer.from("GET / HTTP/1.1\r\n\r\n"));

    await eager.closed();
    await other.closed();
    expect((await gateway.health()).refused).toMatchObject({ "malformed-packet": 2 });
  });

  it("does what came right behind the CONNECT once the connection is accepted", async () => {
    const gateway = await start();
    const device = await openRaw(gateway.port);

    device.send(
      connectPacket({ clientId: "demo:truck-1", token: gateway.tokenOf("demo:truck-1") }),
      aPublish(topics.data(TRUCK, "reading"), 7),
    );

    await device.receive("puback");
    expect(device.received).toMatchObject([
      { cmd: "connack", returnCode: 0 },
      { cmd: "puback", messageId: 7 },
    ]);
  });

  it("gives the connection to whoever comes later with the same client id", async () => {
    const gateway = await start();
    const first = await connectTruck(gateway);

    const second = await connectTruck(gateway);

    await first.closed();
    second.send(aPublish(topics.data(TRUCK, "reading"), 1));
    await second.receive("puback");
  });
});

describe("who may publish what", () => {
  it("closes a device that publishes below another's topic, durably or not: not acknowledged, counted", async () => {
    const gateway = await start();

    for (const topic of [topics.data(POST, "reading"), topics.state(POST), "anything"]) {
      const device = await connectTruck(gateway);
      device.send(aPublish(topic, 1));
      await device.closed();
      expect(device.received.map(({ cmd }) => cmd)).toEqual(["connack"]);
    }

    expect(await gateway.health()).toMatchObject({ refused: { topic: 3 }, journal: { oldestPending: null } });
  });

  it("lets the cloud publish stored and wanted settings, and no data", async () => {
    const gateway = await start();
    const cloud = await connectCloud(gateway);

    cloud.send(
      { ...aPublish(topics.stored(TRUCK), 1), retain: true },
      { ...aPublish(topics.desired(POST), 2), retain: true },
    );
    await cloud.receive("puback", 2);
    cloud.send(aPublish(topics.data(TRUCK, "reading"), 3));

    await cloud.closed();
    expect((await gateway.health()).refused).toEqual({ topic: 1 });
  });

  it.each([
    ["a half of QoS 2", { ...aPublish(topics.live(TRUCK, "x"), 1, "x", 2) }, "qos"],
    ["live values that are to be kept", { ...aPublish(topics.live(TRUCK, "x"), 0, "x", 0), retain: true }, "retained"],
    ["a state that is acknowledged and not kept", aPublish(topics.state(TRUCK), 1), "not-retained"],
    [
      "a state of more than 64 KiB",
      { ...aPublish(topics.state(TRUCK), 1, Buffer.alloc(65_537)), retain: true },
      "retained-too-large",
    ],
  ])("takes no %s: no answer, closed, counted", async (_, packet, reason) => {
    const gateway = await start();
    const device = await connectTruck(gateway);

    device.send(packet);

    await device.closed();
    expect(device.received.map(({ cmd }) => cmd)).toEqual(["connack"]);
    expect((await gateway.health()).refused).toEqual({ [reason]: 1 });
  });

  it("refuses a will on anything but the device's own state", async () => {
    const gateway = await start();
    const device = await openRaw(gateway.port);
    const token = gateway.tokenOf("demo:truck-1");

    device.send(connectPacket({ clientId: "demo:truck-1", token, will: { topic: topics.state(POST), payload: "x" } }));

    await device.closed();
    expect(device.received).toMatchObject([{ cmd: "connack", returnCode: 5 }]);
  });

  it("publishes the will of a device that vanishes, and not of one that says goodbye", async () => {
    const gateway = await start();
    const cloud = await connectCloud(gateway);
    cloud.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: filters.state(), qos: 1 }] });
    await cloud.receive("suback");
    const connect = (device: "truck-1" | "post-1") => {
      const clientId = `demo:${device}`;
      const will = { topic: topics.state({ tenant: "demo", device }), payload: `${device} is gone` };
      return connectRaw(gateway.port, { clientId, token: gateway.tokenOf(clientId), will });
    };
    const polite = await connect("truck-1");
    const lost = await connect("post-1");

    polite.send({ cmd: "disconnect" });
    await polite.closed();
    lost.socket.destroy();

    const [will] = await cloud.receive("publish");
    expect(will).toMatchObject({ topic: topics.state(POST), payload: Buffer.from("post-1 is gone") });
    expect(cloud.received.filter(({ cmd }) => cmd === "publish")).toHaveLength(1);
  });
});

describe("who may subscribe to what", () => {
  it("grants a device its own stored and settings, and refuses everything else", async () => {
    const gateway = await start();
    const device = await connectTruck(gateway);
    const wanted = [topics.stored(TRUCK), topics.desired(TRUCK), topics.stored(POST), filters.state(), "#", "$SYS/#"];

    device.send({ cmd: "subscribe", messageId: 1, subscriptions: wanted.map((topic) => ({ topic, qos: 1 as const })) });

    const [suback] = await device.receive("suback");
    expect(suback).toMatchObject({ granted: [1, 1, 128, 128, 128, 128] });
    expect((await gateway.health()).refused).toEqual({ subscription: 4 });
  });

  it("refuses shared subscriptions of devices, of unknown groups and of foreign filters", async () => {
    const gateway = await start();
    const device = await connectTruck(gateway);
    const cloud = await connectCloud(gateway);
    const air = filters.shared("air", filters.data("reading"));

    device.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: air, qos: 1 }] });
    const wanted = [filters.shared("nobody", filters.data("reading")), filters.shared("air", filters.data("visit"))];
    cloud.send({ cmd: "subscribe", messageId: 1, subscriptions: wanted.map((topic) => ({ topic, qos: 1 as const })) });

    expect((await device.receive("suback"))[0]).toMatchObject({ granted: [128] });
    expect((await cloud.receive("suback"))[0]).toMatchObject({ granted: [128, 128] });
  });

  it("closes a consumer that publishes, or that also holds an ordinary subscription", async () => {
    const gateway = await start();
    const subscribeAir = {
      cmd: "subscribe" as const,
      messageId: 1,
      subscriptions: [{ topic: filters.shared("air", filters.data("reading")), qos: 1 as const }],
    };
    const publishing = await connectCloud(gateway, "a");
    const mixing = await connectCloud(gateway, "b");

    publishing.send(subscribeAir, aPublish(topics.stored(TRUCK), 1));
    mixing.send({
      ...subscribeAir,
      subscriptions: [...subscribeAir.subscriptions, { topic: filters.state(), qos: 1 }],
    });

    await publishing.closed();
    await mixing.closed();
    expect((await gateway.health()).refused).toEqual({ "consumer-rules": 2 });
  });
});

describe("an ordinary MQTT client", () => {
  it("publishes durably and receives retained messages on one connection", async () => {
    const gateway = await start();
    const cloud = await connectCloud(gateway);
    cloud.send({ ...aPublish(topics.desired(TRUCK), 1, "wanted"), retain: true });
    await cloud.receive("puback");
    const client = await mqtt.connectAsync(gateway.url, {
      clientId: "demo:truck-1",
      username: "demo:truck-1",
      password: gateway.tokenOf("demo:truck-1"),
      reconnectPeriod: 0,
    });
    const received: string[] = [];
    client.on("message", (topic, payload) => received.push(`${topic} ${payload.toString("utf8", 0, 20)}`));
    await client.subscribeAsync([topics.stored(TRUCK), topics.desired(TRUCK)], { qos: 1 });

    for (let i = 1; i <= 50; i += 1) {
      cloud.send({ ...aPublish(topics.stored(TRUCK), i + 1, `stored ${i} ${"x".repeat(3000)}`), retain: true });
    }
    await Promise.all(
      Array.from({ length: 500 }, (_, i) => client.publishAsync(topics.data(TRUCK, "reading"), `${i}`, { qos: 1 })),
    );

    await until("all stored messages", () => received.length === 51);
    expect(received[0]).toBe(`${topics.desired(TRUCK)} wanted`);
    expect(await gateway.health()).toMatchObject({ acknowledged: 500, journal: { pending: { reading: 500 } } });
    await client.endAsync();
  });
});
