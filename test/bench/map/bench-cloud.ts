import { join } from "node:path";
import { RESERVED_TENANT } from "#contract/names.ts";
import { type Closer, closeAll } from "#kit/closer.ts";
import { addClient } from "../../../firmware-config/credentials.ts";
import { freePort } from "../../support/free-port.ts";
import { layGateway } from "../../support/gateway-program.ts";
import { defineProgram } from "../../support/program.ts";
import type { FeedJob } from "./feed-job.ts";
import type { LaidStore } from "./lay-store.ts";
import { TENANT } from "./region.ts";

/** The real gateway and the real cloud on a laid store, and how a feeder signs in. */
export interface BenchCloud extends Closer {
  readonly url: string;
  readonly pid: () => number;
  readonly dataDir: string;
  readonly feeder: Pick<FeedJob, "port" | "clientId" | "token">;
}

/** One address asks for everybody here. */
const MANY_A_MINUTE = "1000000";

/** Starts both; `folder` is for what is new in each run. The feeder is a gateway in front, which speaks for all devices of the region. */
export async function startBenchCloud(folder: string, store: LaidStore): Promise<BenchCloud> {
  const credentialsFile = join(folder, "credentials.json");
  const consumer = { tenant: RESERVED_TENANT, device: "cloud", role: "consumer" } as const;
  const front = { tenant: RESERVED_TENANT, device: "front", role: "gateway", tenants: [TENANT] } as const;
  const token = await addClient(credentialsFile, consumer);
  const feederToken = await addClient(credentialsFile, { ...front, tenants: [...front.tenants] });
  const gateway = await layGateway(folder, { CREDENTIALS_FILE: credentialsFile, LOG_LEVEL: "error" });
  const { program: cloud, url } = await layCloud(folder, store, {
    BROKER_URL: `mqtt://127.0.0.1:${gateway.port}`,
    TOKEN: token,
  });
  const close = () => closeAll([gateway.program, cloud]);
  try {
    await gateway.program.start();
    await cloud.start();
  } catch (error) {
    await close();
    throw error;
  }
  const clientId = `${front.tenant}:${front.device}`;
  return {
    url,
    pid: () => cloud.pid() ?? 0,
    dataDir: store.dataDir,
    feeder: { port: gateway.port, clientId, token: feederToken },
    close,
  };
}

/** The real cloud as a program of its own. */
export async function layCloud(folder: string, store: LaidStore, settings: Readonly<Record<string, string>>) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const program = defineProgram({
    part: "cloud",
    readyUrl: `${url}/healthz`,
    logFile: join(folder, "cloud.log"),
    settings: {
      PORT: String(port),
      DATA_DIR: store.dataDir,
      REGISTRY_FILE: store.registryFile,
      OPEN_DATA_PER_MINUTE: MANY_A_MINUTE,
      MAP_PER_MINUTE: MANY_A_MINUTE,
      LOG_LEVEL: "warn",
      ...settings,
    },
  });
  return { program, url };
}
