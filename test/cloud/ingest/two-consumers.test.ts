import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openSqliteMeasurements } from "../../../cloud/store/measurements/sqlite-measurements.ts";
import { openStateView } from "../../../cloud/store/state/sqlite-state-view.ts";
import { startMosquitto } from "../../bench/gateway/brokers.ts";
import { aHealth, aReading, aRegistry, NOON, POST, TRUCK } from "../../support/builders.ts";
import { publishAll } from "../../support/publish-all.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { startTestCloud } from "../../support/test-cloud.ts";
import { until } from "../../support/until.ts";

const READINGS = 600;
const HEALTHS = 200;

describe.skipIf(!existsSync("/usr/sbin/mosquitto"))("two clouds that share a broker's load and a store", () => {
  it("count nothing twice, though Mosquitto gives any message to either and everything is sent twice", async () => {
    const folder = await tempFolder();
    const mosquitto = await startMosquitto(folder, 0);
    if (mosquitto === undefined) throw new Error("Mosquitto did not start");
    onTestFinished(() => mosquitto.close());
    const brokerUrl = `mqtt://127.0.0.1:${mosquitto.port}`;
    const cloud = { folder, registry: aRegistry(), brokerUrl, token: "x".repeat(43) };
    const first = await startTestCloud(cloud);
    const second = await startTestCloud({ ...cloud, env: { DEVICE: "cloud-2" } });
    for (const { health } of [first, second]) {
      await until("both groups are connected", async () => (await health()).parts.gateway?.ok, 60_000);
    }
    const view = openStateView(join(first.dataDir, "state.db"));
    onTestFinished(() => view.close());
    const readings = Array.from({ length: READINGS }, (_, i) => aReading({ seq: i + 1, at: NOON + i * 1_000 }));
    const healths = Array.from({ length: HEALTHS }, (_, i) => aHealth({ seq: i + 1 }));

    const broker = { url: brokerUrl, tokenOf: () => "" };
    for (const _ of ["sent", "sent again"]) {
      await Promise.all([publishAll(broker, POST, readings), publishAll(broker, TRUCK, healths)]);
    }
    const taken = async () => {
      const both = await Promise.all([first.health(), second.health()]);
      return both.map(({ counts }) => (counts["air.acknowledged"] ?? 0) + (counts["sites.acknowledged"] ?? 0));
    };
    await until(
      "both have taken everything",
      async () => (await taken()).reduce((sum, count) => sum + count, 0) === 2 * (READINGS + HEALTHS),
      60_000,
    );

    expect(view.counts()).toMatchObject({ messages: READINGS + HEALTHS });
    expect(view.deadLetters(10)).toEqual([]);
    for (const count of await taken()) expect(count).toBeGreaterThan(100);
    const measurements = await openSqliteMeasurements(join(first.dataDir, "measurements.db"));
    onTestFinished(() => measurements.close());
    const range = { fromMs: NOON - 1, toMs: NOON + READINGS * 1_000, most: READINGS * 2 };
    const points = await measurements.samples({ tenant: "kirov", station: "station-1", field: "pm25", ...range });
    expect(points).toHaveLength(READINGS);
  }, 180_000);
});
