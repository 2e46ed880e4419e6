import { randomBytes } from "node:crypto";
import { readdir } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { updateId } from "#contract/updates.ts";
import { every } from "#kit/every.ts";
import { RolloutDetail, type RolloutStatus } from "../../cloud/fleet/waves/rollouts.ts";
import { adminOf } from "../support/admin-api.ts";
import { aRegistry } from "../support/builders.ts";
import { anUpdate, type TestUpdate, UPDATE_KEY } from "../support/signed-update.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { startTestCloud, type TestCloud } from "../support/test-cloud.ts";
import { startTestGateway } from "../support/test-gateway.ts";
import { connectTwinClient, type TwinClient } from "../support/twin-client.ts";
import { until } from "../support/until.ts";

const DEVICES = ["post-1", "post-2", "post-3", "post-4", "post-5", "post-6"];
const PATIENCE_MS = 60_000;
/** So quick that a test sees all waves; devices answer as soon as they hear. */
const PLAN = { waves: [1, 40, 100], soakHours: 0 };

const upload = (cloud: TestCloud, { sha256, file }: TestUpdate) =>
  fetch(new URL(`/api/v1/fleet/artefacts/${sha256}`, cloud.url), {
    method: "PUT",
    body: new Uint8Array(file),
    headers: { authorization: `Bearer ${cloud.adminToken}`, "content-type": "application/octet-stream" },
  });

/** Sends half of a file, and gives what lies in the folder for halves once some of it is there. */
async function uploadHalf(cloud: TestCloud, { sha256, file }: TestUpdate): Promise<void> {
  const socket = connect(Number(new URL(cloud.url).port), "127.0.0.1");
  socket.on("error", () => {
    // The cloud is killed under it.
  });
  onTestFinished(() => void socket.destroy());
  socket.write(
    `PUT /api/v1/fleet/artefacts/${sha256} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${cloud.adminToken}\r\n`,
  );
  socket.write(`content-type: application/octet-stream\r\ncontent-length: ${file.length}\r\n\r\n`);
  socket.write(file.subarray(0, file.length / 2));
  await until("a half is there", async () => (await halvesOf(cloud)).length === 1);
}

const halvesOf = (cloud: TestCloud) => readdir(join(cloud.dataDir, "artefacts", "incoming"));

/** A device that answers each update which it hears, once, with the stage that `stageOf` gives. */
function answering(device: TwinClient, stageOf: (id: string) => "active" | "returned") {
  const said = new Map<string, "active" | "returned">();
  const answer = async () => {
    const updates = device.heard.at(-1)?.updates ?? [];
    const before = said.size;
    for (const { manifest } of updates) said.set(updateId(manifest), stageOf(updateId(manifest)));
    if (said.size === before) return;
    const { kind, name, version, counter } = updates[0]?.manifest ?? anUpdate().signed.manifest;
    await device.report({
      rev: device.heard.at(-1)?.rev ?? null,
      updates: [...said].map(([id, stage]) => ({ id, kind, name, version, counter, stage })),
    });
  };
  const answers = every(50, answer, () => {
    // The gateway does not answer now; said again in the next round.
  });
  onTestFinished(() => answers.close());
}

it("an update goes through the fleet in waves over kills of the cloud; one that fails is stopped at its first device", async () => {
  const gateway = await startTestGateway({ clients: ["dv:cloud", ...DEVICES.map((device) => `chel:${device}`)] });
  const token = gateway.tokenOf("dv:cloud");
  const env = { UPDATE_KEYS: UPDATE_KEY.publicKey, ROLLOUT_EVERY_S: "0.2" };
  const folder = await tempFolder();
  const cloud = await startTestCloud({ folder, registry: aRegistry(), brokerUrl: gateway.url, token, env });
  const admin = adminOf(cloud);
  const detail = ({ id }: TestUpdate) => admin.read(`/api/v1/fleet/updates/${id}`, RolloutDetail);
  const untilStatus = (update: TestUpdate, status: RolloutStatus) =>
    until(`it is ${status}`, async () => (await detail(update)).status === status, PATIENCE_MS);
  const good = anUpdate({}, randomBytes(2_000_000));
  const bad = anUpdate({ counter: 2 });
  const devices = await Promise.all(DEVICES.map((device) => connectTwinClient(gateway, { tenant: "chel", device })));
  for (const device of devices) answering(device, (id) => (id === good.id ? "active" : "returned"));

  await uploadHalf(cloud, good);
  await cloud.kill();
  await cloud.start();
  expect(await halvesOf(cloud)).toEqual([]);
  expect((await fetch(new URL(`/artefacts/${good.sha256}`, cloud.url))).status).toBe(404);
  expect((await upload(cloud, good)).status).toBe(200);
  expect((await upload(cloud, bad)).status).toBe(200);

  expect((await admin.post("/api/v1/fleet/updates", { update: good.signed, plan: PLAN })).status).toBe(200);
  for (const wave of [1, 2]) {
    await until(`wave ${wave} is there`, async () => (await detail(good)).wave >= wave, PATIENCE_MS);
    await cloud.kill();
    await cloud.start();
  }
  await until("all have it", async () => (await detail(good)).counts.well === DEVICES.length, PATIENCE_MS);
  await untilStatus(good, "done");
  const file = await (await fetch(new URL(`/artefacts/${good.sha256}`, cloud.url))).bytes();
  expect(Buffer.from(file).equals(good.file)).toBe(true);

  expect((await admin.post("/api/v1/fleet/updates", { update: bad.signed, plan: PLAN })).status).toBe(200);
  await untilStatus(bad, "stopped");

  expect(await detail(bad)).toMatchObject({
    members: 1,
    counts: { returned: 1 },
    why: expect.stringContaining("failed"),
  });
  expect((await detail(good)).status).toBe("superseded");
  const heardBad = devices.filter(({ heard }) =>
    heard.some(({ updates }) => updates.some(({ sig }) => sig === bad.signed.sig)),
  );
  expect(heardBad).toHaveLength(1);
  await until(
    "it is taken from the one that came back from it",
    () => heardBad[0]?.heard.at(-1)?.updates.every(({ sig }) => sig !== bad.signed.sig),
    PATIENCE_MS,
  );
}, 300_000);
