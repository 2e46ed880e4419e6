import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { createConnection } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { addressOf } from "#contract/names.ts";
import { filters, topics } from "#contract/topics.ts";
import { addClient } from "../../firmware-config/credentials.ts";
import type { GatewayHealth } from "../../gateway/health.ts";
import { freePort } from "../support/free-port.ts";
import { layGateway } from "../support/gateway-program.ts";
import type { RawLogin } from "../support/raw-mqtt.ts";
import { until } from "../support/until.ts";

/** A broker as a process of its own that is killed and started again with its data. */
export interface Killable {
  readonly name: string;
  readonly port: number;
  readonly publishers: readonly { readonly login: RawLogin; readonly topic: string }[];
  /** The one consumer: what it subscribes to, and whether the broker is to keep its session. */
  readonly consumer: { readonly login: RawLogin; readonly filter: string; readonly clean: boolean };
  /** Resolves once it takes connections. */
  start(): Promise<void>;
  /** SIGTERM; resolves when it is gone. */
  stop(): Promise<void>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** Process id, 0 while it does not run. */
  pid(): number;
  /** What `/healthz` says of itself; undefined of a broker that says nothing. */
  status(): Promise<GatewayHealth["status"] | undefined>;
}

/** What a part of the run wants otherwise. */
export interface BrokerSettings {
  /** Where it keeps its data; below its folder if not said. */
  readonly dataDir?: string;
  /** Further environment of its process. */
  readonly env?: Readonly<Record<string, string>>;
}

const MOSQUITTO = "/usr/sbin/mosquitto";
const CONSUMER = "dv:chaos";
const clientIds = (count: number) => Array.from({ length: count }, (_, i) => `demo:chaos-${i}`);

/** Our gateway with its defaults; the consumer is a group's member, whose place the journal keeps. */
export async function ourGateway(
  folder: string,
  publishers: number,
  { dataDir = join(folder, "gateway"), env = {} }: BrokerSettings = {},
): Promise<Killable> {
  const credentialsFile = join(folder, "credentials.json");
  const loginOf = async (clientId: string, role: "device" | "consumer"): Promise<RawLogin> => ({
    clientId,
    token: await addClient(credentialsFile, { ...addressFor(clientId), role }),
  });
  const logins: Killable["publishers"][number][] = [];
  for (const clientId of clientIds(publishers)) {
    logins.push({ login: await loginOf(clientId, "device"), topic: topicOf(clientId) });
  }
  const consumer = await loginOf(CONSUMER, "consumer");
  const settings = { CREDENTIALS_FILE: credentialsFile, LOG_LEVEL: "error", DATA_DIR: dataDir, ...env };
  const { program, port, metricsPort } = await layGateway(folder, settings);
  return {
    name: "our gateway",
    port,
    publishers: logins,
    consumer: { login: consumer, filter: filters.shared("air", filters.data("reading")), clean: true },
    start: program.start,
    stop: program.close,
    kill: program.kill,
    pid: () => program.pid() ?? 0,
    status: () => statusOf(metricsPort),
  };
}

/**
 * Debian's Mosquitto with `persistence true`, its default autosave, and no limit on what waits for a consumer that is away
 * (by default it drops what is over 1,000, which is not for the kills to answer); undefined where it is not installed.
 */
export async function mosquitto(
  folder: string,
  publishers: number,
  { dataDir = join(folder, "mosquitto"), env = {} }: BrokerSettings = {},
): Promise<Killable | undefined> {
  if (!existsSync(MOSQUITTO)) return undefined;
  const port = await freePort();
  await mkdir(dataDir, { recursive: true });
  const settingsFile = join(folder, "mosquitto.conf");
  const settings = [
    `listener ${port} 127.0.0.1`,
    "allow_anonymous true",
    "persistence true",
    `persistence_location ${dataDir}/`,
    "max_queued_messages 0",
    `user ${userInfo().username}`,
    "log_dest none",
  ];
  await writeFile(settingsFile, `${settings.join("\n")}\n`);
  let running: { readonly child: ChildProcess; readonly gone: Promise<unknown> } | undefined;
  const login = (clientId: string): RawLogin => ({ clientId, token: "none" });
  const end = async (signal: "SIGTERM" | "SIGKILL") => {
    const ending = running;
    running = undefined;
    ending?.child.kill(signal);
    await ending?.gone;
  };
  return {
    name: "Mosquitto",
    port,
    publishers: clientIds(publishers).map((clientId) => ({ login: login(clientId), topic: topicOf(clientId) })),
    consumer: { login: login(CONSUMER), filter: filters.data("reading"), clean: false },
    start: async () => {
      const child = spawn(MOSQUITTO, ["-c", settingsFile], { stdio: "ignore", env: { ...process.env, ...env } });
      running = { child, gone: once(child, "exit") };
      await until("Mosquitto listens", () => listens(port));
    },
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
    pid: () => running?.child.pid ?? 0,
    status: async () => undefined,
  };
}

async function statusOf(metricsPort: number): Promise<GatewayHealth["status"]> {
  const answer = await fetch(`http://127.0.0.1:${metricsPort}/healthz`, { signal: AbortSignal.timeout(5000) });
  const health: GatewayHealth = await answer.json();
  return health.status;
}

async function listens(port: number): Promise<boolean> {
  const socket = createConnection({ host: "127.0.0.1", port });
  try {
    await once(socket, "connect");
    return true;
  } finally {
    socket.destroy();
  }
}

function addressFor(clientId: string) {
  const address = addressOf(clientId);
  if (address === undefined) throw new TypeError(`not a client id: ${clientId}`);
  return address;
}

const topicOf = (clientId: string): string => topics.data(addressFor(clientId), "reading");
