import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseEnv, promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { freePort } from "../support/free-port.ts";
import { defineProgram, ROOT } from "../support/program.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { makeAuthority, type TestAuthority } from "../support/test-authority.ts";
import { startTestCloud, type TestCloud } from "../support/test-cloud.ts";
import { startTestEdge, type TestEdge } from "../support/test-edge.ts";
import { until } from "../support/until.ts";

const TRUCK = ["chel", "truck-1"] as const;
/** What is promised: a live connection is closed so soon after its certificate was revoked. */
const CLOSED_WITHIN_MS = 5_000;
const PATIENCE_MS = 40_000;

const GatewayHealth = z.looseObject({ connections: z.number(), refused: z.record(z.string(), z.number()) });
const NO_PLACES = { municipalities: [], stations: [], sites: [], assignments: [] };

async function run(command: "claim" | "enrol" | "revoke", args: readonly string[], env: object = {}): Promise<string> {
  const { PATH, HOME } = process.env;
  const program = [join(ROOT, "firmware-config", `${command}.ts`), ...args];
  const { stdout } = await promisify(execFile)(process.execPath, program, { env: { PATH, HOME, ...env } });
  return stdout;
}

/** The real cloud, which signs in at its gateway with a certificate of its own fleet: it has none at its first start. */
async function startCloud(folder: string, servers: TestAuthority, brokerUrl: string) {
  const dir = join(folder, "cloud-identity");
  const pem = join(dir, "identity.pem");
  const env = { TOKEN: "", BROKER_CERT: pem, BROKER_KEY: pem, BROKER_CA: servers.caFile, FLEET_CERT_DAYS: "90" };
  const cloud = await startTestCloud({ folder, registry: NO_PLACES, brokerUrl, token: "", env });
  const tokenFile = join(folder, "admin-token");
  await writeFile(tokenFile, cloud.adminToken);
  const admin = ["--cloud", cloud.url, "--admin-token-file", tokenFile];
  const claimed = await run("claim", ["dv", "cloud", "--role", "consumer", ...admin]);
  await run("enrol", ["--cloud", cloud.url, "--dir", dir], parseEnv(claimed));
  return { cloud, admin };
}

/** The real gateway: it holds the fleet's certificate and asks the cloud for what is revoked. */
async function startGateway(folder: string, servers: TestAuthority, cloud: TestCloud, port: number) {
  const caFile = join(folder, "fleet-ca.pem");
  await writeFile(caFile, await (await fetch(`${cloud.url}/fleet/ca.pem`)).text());
  const metricsPort = await freePort();
  const healthUrl = `http://127.0.0.1:${metricsPort}/healthz`;
  const settings = {
    ...servers.server,
    TLS_CA: caFile,
    CRL_URL: `${cloud.url}/fleet/crl.pem`,
    DATA_DIR: join(folder, "gateway"),
    PORT: String(port),
    METRICS_PORT: String(metricsPort),
  };
  const gateway = defineProgram({
    part: "gateway",
    settings,
    logFile: join(folder, "gateway.log"),
    readyUrl: healthUrl,
  });
  onTestFinished(() => gateway.close());
  await gateway.start();
  return { refused: async () => GatewayHealth.parse(await (await fetch(healthUrl)).json()).refused };
}

const storedOf = async (edge: TestEdge): Promise<number> => (await edge.status()).uplink.stored?.upTo ?? 0;

it("claim, certificate, work; revoked, shut out within five seconds; another claim, and nothing was lost", async () => {
  const folder = await tempFolder();
  const servers = await makeAuthority();
  const port = await freePort();
  const brokerUrl = `mqtts://127.0.0.1:${port}`;
  const { cloud, admin } = await startCloud(folder, servers, brokerUrl);
  const gateway = await startGateway(folder, servers, cloud, port);
  const claimFile = join(folder, "claim");
  const secrets = [cloud.adminToken, "PRIVATE KEY"];
  const claim = async () => {
    const { CLAIM = "" } = parseEnv(await run("claim", [...TRUCK, ...admin]));
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

  await run("revoke", [...TRUCK, "--reason", "key-compromise", ...admin]);
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
