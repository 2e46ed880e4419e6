import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import { topics } from "#contract/topics.ts";
import { ROOT } from "../../support/program.ts";
import { aPublish, connectPacket, connectRaw, openRaw } from "../../support/raw-mqtt.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { startGatewayHere } from "../../support/test-gateway.ts";
import { until } from "../../support/until.ts";

const OPEN = { clients: [], settings: { OPEN: "true" } };
const READING = topics.data({ tenant: "demo", device: "truck-1" }, "reading");
const ANYBODY = { clientId: "anybody", token: "" };

describe("a gateway as it is by default", () => {
  it("refuses a client that nobody knows", async () => {
    const gateway = await startGatewayHere({ clients: ["demo:truck-1"] });
    const stranger = await openRaw(gateway.port);

    stranger.send(connectPacket(ANYBODY));

    expect(await stranger.receive("connack")).toMatchObject([{ returnCode: 4 }]);
    await stranger.closed();
  });

  it("refuses a client without a user name, even without a client id", async () => {
    const gateway = await startGatewayHere({ clients: ["demo:truck-1"] });
    const nameless = await openRaw(gateway.port);

    nameless.send(Buffer.from("100c00044d5154540402000a0000", "hex"));

    expect(await nameless.receive("connack")).toMatchObject([{ returnCode: 4 }]);
    await nameless.closed();
  });

  it("refuses MQTT 3.1", async () => {
    const gateway = await startGatewayHere({ clients: ["demo:truck-1"] });
    const old = await openRaw(gateway.port);

    old.send(Buffer.from("100f00064d51497364700302000a000170", "hex"));

    expect(await old.receive("connack")).toMatchObject([{ returnCode: 1 }]);
    await old.closed();
  });

  it("closes a device that publishes on a foreign topic and refuses its subscription to one", async () => {
    const gateway = await startGatewayHere({ clients: ["demo:truck-1"] });
    const login = { clientId: "demo:truck-1", token: gateway.tokenOf("demo:truck-1") };
    const device = await connectRaw(gateway.port, login);

    device.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "TopicA", qos: 0 }] });
    expect(await device.receive("suback")).toMatchObject([{ granted: [128] }]);
    device.send(aPublish("TopicA", 2));

    await device.closed();
    expect(device.received.map(({ cmd }) => cmd)).toEqual(["connack", "suback"]);
    expect((await gateway.health()).refused).toEqual({ subscription: 1, topic: 1 });
  });
});

describe("a gateway in its open mode", () => {
  it("lets anybody use any topic but ours", async () => {
    const gateway = await startGatewayHere(OPEN);
    const anybody = await connectRaw(gateway.port, ANYBODY);

    anybody.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "TopicA", qos: 1 }] });
    await anybody.receive("suback");
    anybody.send(aPublish("TopicA", 2));

    await anybody.receive("puback");
    await anybody.receive("publish");
  });

  it.each([READING, topics.state({ tenant: "demo", device: "truck-1" })])("keeps %s shut", async (topic) => {
    const gateway = await startGatewayHere(OPEN);
    const anybody = await connectRaw(gateway.port, ANYBODY);

    anybody.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic, qos: 1 }] });
    expect(await anybody.receive("suback")).toMatchObject([{ granted: [128] }]);
    anybody.send(aPublish(topic, 2));

    await anybody.closed();
    expect(anybody.received.map(({ cmd }) => cmd)).toEqual(["connack", "suback"]);
    expect((await gateway.health()).acknowledged).toBe(0);
  });

  it("does not start where others than this machine could reach it", async () => {
    const gateway = spawn(process.execPath, [join(ROOT, "gateway/main.ts"), "--open"], {
      env: { HOST: "0.0.0.0", PORT: "0", METRICS_PORT: "0", DATA_DIR: await tempFolder() },
    });

    const [said, [code]] = await Promise.all([text(gateway.stderr), once(gateway, "exit")]);

    expect(said).toContain("it listens on loopback only");
    expect(code).toBe(1);
  });

  it("says so when it starts", async () => {
    const gateway = spawn(process.execPath, [join(ROOT, "gateway/main.ts"), "--open"], {
      env: { PORT: "0", METRICS_PORT: "0", DATA_DIR: await tempFolder() },
    });
    onTestFinished(() => void gateway.kill("SIGKILL"));
    let said = "";
    gateway.stderr.on("data", (chunk: Buffer) => {
      said += chunk;
    });

    await until("it has started", () => said.includes("gateway.started"));

    expect(said).toContain("OPEN MODE");
  });
});
