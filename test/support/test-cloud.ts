import { createHash, randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Registry } from "#contract/registry.ts";
import { HealthView } from "../../cloud/http/schemas.ts";
import { freePort } from "./free-port.ts";
import { defineProgram, type Program } from "./program.ts";

/** The real cloud as a process of its own, with its data in a folder that outlives a kill. */
export interface TestCloud extends Program {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly dataDir: string;
  readonly registryFile: string;
  readonly adminToken: string;
  readonly logFile: string;
  /** `/healthz` as it answers now. */
  health(): Promise<HealthView>;
  writeRegistry(registry: Registry): Promise<void>;
}

/** What a test decides; everything else has a working default. */
export interface TestCloudOptions {
  /** Where data, registry and log are put. */
  readonly folder: string;
  readonly registry: Registry;
  readonly brokerUrl: string;
  /** The consumer's token at the gateway. */
  readonly token: string;
  /** Further settings of the cloud, such as `INFLUX_URL` or `STALE_AFTER_S`. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts the cloud and waits until it answers; it is closed when the test has finished. */
export async function startTestCloud(options: TestCloudOptions): Promise<TestCloud> {
  const cloud = await defineTestCloud(options);
  onTestFinished(() => cloud.close());
  await cloud.start();
  return cloud;
}

/** Lays out a cloud without starting it. */
export async function defineTestCloud(options: TestCloudOptions): Promise<TestCloud> {
  const { folder, registry, brokerUrl, token, env = {} } = options;
  const url = `http://127.0.0.1:${await freePort()}`;
  const dataDir = join(folder, "cloud");
  const registryFile = join(folder, "registry.json");
  const logFile = join(folder, "cloud.log");
  const adminToken = randomBytes(16).toString("hex");
  const writeRegistry = (wanted: Registry) => writeFile(registryFile, JSON.stringify(wanted));
  await writeRegistry(registry);
  const program = defineProgram({
    part: "cloud",
    logFile,
    readyUrl: `${url}/healthz`,
    settings: {
      PORT: new URL(url).port,
      DATA_DIR: dataDir,
      REGISTRY_FILE: registryFile,
      BROKER_URL: brokerUrl,
      TOKEN: token,
      ADMIN_TOKEN_SHA256: createHash("sha256").update(adminToken).digest("hex"),
      ...env,
    },
  });
  return {
    ...program,
    url,
    dataDir,
    registryFile,
    adminToken,
    logFile,
    health: async () => HealthView.parse(await (await fetch(`${url}/healthz`)).json()),
    writeRegistry,
  };
}
