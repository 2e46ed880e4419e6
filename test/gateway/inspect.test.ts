import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { topics } from "#contract/topics.ts";
import { InspectReport } from "../../gateway/inspect/report.ts";
import { freePort } from "../support/free-port.ts";
import { aPublish, connectRaw } from "../support/raw-mqtt.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { startTestGateway } from "../support/test-gateway.ts";

const TRUCK = { tenant: "demo", device: "truck-1" };
const script = join(import.meta.dirname, "../../gateway/inspect/inspect-main.ts");
const inspect = (...args: readonly string[]) => promisify(execFile)(process.execPath, [script, ...args]);

async function gatewayWithSomething() {
  const folder = await tempFolder();
  const dataDir = join(folder, "gateway");
  const gateway = await startTestGateway({ clients: ["demo:truck-1"], folder, settings: { DATA_DIR: dataDir } });
  const truck = await connectRaw(gateway.port, { clientId: "demo:truck-1", token: gateway.tokenOf("demo:truck-1") });
  truck.send(aPublish(topics.data(TRUCK, "visit"), 1, "a secret payload"));
  truck.send({ ...aPublish(topics.state(TRUCK), 2, "another secret"), retain: true });
  await truck.receive("puback", 2);
  const where = ["--port", String(gateway.metricsPort), "--data-dir", dataDir];
  return { gateway, where };
}

describe("gateway:inspect", () => {
  it("shows what a running gateway holds, and no payload", async () => {
    const { where } = await gatewayWithSomething();

    const { stdout } = await inspect(...where, "--json");
    const text = (await inspect(...where)).stdout;

    const report = InspectReport.parse(JSON.parse(stdout));
    expect(report.from).toBe("gateway");
    expect(report.journal.classes.find((row) => row.class === "visit")).toMatchObject({ pending: 1, oldest: 1 });
    expect(report.cursors).toContainEqual({ reader: "sites", class: "visit", at: 0 });
    expect(report.sessions.list).toMatchObject([{ client: "demo:truck-1", role: "device", unsentBytes: 0 }]);
    expect(report.retained).toEqual({ of: 1, list: [{ topic: topics.state(TRUCK), bytes: "another secret".length }] });
    expect(text).toContain("demo:truck-1");
    expect(stdout + text).not.toContain("secret");
  });

  it("reads the file of a gateway that was killed", async () => {
    const { gateway, where } = await gatewayWithSomething();
    await gateway.kill();

    const { stdout } = await inspect(...where, "--json");
    const text = (await inspect(...where)).stdout;

    const report = InspectReport.parse(JSON.parse(stdout));
    expect(report.from).toBe("file");
    expect(report.journal).toMatchObject({ newest: 1 });
    expect(report.retained.of).toBe(1);
    expect(text).toContain("no gateway has it open");
    await gateway.restart();
    expect((await gateway.health()).journal.pending.visit).toBe(1);
  });

  it("says what to do where neither is", async () => {
    const folder = await tempFolder();

    await expect(inspect("--port", String(await freePort()), "--data-dir", folder)).rejects.toThrow(
      /there is no journal.*--port and --data-dir/s,
    );
  });
});
