import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseEnv, promisify } from "node:util";
import { onTestFinished } from "vitest";
import { z } from "zod";
import { freePort } from "./free-port.ts";
import { defineProgram, ROOT } from "./program.ts";
import type { TestAuthority } from "./test-authority.ts";
import { startTestCloud, type TestCloud } from "./test-cloud.ts";

const GatewayHealth = z.looseObject({ connections: z.number(), refused: z.record(z.string(), z.number()) });
const NO_PLACES = { municipalities: [], stations: [], sites: [], assignments: [] };

/** Runs a command of `firmware-config` as `npm run` does; gives what it prints. Rejects where it ends with an error. */
export async function runCommand(command: string, args: readonly string[], env: object = {}): Promise<string> {
  const { PATH, HOME } = process.env;
  const program = [join(ROOT, "firmware-config", `${command}.ts`), ...args];
  const { stdout } = await promisify(execFile)(process.execPath, program, { env: { PATH, HOME, ...env } });
  return stdout;
}

/** The real cloud, which signs in at its gateway with a certificate of its own fleet: it has none at its first start. */
export async function startCertifiedCloud(
  folder: string,
  servers: TestAuthority,
  brokerUrl: string,
  more: Readonly<Record<string, string>> = {},
) {
  const dir = join(folder, "cloud-identity");
  const pem = join(dir, "identity.pem");
  const env = {
    TOKEN: "",
    BROKER_CERT: pem,
    BROKER_KEY: pem,
    BROKER_CA: servers.caFile,
    FLEET_CERT_DAYS: "90",
    ...more,
  };
  const cloud = await startTestCloud({ folder, registry: NO_PLACES, brokerUrl, token: "", env });
  const tokenFile = join(folder, "admin-token");
  await writeFile(tokenFile, cloud.adminToken);
  const admin = ["--cloud", cloud.url, "--admin-token-file", tokenFile];
  const claimed = await runCommand("claim", ["dv", "cloud", "--role", "consumer", ...admin]);
  await runCommand("enrol", ["--cloud", cloud.url, "--dir", dir], parseEnv(claimed));
  return { cloud, admin };
}

/** The real gateway: it holds the fleet's certificate and asks the cloud for what is revoked. */
export async function startCertifiedGateway(folder: string, servers: TestAuthority, cloud: TestCloud, port: number) {
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
