import { expect, it } from "vitest";
import { TwinView } from "../../cloud/fleet/twins/twins.ts";
import { adminOf } from "../support/admin-api.ts";
import { aRegistry } from "../support/builders.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { startTestCloud } from "../support/test-cloud.ts";
import { startTestGateway } from "../support/test-gateway.ts";
import { connectTwinClient } from "../support/twin-client.ts";
import { until } from "../support/until.ts";

const POST = { tenant: "chel", device: "post-1" };
const PATH = "/api/v1/fleet/devices/chel/post-1/twin";
const PATIENCE_MS = 40_000;

it("what is wanted reaches the device, what it says reaches the administrator, over kills of cloud and gateway", async () => {
  const gateway = await startTestGateway({ clients: ["dv:cloud", "chel:post-1"] });
  const token = gateway.tokenOf("dv:cloud");
  const folder = await tempFolder();
  const cloud = await startTestCloud({ folder, registry: aRegistry(), brokerUrl: gateway.url, token });
  const admin = adminOf(cloud);
  const twin = () => admin.read(PATH, TwinView);
  const hears = (device: Awaited<ReturnType<typeof connectTwinClient>>, level: string) =>
    until(`it hears ${level}`, () => device.heard.at(-1)?.settings.LOG_LEVEL === level, PATIENCE_MS);

  const first = await admin.put(PATH, { settings: { LOG_LEVEL: "debug" } }, { "if-match": '"0"' });
  const device = await connectTwinClient(gateway, POST);
  await hears(device, "debug");
  const { rev } = TwinView.parse(first.body);
  expect(device.heard.at(-1)).toEqual({ v: 1, rev, settings: { LOG_LEVEL: "debug" }, updates: [] });

  await device.report({ rev, settings: { LOG_LEVEL: "debug" } });
  await until("the city knows", async () => (await twin()).reported?.rev === rev, PATIENCE_MS);

  await device.publishReported("{ this is no twin");
  await cloud.kill();
  await cloud.start();
  expect(await twin()).toMatchObject({ rev, settings: { LOG_LEVEL: "debug" }, reported: { rev } });

  await gateway.kill();
  await admin.put(PATH, { settings: { LOG_LEVEL: "warn" } }, { "if-match": `"${rev}"` });
  await gateway.restart();
  await hears(device, "warn");
  await until(
    "what could not be read is counted",
    async () => (await cloud.health()).counts["reported-refused malformed"],
    PATIENCE_MS,
  );
  expect((await twin()).reported?.rev).toBe(rev);
}, 180_000);
