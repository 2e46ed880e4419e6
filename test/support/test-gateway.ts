import { join } from "node:path";
import { onTestFinished } from "vitest";
import { addressOf, RESERVED_TENANT } from "#contract/names.ts";
import { systemClock } from "#kit/clock.ts";
import type { Closer } from "#kit/closer.ts";
import { loadConfig } from "#kit/load-config.ts";
import { createLogger } from "#kit/logger.ts";
import { addClient } from "../../firmware-config/credentials.ts";
import { GatewayConfig } from "../../firmware-config/settings/gateway-settings.ts";
import { startGateway } from "../../gateway/gateway.ts";
import type { GatewayHealth } from "../../gateway/health.ts";
import { layGateway } from "./gateway-program.ts";
import { tempFolder } from "./temp-folder.ts";

/** How a test wants its gateway. */
export interface TestGatewayOptions {
  /** Client ids, `{tenant}:{device}`: those of the tenant `dv` are consumers, all others devices. */
  readonly clients: readonly string[];
  /** Further settings (environment variables). */
  readonly settings?: Readonly<Record<string, string>>;
  /** Where its data and credentials lie; a fresh folder if not said. */
  readonly folder?: string;
  /** The port of a gateway within this process; a free one if not said. */
  readonly port?: number;
}

/** What both kinds of test gateway offer. */
export interface RunningGateway extends Closer {
  /** `mqtt://127.0.0.1:{port}`. */
  readonly url: string;
  readonly port: number;
  readonly metricsPort: number;
  readonly folder: string;
  readonly credentialsFile: string;
  /** The token of one of the given clients. */
  tokenOf(clientId: string): string;
  health(): Promise<GatewayHealth>;
}

/** The real gateway as a process that can be killed. */
export interface TestGateway extends RunningGateway {
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same ports and data (kills it first where it runs). */
  restart(): Promise<void>;
  /** SIGTERM; the exit code. */
  stop(): Promise<number | null>;
}

interface Prepared {
  readonly folder: string;
  readonly credentialsFile: string;
  readonly tokenOf: (clientId: string) => string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Starts `gateway/main.ts` as a process; it is killed and its folder removed when the test has finished. */
export async function startTestGateway(options: TestGatewayOptions): Promise<TestGateway> {
  const prepared = await prepare(options);
  const { program, port, metricsPort } = await layGateway(prepared.folder, prepared.environment);
  onTestFinished(program.kill);
  await program.start();
  return {
    ...prepared,
    url: `mqtt://127.0.0.1:${port}`,
    port,
    metricsPort,
    health: () => healthOf(metricsPort),
    kill: program.kill,
    restart: async () => {
      await program.kill();
      await program.start();
    },
    stop: program.stop,
    close: program.kill,
  };
}

/** Starts the real gateway within this process, on free ports; it is closed when the test has finished. */
export async function startGatewayHere(options: TestGatewayOptions): Promise<RunningGateway> {
  const prepared = await prepare(options);
  const PORT = String(options.port ?? 0);
  const config = loadConfig(GatewayConfig, { ...prepared.environment, PORT, METRICS_PORT: "0" });
  const gateway = await startGateway(config, systemClock, createLogger("gateway", config.LOG_LEVEL));
  onTestFinished(() => gateway.close());
  return {
    ...prepared,
    url: `mqtt://127.0.0.1:${gateway.port}`,
    port: gateway.port,
    metricsPort: gateway.metricsPort,
    health: async () => gateway.health(),
    close: () => gateway.close(),
  };
}

async function prepare({ clients, settings = {}, folder: given }: TestGatewayOptions): Promise<Prepared> {
  const folder = given ?? (await tempFolder());
  const credentialsFile = join(folder, "credentials.json");
  const tokens = new Map<string, string>();
  for (const clientId of clients) {
    const address = addressOf(clientId);
    if (address === undefined) throw new TypeError(`not a client id: ${clientId}`);
    const role = address.tenant === RESERVED_TENANT ? "consumer" : "device";
    tokens.set(clientId, await addClient(credentialsFile, { ...address, role }));
  }
  return {
    folder,
    credentialsFile,
    tokenOf: (clientId) => {
      const token = tokens.get(clientId);
      if (token === undefined) throw new TypeError(`no such client was given: ${clientId}`);
      return token;
    },
    environment: {
      DATA_DIR: join(folder, "gateway"),
      CREDENTIALS_FILE: credentialsFile,
      LOG_LEVEL: "error",
      ...settings,
    },
  };
}

async function healthOf(metricsPort: number): Promise<GatewayHealth> {
  const response = await fetch(`http://127.0.0.1:${metricsPort}/healthz`);
  const health: GatewayHealth = JSON.parse(await response.text());
  return health;
}
