import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Address } from "#contract/names.ts";
import { clientIdOf, RESERVED_TENANT } from "#contract/names.ts";
import type { Registry } from "#contract/registry.ts";
import { filters } from "#contract/topics.ts";
import { type Closer, closeAll } from "#kit/closer.ts";
import { addClient } from "../../../firmware-config/credentials.ts";
import type { Influx } from "../../real/influx/start-influx.ts";
import { freePort } from "../../support/free-port.ts";
import { layGateway } from "../../support/gateway-program.ts";
import { defineProgram } from "../../support/program.ts";
import { until } from "../../support/until.ts";
import { startMosquitto } from "../gateway/brokers.ts";
import type { Bucket } from "./bucket.ts";
import type { IngestJob } from "./job.ts";

/** A broker and what carries its messages into a bucket, running. */
export interface Side extends Closer {
  readonly name: string;
  readonly port: number;
  readonly devices: IngestJob["devices"];
  /** The field that every reading has in the bucket. */
  readonly field: string;
  /** Its processes by what they are. */
  readonly pids: Readonly<Record<string, number>>;
  /** Readings that the broker had acknowledged to it by its consumer; undefined where the broker does not say. */
  consumed(): Promise<number | undefined>;
}

const TENANT = "bench";
const addressOf = (at: number): Address => ({ tenant: TENANT, device: `air-${at}` });

/** Our gateway and our cloud, as they are installed, in `folder`. */
export async function startOurs(folder: string, influx: Influx, bucket: Bucket, devices: number): Promise<Side> {
  await mkdir(folder);
  const credentialsFile = join(folder, "credentials.json");
  const logins: IngestJob["devices"] = [];
  for (let at = 0; at < devices; at++) {
    const address = addressOf(at);
    const token = await addClient(credentialsFile, { ...address, role: "device" });
    logins.push({ ...address, clientId: clientIdOf(address), token });
  }
  const token = await addClient(credentialsFile, { tenant: RESERVED_TENANT, device: "cloud", role: "consumer" });
  const registryFile = join(folder, "registry.json");
  await writeFile(registryFile, JSON.stringify(registryOf(devices)));
  const { program, port, metricsPort } = await layGateway(folder, {
    CREDENTIALS_FILE: credentialsFile,
    LOG_LEVEL: "error",
  });
  const cloudPort = await freePort();
  const cloud = defineProgram({
    part: "cloud",
    readyUrl: `http://127.0.0.1:${cloudPort}/healthz`,
    logFile: join(folder, "cloud.log"),
    settings: {
      PORT: String(cloudPort),
      DATA_DIR: join(folder, "cloud"),
      BROKER_URL: `mqtt://127.0.0.1:${port}`,
      TOKEN: token,
      REGISTRY_FILE: registryFile,
      INFLUX_URL: influx.url,
      INFLUX_TOKEN: influx.token,
      INFLUX_ORG: influx.org,
      INFLUX_BUCKET: bucket.name,
      LOG_LEVEL: "error",
      ...(process.env.BENCH_CLOUD_OPTIONS === undefined ? {} : { NODE_OPTIONS: process.env.BENCH_CLOUD_OPTIONS }),
    },
  });
  const close = () => closeAll([program, cloud]);
  try {
    await program.start();
    await cloud.start();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    name: "our gateway and cloud",
    port,
    devices: logins,
    field: "pm25",
    pids: { broker: program.pid() ?? 0, consumer: cloud.pid() ?? 0 },
    consumed: () => consumedOf(metricsPort),
    close,
  };
}

const Consumed = z.object({ consumed: z.number() });

async function consumedOf(metricsPort: number): Promise<number> {
  return Consumed.parse(await (await fetch(`http://127.0.0.1:${metricsPort}/healthz`)).json()).consumed;
}

/** Each device is a station of its own. */
function registryOf(devices: number): Registry {
  const addresses = Array.from({ length: devices }, (_, at) => addressOf(at));
  return {
    municipalities: [{ id: "bench", tenant: TENANT, name: { ru: "Стенд", en: "Bench" } }],
    stations: addresses.map(({ tenant, device }, at) => ({
      id: device,
      tenant,
      municipality: "bench",
      name: { ru: device, en: device },
      position: [61.6 + at / 100, 55.1],
      demo: false,
    })),
    sites: [],
    assignments: addresses.map((address) => ({ ...address, station: address.device, from: 0 })),
  };
}

/** Debian's Mosquitto and a tuned Telegraf in `folder`; undefined where Mosquitto is not installed. */
export async function startTelegraf(
  folder: string,
  influx: Influx,
  bucket: Bucket,
  devices: number,
  program: string,
): Promise<Side | undefined> {
  // Telegraf acknowledges what is written, so a smaller window than its own would hold it back.
  const broker = await startMosquitto(folder, 0, 0xffff);
  if (broker === undefined) return undefined;
  const settingsFile = join(folder, "telegraf.conf");
  const logFile = join(folder, "telegraf.log");
  await writeFile(settingsFile, telegrafSettings(broker.port, influx, bucket));
  const { PATH, HOME } = process.env;
  const child = spawn(program, ["--config", settingsFile], { env: { PATH, HOME }, stdio: ["ignore", "pipe", "pipe"] });
  const log = createWriteStream(logFile);
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const gone = once(child, "exit");
  const close = async () => {
    child.kill("SIGTERM");
    await gone;
    await broker.close();
  };
  await until("Telegraf is connected", async () => /Connected \[/.test(await readFile(logFile, "utf8"))).catch(
    async (error: unknown) => {
      const said = await readFile(logFile, "utf8").catch(() => "");
      await close();
      throw new Error(`Telegraf did not connect:\n${said.slice(-2000)}`, { cause: error });
    },
  );
  return {
    name: "Mosquitto and Telegraf",
    port: broker.port,
    devices: Array.from({ length: devices }, (_, at) => {
      const address = addressOf(at);
      return { ...address, clientId: clientIdOf(address), token: "unused" };
    }),
    field: "samples_0_values_pm25",
    pids: { broker: broker.pid, consumer: child.pid ?? 0 },
    consumed: async () => undefined,
    close,
  };
}

/** One point for each reading with the tags and as many fields as ours has; batches at once when full, or after 200 ms. */
const telegrafSettings = (port: number, influx: Influx, bucket: Bucket): string => `
[agent]
  interval = "1s"
  flush_interval = "200ms"
  metric_batch_size = 5000
  metric_buffer_limit = 200000
  precision = "1ms"
  omit_hostname = true

[[inputs.mqtt_consumer]]
  servers = ["tcp://127.0.0.1:${port}"]
  topics = ["${filters.data("reading")}"]
  topic_tag = ""
  name_override = "air"
  qos = 1
  client_id = "telegraf"
  persistent_session = true
  max_undelivered_messages = 50000
  data_format = "json"
  tag_keys = ["sensor"]
  json_string_fields = ["model", "clock", "boot"]
  json_time_key = "at"
  json_time_format = "unix_ms"
  fieldinclude = ["samples_0_values_pm25", "samples_0_values_pm10", "model", "clock", "boot"]
  [[inputs.mqtt_consumer.topic_parsing]]
    topic = "${filters.data("reading")}"
    tags = "_/tenant/station/_/_"

[[outputs.influxdb_v2]]
  urls = ["${influx.url}"]
  token = "${influx.token}"
  organization = "${influx.org}"
  bucket = "${bucket.name}"
  content_encoding = "identity"
`;
