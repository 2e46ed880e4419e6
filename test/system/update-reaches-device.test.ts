import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { expect, it } from "vitest";
import { z } from "zod";
import { drawSite } from "../../models/samples/drawn-site.ts";
import { copyModel, remark, SHIPPED } from "../edge/update/updates-support.ts";
import { runCommand, startCertifiedCloud, startCertifiedGateway } from "../support/certified-fleet.ts";
import { freePort } from "../support/free-port.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { makeAuthority } from "../support/test-authority.ts";
import { startTestEdge, type TestEdge } from "../support/test-edge.ts";
import { until } from "../support/until.ts";

const PATIENCE_MS = 90_000;
const Status = z.looseObject({
  model: z.string().nullable(),
  updates: z.array(z.looseObject({ stage: z.string(), reason: z.string().optional() })),
});
const ManifestText = z.record(z.string(), z.unknown());

/** The next release of the shipped model: the same network under another hash. */
async function nextModel(folder: string): Promise<{ readonly model: string; readonly sha256: string }> {
  const model = await copyModel(folder);
  const file = join(model, "model.int8.onnx");
  const bytes = remark("the next one")(await readFile(file));
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  await writeFile(file, bytes);
  const path = join(model, "manifest.json");
  const manifest = ManifestText.parse(JSON.parse(await readFile(path, "utf8")));
  const next = { version: "2026.12.1", counter: SHIPPED.counter + 1, sha256, bytes: bytes.length };
  await writeFile(path, JSON.stringify({ ...manifest, ...next }));
  return { model, sha256 };
}

const statusOf = async (edge: TestEdge) => Status.parse(await edge.status());

it("an operator signs a model, the city rolls it out, a truck fetches it, tries it, proves it and says so", async () => {
  const folder = await tempFolder();
  const key = join(folder, "operator.pem");
  const { UPDATE_KEYS = "" } = parseEnv(await runCommand("update-key", ["--out", key]));
  const servers = await makeAuthority();
  const port = await freePort();
  const brokerUrl = `mqtts://127.0.0.1:${port}`;
  const cityKeys = { UPDATE_KEYS, ROLLOUT_EVERY_S: "1" };
  const { cloud, admin } = await startCertifiedCloud(folder, servers, brokerUrl, cityKeys);
  await startCertifiedGateway(folder, servers, cloud, port);
  const { CLAIM = "" } = parseEnv(await runCommand("claim", ["chel", "truck-1", ...admin]));
  const roll = join(folder, "roll");
  await mkdir(roll);
  for (let i = 0; i < 8; i += 1) {
    await writeFile(
      join(roll, `${i}.jpg`),
      await drawSite({ seed: 30 + i, state: "overflow", widthPx: 640, heightPx: 480 }),
    );
  }
  const camera = { CAMERA: `folder:${roll}`, UPDATE_KEYS, UPDATE_SPREAD_S: "0", UPDATE_TRIAL_PHOTOS: "2" };
  const edge = await startTestEdge({
    folder: join(folder, "edge"),
    brokerUrl,
    tenant: "chel",
    device: "truck-1",
    token: "",
    settings: { FLEET_URL: cloud.url, CLAIM, BROKER_CA: servers.caFile, UPDATE_BYTES_PER_S: "50000000", ...camera },
  });
  await until("the truck is connected", async () => (await edge.status()).uplink.connected, PATIENCE_MS);
  const before = (await statusOf(edge)).model;

  const { model, sha256 } = await nextModel(folder);
  const out = join(folder, "out");
  const release = ["--counter", `${SHIPPED.counter + 1}`, "--expires", "2099-01-01"];
  const order = ["--key", key, "--kind", "model", ...release, "--out", out, model];
  await runCommand("update-sign", order);
  const [signed = ""] = (await readdir(out)).filter((name) => name.endsWith(".update.json"));
  await runCommand("fleet-update", ["add", join(out, signed), "--waves", "100", "--soak-hours", "0", ...admin]);
  const onTrial = await until(
    "the truck tries it",
    async () => {
      const status = await statusOf(edge);
      return status.updates[0]?.stage === "trial" ? status : undefined;
    },
    PATIENCE_MS,
  );
  for (const role of ["before", "after"] as const) expect((await edge.shoot("s-1", role)).status).toBe(200);
  await until(
    "the truck has proven it",
    async () => (await statusOf(edge)).updates[0]?.stage === "active",
    PATIENCE_MS,
  );
  const id = signed.replace(".update.json", "");
  const told = await until(
    "the city knows",
    async () => {
      const text = await runCommand("fleet-update", ["status", id, ...admin]);
      return /\b(well|unproven)\b/.test(text) ? text : undefined;
    },
    PATIENCE_MS,
  );

  expect(before).not.toBe(sha256);
  expect(onTrial.model).toBe(sha256);
  expect(told).toContain("waste-site");
}, 300_000);
