import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { filters, topics } from "#contract/topics.ts";
import { connectConsumer } from "#mqtt/consumer-client.ts";
import { aPublish, connectRaw } from "../support/raw-mqtt.ts";
import { buildSyncShim, noSyncShim } from "../support/sync-shim/sync-shim.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { startTestGateway, type TestGateway } from "../support/test-gateway.ts";
import { until } from "../support/until.ts";

const TRUCK = "demo:truck-1";
const OTHER = "demo:truck-2";
const READING = topics.data({ tenant: "demo", device: "truck-1" }, "reading");
/** Of a sync that is slow, as on an SD card under a long write. */
const SLOW_SYNC_MS = 2_000;

if (noSyncShim !== undefined) process.stderr.write(`SKIPPED: syncs cannot be made to fail or wait: ${noSyncShim}\n`);

async function startOnShim() {
  const folder = await tempFolder();
  const data = join(folder, "data");
  const shim = await buildSyncShim(folder, data);
  const gateway = await startTestGateway({
    clients: [TRUCK, OTHER, "dv:cloud"],
    settings: { DATA_DIR: data, LOG_LEVEL: "silent", ...shim.env },
  });
  const connect = (clientId: string) => connectRaw(gateway.port, { clientId, token: gateway.tokenOf(clientId) });
  return { shim, gateway, connect };
}

/** What a consumer of readings gets, until all that is expected is there. */
async function deliveries(gateway: TestGateway, expected: readonly string[]): Promise<readonly string[]> {
  const got: string[] = [];
  const consumer = await connectConsumer({
    url: gateway.url,
    clientId: "dv:cloud:air",
    username: "dv:cloud",
    password: gateway.tokenOf("dv:cloud"),
    filters: [filters.shared("air", filters.data("reading"))],
    keepaliveS: 10,
    onMessage: (message) => {
      got.push(message.payload.toString());
      message.acknowledge();
    },
    onClose: () => {},
  });
  await until("what was acknowledged", () => expected.every((payload) => got.includes(payload)));
  await consumer.close();
  return got;
}

describe.skipIf(noSyncShim !== undefined)("a gateway whose syncs fail", () => {
  it("acknowledges nothing, says so, opens the journal anew, and goes on when syncs succeed again", async () => {
    const { shim, gateway, connect } = await startOnShim();
    const first = await connect(TRUCK);
    first.send(aPublish(READING, 1, "before"));
    await first.receive("puback");

    await shim.fail();
    first.send(aPublish(READING, 2, "unsynced"));
    await first.closed();
    // Opening anew fails as well, again and again.
    for (let time = 0; time < 3; time += 1) {
      const again = await connect(TRUCK);
      again.send(aPublish(READING, 2, "unsynced"));
      await again.closed();
      expect(again.received.filter(({ cmd }) => cmd === "puback")).toHaveLength(0);
    }

    const failing = await gateway.health();
    expect(failing.status).toBe("unhealthy");
    expect(failing.refused["journal-unavailable"]).toBe(4);
    expect(first.received.filter(({ cmd }) => cmd === "puback")).toHaveLength(1);

    await shim.heal();
    await until("it is healthy again", async () => (await gateway.health()).status === "ok");
    const second = await connect(TRUCK);
    second.send(aPublish(READING, 3, "after"));
    await second.receive("puback");
    expect(await deliveries(gateway, ["before", "after"])).toEqual(["before", "after"]);
  });

  it("loses nothing acknowledged when it is killed right after the failures", async () => {
    const { shim, gateway, connect } = await startOnShim();
    const first = await connect(TRUCK);
    first.send(aPublish(READING, 1, "before"));
    await first.receive("puback");
    await shim.fail();
    first.send(aPublish(READING, 2, "unsynced"));
    await first.closed();

    await gateway.kill();
    await shim.heal();
    await gateway.restart();
    const second = await connect(TRUCK);
    second.send(aPublish(READING, 2, "unsynced, sent again"));
    await second.receive("puback");

    const got = await deliveries(gateway, ["before", "unsynced, sent again"]);
    expect(got[0]).toBe("before");
  });
});

describe.skipIf(noSyncShim !== undefined)("a gateway whose disk takes two seconds for a sync", () => {
  it("answers another client's pings meanwhile, well before the sync ends", async () => {
    const { shim, connect } = await startOnShim();
    const [writer, other] = [await connect(TRUCK), await connect(OTHER)];
    await shim.delay(SLOW_SYNC_MS);
    const sentMs = performance.now();
    writer.send(aPublish(READING, 1, "slow"));

    const pingsMs: number[] = [];
    while (!writer.received.some(({ cmd }) => cmd === "puback")) {
      const startMs = performance.now();
      other.send({ cmd: "pingreq" });
      await other.receive("pingresp", pingsMs.length + 1);
      pingsMs.push(performance.now() - startMs);
    }

    expect(performance.now() - sentMs).toBeGreaterThanOrEqual(SLOW_SYNC_MS);
    expect(pingsMs.length).toBeGreaterThan(3);
    expect(Math.max(...pingsMs)).toBeLessThan(SLOW_SYNC_MS / 2);
  });
});
