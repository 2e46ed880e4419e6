import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { expect, it } from "vitest";
import { runCommand, startCertifiedCloud, startCertifiedGateway } from "../support/certified-fleet.ts";
import { freePort } from "../support/free-port.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { makeAuthority } from "../support/test-authority.ts";
import { startTestEdge, type TestEdge } from "../support/test-edge.ts";
import { until } from "../support/until.ts";

const TRUCK = ["chel", "truck-1"] as const;
/** What is promised: a live connection is closed so soon after its certificate was revoked. */
const CLOSED_WITHIN_MS = 5_000;
const PATIENCE_MS = 40_000;

const storedOf = async (edge: TestEdge): Promise<number> => (await edge.status()).uplink.stored?.upTo ?? 0;

it("claim, certificate, work; revoked, shut out within five seconds; another claim, and nothing was lost", async () => {
  const folder = await tempFolder();
  const servers = await makeAuthority();
  const port = await freePort();
  const brokerUrl = `mqtts://127.0.0.1:${port}`;
  const { cloud, admin } = await startCertifiedCloud(folder, servers, brokerUrl);
  const gateway = await startCertifiedGateway(folder, servers, cloud, port);
  const claimFile = join(folder, "claim");
  const secrets = [cloud.adminToken, "PRIVATE KEY"];
  const claim = async () => {
    const { CLAIM = "" } = parseEnv(await runCommand("claim", [...TRUCK, ...admin]));
    secrets.push(CLAIM);
    await writeFile(claimFile, `${CLAIM}\n`);
  };

  await claim();
  const edge = await startTestEdge({
    folder: join(folder, "edge"),
    brokerUrl,
    tenant: TRUCK[0],
    device: TRUCK[1],
    token: "",
    settings: { FLEET_URL: cloud.url, CLAIM_FILE: claimFile, BROKER_CA: servers.caFile, HEALTH_EVERY_S: "0.5" },
  });
  await until("the city has something of the device", async () => (await storedOf(edge)) > 2, PATIENCE_MS);

  await runCommand("revoke", [...TRUCK, "--reason", "key-compromise", ...admin]);
  const revokedAtMs = performance.now();
  await until("the device is cut off", async () => !(await edge.status()).uplink.connected, PATIENCE_MS);
  expect(performance.now() - revokedAtMs).toBeLessThan(CLOSED_WITHIN_MS);
  await until(
    "it is refused when it comes again",
    async () => ((await gateway.refused()).revoked ?? 0) > 1,
    PATIENCE_MS,
  );
  await until("it says what it needs", async () => (await edge.status()).errors["certificate-revoked"], PATIENCE_MS);
  const before = (await edge.status()).outbox.total;
  await until("it goes on keeping", async () => (await edge.status()).outbox.total > before + 2, PATIENCE_MS);

  await claim();
  const stored = await storedOf(edge);
  await until("the city has what was kept", async () => (await storedOf(edge)) > stored + before, PATIENCE_MS);
  await until("nothing waits any more", async () => (await edge.status()).outbox.total <= 1, PATIENCE_MS);
  const logs = ["cloud.log", "gateway.log", "edge/edge.log"].map((name) => readFile(join(folder, name), "utf8"));
  for (const log of await Promise.all(logs)) expect(secrets.filter((secret) => log.includes(secret))).toEqual([]);
  expect((await cloud.health()).counts).toMatchObject({ "fleet.revoked": 1, "fleet.certificates": 2 });
}, 240_000);
