import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { updateId } from "#contract/updates.ts";
import { Claim } from "../../cloud/fleet/fleet.ts";
import { RolloutDetail } from "../../cloud/fleet/waves/rollouts.ts";
import { addClient } from "../../firmware-config/credentials.ts";
import { drawSite } from "../../models/samples/drawn-site.ts";
import { operator, publishModel } from "../edge/update/updates-support.ts";
import { adminOf } from "../support/admin-api.ts";
import { aRegistry } from "../support/builders.ts";
import { freePort } from "../support/free-port.ts";
import { defineProgram } from "../support/program.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { makeAuthority } from "../support/test-authority.ts";
import { startTestCloud } from "../support/test-cloud.ts";
import { startTestEdge } from "../support/test-edge.ts";
import { until } from "../support/until.ts";

const TRUCK = { tenant: "chel", device: "truck-1" };
const PATIENCE_MS = 120_000;

it("a signed model goes from the administrator over the cloud to a real device, which judges with it and says so", async () => {
  const folder = await tempFolder();
  const servers = await makeAuthority();
  const port = await freePort();
  const brokerUrl = `mqtts://127.0.0.1:${port}`;
  const credentialsFile = join(folder, "credentials.json");
  const token = await addClient(credentialsFile, { tenant: "dv", device: "cloud", role: "consumer" });
  const env = { BROKER_CA: servers.caFile, UPDATE_KEYS: operator.publicKey, ROLLOUT_EVERY_S: "0.5" };
  const cloud = await startTestCloud({ folder, registry: aRegistry(), brokerUrl, token, env });
  const admin = adminOf(cloud);
  const fleetCa = join(folder, "fleet-ca.pem");
  await writeFile(fleetCa, await (await fetch(`${cloud.url}/fleet/ca.pem`)).text());
  const metricsPort = String(await freePort());
  const gateway = defineProgram({
    part: "gateway",
    logFile: join(folder, "gateway.log"),
    readyUrl: `http://127.0.0.1:${metricsPort}/healthz`,
    settings: {
      ...servers.server,
      ...{
        TLS_CA: fleetCa,
        CRL_URL: `${cloud.url}/fleet/crl.pem`,
        ALLOW_TOKENS: "true",
        CREDENTIALS_FILE: credentialsFile,
      },
      ...{ DATA_DIR: join(folder, "gateway"), PORT: String(port), METRICS_PORT: metricsPort },
    },
  });
  onTestFinished(() => gateway.close());
  await gateway.start();

  const photos = join(folder, "photos");
  await mkdir(photos);
  await writeFile(join(photos, "1.jpg"), await drawSite({ seed: 11, state: "overflow", widthPx: 640, heightPx: 480 }));
  const claimFile = join(folder, "claim");
  await writeFile(claimFile, Claim.parse((await admin.post("/api/v1/fleet/claims", TRUCK)).body).claim);
  const edge = await startTestEdge({
    ...TRUCK,
    folder: join(folder, "edge"),
    brokerUrl,
    token: "",
    settings: {
      ...{ FLEET_URL: cloud.url, CLAIM_FILE: claimFile, BROKER_CA: servers.caFile, HEALTH_EVERY_S: "1" },
      ...{ CAMERA_FOLDER: photos, CAMERA_FOLDER_LOOP: "true" },
      ...{
        UPDATE_KEYS: operator.publicKey,
        UPDATE_SPREAD_S: "0",
        UPDATE_BYTES_PER_S: "100000000",
        UPDATE_TRIAL_PHOTOS: "1",
      },
    },
  });

  const uploads: Promise<Response>[] = [];
  const put = (name: string, content: Uint8Array) => {
    const file = createHash("sha256").update(content).digest("hex");
    const request = fetch(`${cloud.url}/api/v1/fleet/artefacts/${file}`, {
      method: "PUT",
      body: new Uint8Array(content),
      headers: { authorization: `Bearer ${cloud.adminToken}`, "content-type": "application/octet-stream" },
    });
    uploads.push(request);
    return { name, sha256: file, bytes: content.length };
  };
  const { update, sha256 } = await publishModel({ put }, 2);
  expect((await Promise.all(uploads)).map(({ status }) => status)).toEqual(uploads.map(() => 200));
  const path = `/api/v1/fleet/updates/${updateId(update.manifest)}`;
  const order = { update, plan: { waves: [100], soakHours: 0 } };
  expect((await admin.post("/api/v1/fleet/updates", order)).status).toBe(200);
  const stands = (standing: keyof RolloutDetail["counts"]) =>
    until(standing, async () => (await admin.read(path, RolloutDetail)).counts[standing] === 1, PATIENCE_MS);

  await stands("trial");
  expect((await edge.shoot("site-1", "before")).status).toBe(200);
  await stands("well");

  await until(
    "the city knows what judges there",
    async () => (await admin.read(path, RolloutDetail)).models[sha256] === 1,
    PATIENCE_MS,
  );
  expect((await admin.read(path, RolloutDetail)).status).toBe("done");
}, 300_000);
