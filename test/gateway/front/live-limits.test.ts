import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { topics } from "#contract/topics.ts";
import { aPublish, connectRaw } from "../../support/raw-mqtt.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { type RunningGateway, startGatewayHere } from "../../support/test-gateway.ts";
import { until } from "../../support/until.ts";

const TRUCK = { tenant: "demo", device: "truck-1" };
const clients = ["demo:truck-1"];

async function startWith(settings: unknown, environment: Readonly<Record<string, string>> = {}) {
  const file = join(await tempFolder(), "settings.json");
  await writeFile(file, JSON.stringify(settings));
  const gateway = await startGatewayHere({
    clients,
    settings: { ...environment, SETTINGS_FILE: file, LOG_LEVEL: "silent" },
  });
  return { gateway, file, set: (next: unknown) => writeFile(file, JSON.stringify(next)) };
}

const connect = (gateway: RunningGateway) =>
  connectRaw(gateway.port, { clientId: "demo:truck-1", token: gateway.tokenOf("demo:truck-1") });
/** Whether a packet of so many bytes is taken. */
async function isTaken(gateway: RunningGateway, bytes: number): Promise<boolean> {
  const client = await connect(gateway);
  client.send(aPublish(topics.data(TRUCK, "reading"), 1, Buffer.alloc(bytes)));
  const isAnswered = client.receive("puback").then(() => true);
  const taken = await Promise.race([isAnswered, client.closed().then(() => false)]);
  client.socket.destroy();
  return taken;
}

describe("settings in a file", () => {
  it("hold over those of the environment, change while the gateway runs, and fall back when they are taken out", async () => {
    const { gateway, set } = await startWith({ MAX_PACKET_BYTES: 4096 }, { MAX_PACKET_BYTES: "8192" });
    expect(await isTaken(gateway, 5_000)).toBe(false);

    await set({});
    await until("8 KiB are taken", () => isTaken(gateway, 5_000));
    expect(await isTaken(gateway, 10_000)).toBe(false);

    await set({ MAX_PACKET_BYTES: 65_536 });
    await until("64 KiB are taken", () => isTaken(gateway, 10_000));
  });

  it("reach the clients that are connected: a higher rate lets go whoever waits", async () => {
    const { gateway, set } = await startWith({ RATE_MESSAGES: 1, RATE_BURST_S: 1 });
    const client = await connect(gateway);
    client.send(...Array.from({ length: 60 }, (_, i) => aPublish(topics.data(TRUCK, "reading"), i + 1)));
    await client.receive("puback");
    const atMs = performance.now();
    client.send({ cmd: "pingreq" }); // sixty messages are owed: a minute

    await set({ RATE_MESSAGES: 1_000_000, RATE_BURST_S: 3_600 });

    await client.receive("pingresp");
    expect(performance.now() - atMs).toBeLessThan(30_000);
  });

  it.each([
    [{ RATE_MESSAGES: "many" }, /RATE_MESSAGES/],
    [{ RATE_MESSAGES: true }, /RATE_MESSAGES/],
    [{ RATE_BYTES: "500" }, /RATE_BYTES/],
    [{ RATE_BURST_S: [1] }, /RATE_BURST_S/],
    [{ MAX_CONNECTIONS: 0 }, /MAX_CONNECTIONS/],
    [{ PORT: 1883 }, /PORT/],
    [[], /no JSON object/],
  ])("that are wrong (%j) change nothing, are named in health, and stop a start", async (wrong, named) => {
    const { gateway, file, set } = await startWith({ MAX_PACKET_BYTES: 4096 });

    await set(wrong);
    const trouble = await until("it is said", async () => (await gateway.health()).troubles[0]);

    expect(trouble).toMatch(named);
    expect(await isTaken(gateway, 5_000)).toBe(false);
    await expect(startGatewayHere({ clients, settings: { SETTINGS_FILE: file } })).rejects.toThrow(named);
    await set({ MAX_PACKET_BYTES: 65_536 });
    await until("the next ones hold", () => isTaken(gateway, 5_000));
    expect((await gateway.health()).troubles).toEqual([]);
  });

  it("stay in force when their file is gone", async () => {
    const { gateway, file } = await startWith({ MAX_PACKET_BYTES: 4096 });
    const text = await readFile(file, "utf8");

    await rm(file);
    await until("it is said", async () => (await gateway.health()).troubles.length > 0);

    expect(await isTaken(gateway, 5_000)).toBe(false);
    await writeFile(file, text);
    await until("all is well", async () => (await gateway.health()).troubles.length === 0);
  });
});
