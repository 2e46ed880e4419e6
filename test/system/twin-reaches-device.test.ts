import { expect, it } from "vitest";
import { TwinView } from "../../cloud/fleet/twins/twins.ts";
import { adminOf } from "../support/admin-api.ts";
import { aRegistry } from "../support/builders.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { startTestCloud } from "../support/test-cloud.ts";
import { startTestEdge } from "../support/test-edge.ts";
import { startTestGateway } from "../support/test-gateway.ts";
import { until } from "../support/until.ts";

const POST = { tenant: "chel", device: "post-1" };
const PATH = "/api/v1/fleet/devices/chel/post-1/twin";
const PATIENCE_MS = 40_000;

it("an administrator sets a device's settings from the desk, and sees what is in force and what it refused", async () => {
  const gateway = await startTestGateway({ clients: ["dv:cloud", "chel:post-1"] });
  const cloud = await startTestCloud({
    folder: await tempFolder(),
    registry: aRegistry(),
    brokerUrl: gateway.url,
    token: gateway.tokenOf("dv:cloud"),
  });
  const admin = adminOf(cloud);
  const token = gateway.tokenOf("chel:post-1");
  const edge = await startTestEdge({ folder: await tempFolder(), brokerUrl: gateway.url, ...POST, token });
  const twin = () => admin.read(PATH, TwinView);

  await until("the cloud has heard of its twin", async () => (await twin()).reported !== null, PATIENCE_MS);
  const wrong = { HEALTH_EVERY_S: "30", READING_EVERY_S: "1", DATA_DIR: "/tmp" };
  const early = await admin.put(PATH, { settings: wrong }, { "if-match": `"${(await twin()).rev}"` });
  expect(early.status).toBe(400);
  expect(JSON.stringify(early.body)).toMatch(/READING_EVERY_S must be .*; DATA_DIR may not be changed from outside/);
  const settings = { HEALTH_EVERY_S: "30", CAMERA_OPTIONS: "width=640" };
  const put = await admin.put(PATH, { settings }, { "if-match": `"${(await twin()).rev}"` });
  const { rev } = TwinView.parse(put.body);
  const { reported } = await until(
    "the device has decided",
    async () => {
      const view = await twin();
      return view.reported?.rev === rev ? view : undefined;
    },
    PATIENCE_MS,
  );

  expect(reported).toMatchObject({ settings: { HEALTH_EVERY_S: "30" }, onTrial: false });
  expect(reported?.refused.map(({ setting }) => setting)).toEqual(["CAMERA_OPTIONS"]);
  expect((await edge.status()).twin).toMatchObject({ rev, settings: { HEALTH_EVERY_S: "30" } });
}, 150_000);
