import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { createConnection } from "node:net";
import { join } from "node:path";
import { clientIdOf, RESERVED_TENANT } from "#contract/names.ts";
import { filters, topics } from "#contract/topics.ts";
import type { Closer } from "#kit/closer.ts";
import { addClient } from "../../../firmware-config/credentials.ts";
import { freePort } from "../../support/free-port.ts";
import { layGateway } from "../../support/gateway-program.ts";
import { until } from "../../support/until.ts";
import type { LoadJob } from "./load-job.ts";

/** A broker that runs, and how one takes part in it. */
export interface BenchBroker extends Closer {
  readonly name: string;
  readonly port: number;
  readonly pid: number;
  readonly publishers: LoadJob["publishers"];
  readonly consumer: LoadJob["consumer"];
}

const MOSQUITTO = "/usr/sbin/mosquitto";
const CLOSE_WITHIN_MS = 5000;

const publisherAddress = (at: number) => ({ tenant: "bench", device: `load-${at}` });
const CONSUMER = { tenant: RESERVED_TENANT, device: "cloud" };

/** Our gateway as it is installed: its own process, closed rules, the journal in `folder`. */
export async function startOurs(folder: string, publisherCount: number): Promise<BenchBroker> {
  const credentialsFile = join(folder, "credentials.json");
  const publishers: LoadJob["publishers"] = [];
  for (let at = 0; at < publisherCount; at++) {
    const address = publisherAddress(at);
    const token = await addClient(credentialsFile, { ...address, role: "device" });
    publishers.push({ clientId: clientIdOf(address), token, topic: topics.data(address, "reading") });
  }
  const token = await addClient(credentialsFile, { ...CONSUMER, role: "consumer" });
  const { program, port } = await layGateway(folder, { CREDENTIALS_FILE: credentialsFile, LOG_LEVEL: "error" });
  await program.start().catch(async (error: unknown) => {
    await program.kill();
    throw error;
  });
  return {
    name: "ours, durable",
    port,
    pid: program.pid() ?? 0,
    publishers,
    consumer: { clientId: clientIdOf(CONSUMER), token, filter: filters.shared("air", filters.data("reading")) },
    close: program.close,
  };
}

/** Aedes with nothing of ours around it. */
export async function startAedes(_folder: string, publisherCount: number): Promise<BenchBroker> {
  const port = await freePort();
  const script = join(import.meta.dirname, "aedes-main.ts");
  return startPlain("aedes, in memory", publisherCount, port, process.execPath, [script, String(port)]);
}

/** Debian's Mosquitto, or undefined where it is not installed; so many deliveries wait for their acknowledgement at most. */
export async function startMosquitto(
  folder: string,
  publisherCount: number,
  inflight = 1000,
): Promise<BenchBroker | undefined> {
  if (!existsSync(MOSQUITTO)) return undefined;
  const port = await freePort();
  const file = join(folder, "mosquitto.conf");
  const lines = [
    `listener ${port} 127.0.0.1`,
    "allow_anonymous true",
    "persistence false",
    "log_type error",
    // Its default queue of 1,000 drops messages that it has acknowledged when the consumer falls behind for a moment.
    "max_queued_messages 0",
    `max_inflight_messages ${inflight}`,
  ];
  await mkdir(folder, { recursive: true });
  await writeFile(file, `${lines.join("\n")}\n`);
  return startPlain("Mosquitto, in memory", publisherCount, port, MOSQUITTO, ["-c", file]);
}

/** A broker that lets everybody in; the same topics and client ids as ours, an ordinary subscription. */
async function startPlain(
  name: string,
  publisherCount: number,
  port: number,
  command: string,
  args: readonly string[],
): Promise<BenchBroker> {
  const { PATH, HOME } = process.env;
  const child = spawn(command, [...args], { env: { PATH, HOME }, stdio: ["ignore", "ignore", "inherit"] });
  const gone = new Promise<void>((resolve) => {
    child.once("exit", resolve);
    child.once("error", resolve);
  });
  await until(`${name} listens`, () => {
    if (child.exitCode !== null) throw new Error(`it left with ${child.exitCode}`);
    return isListening(port);
  }).catch(async (error: unknown) => {
    await end(child, gone);
    throw error;
  });
  return {
    name,
    port,
    pid: child.pid ?? 0,
    publishers: Array.from({ length: publisherCount }, (_, at) => {
      const address = publisherAddress(at);
      return { clientId: clientIdOf(address), token: "unused", topic: topics.data(address, "reading") };
    }),
    consumer: { clientId: clientIdOf(CONSUMER), token: "unused", filter: filters.data("reading") },
    close: () => end(child, gone),
  };
}

async function end(child: ChildProcess, gone: Promise<void>): Promise<void> {
  child.kill("SIGTERM");
  const impatience = setTimeout(() => child.kill("SIGKILL"), CLOSE_WITHIN_MS);
  await gone;
  clearTimeout(impatience);
}

async function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: "127.0.0.1", port });
    socket.once("connect", () => {
      resolve(true);
      socket.destroy();
    });
    socket.once("error", () => resolve(false));
  });
}
