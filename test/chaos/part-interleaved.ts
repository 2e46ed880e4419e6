import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { filters, topics } from "#contract/topics.ts";
import { freePort } from "../support/free-port.ts";
import { layGateway } from "../support/gateway-program.ts";
import { connectRaw, type RawLogin } from "../support/raw-mqtt.ts";
import { until } from "../support/until.ts";
import { ourGateway } from "./brokers.ts";
import { type Arrived, type Interleaving, interleave, type Stream } from "./interleave.ts";
import type { Part, PartOptions } from "./parts.ts";

const MESSAGES = 1_000;
/** Of the store behind aedes: a fast disk answers in this time. */
const STORE_DELAYS_MS = [1, 5] as const;
const DEVICE = { tenant: "demo", device: "chaos-0" };

/** Any topics, for brokers that serve anybody. */
const PLAIN: readonly Stream[] = [
  { name: "live", topic: "plain/live", qos: 0, isRetained: false },
  { name: "durable", topic: "plain/durable", qos: 1, isRetained: false },
  { name: "state", topic: "plain/state", qos: 1, isRetained: true },
];
const OURS: readonly Stream[] = [
  { name: "live", topic: topics.live(DEVICE, "x"), qos: 0, isRetained: false },
  { name: "durable", topic: topics.data(DEVICE, "reading"), qos: 1, isRetained: false },
  { name: "state", topic: topics.state(DEVICE), qos: 1, isRetained: true },
];

/**
 * Part 4: one connection publishes QoS 0 and QoS 1 in turn. Our gateway (`live/`, `d/` to a consumer group, `state` to an
 * ordinary subscriber; nobody may subscribe to another's `live/`), our gateway in its open mode, and aedes with a store that
 * answers late: there a QoS 0 message overtakes QoS 1 ones, which are then dropped as seen before.
 */
export const runInterleaved: Part = async (options) => {
  const results: Arrived[] = [];
  const run = async (start: (options: PartOptions) => Promise<Interleaving>) => {
    const interleaving = await start(options);
    options.say(`${interleaving.broker} …`);
    results.push(...(await interleave(interleaving, MESSAGES)));
  };
  await run(startOurs);
  await run(startOpen);
  for (const delayMs of STORE_DELAYS_MS) await run((it) => startAedes(it, delayMs));

  const rows = results.map(({ broker, stream, published, acknowledged, arrived }) => ({
    broker,
    stream: `${stream.name}, QoS ${stream.qos}`,
    published,
    acknowledged: stream.qos === 0 ? "–" : acknowledged,
    arrived: broker === OUR_NAME && stream.qos === 0 ? "–" : arrived,
  }));
  const broken = results
    .filter(({ broker, stream, arrived }) => isOurs(broker) && stream.qos === 1 && arrived < MESSAGES)
    .map(({ broker, stream, arrived }) => `${broker}: of ${MESSAGES} ${stream.name} messages ${arrived} arrived`);
  return { part: 4, title: "QoS 0 and QoS 1 interleaved on one connection", rows, broken };
};

const OUR_NAME = "our gateway";
const isOurs = (broker: string) => broker.startsWith(OUR_NAME);

async function startOurs({ folder, started }: PartOptions): Promise<Interleaving> {
  const gateway = await ourGateway(folder, 1);
  started.push({ close: gateway.kill });
  await gateway.start();
  const [device] = gateway.publishers;
  if (device === undefined) throw new TypeError("one publisher was asked for");
  const { login, filter } = gateway.consumer;
  const subscribers = [
    { login: { ...login, clientId: `${login.clientId}:air`, username: login.clientId }, filter },
    { login, filter: filters.state() },
  ];
  return { broker: OUR_NAME, port: gateway.port, publisher: device.login, streams: OURS, subscribers };
}

async function startOpen({ folder, started }: PartOptions): Promise<Interleaving> {
  const own = join(folder, "open");
  await mkdir(own);
  const { program, port } = await layGateway(own, { OPEN: "true", LOG_LEVEL: "error" });
  started.push({ close: program.kill });
  await program.start();
  return plain(`${OUR_NAME}, open mode`, port);
}

async function startAedes({ started }: PartOptions, delayMs: number): Promise<Interleaving> {
  const port = await freePort();
  const script = join(import.meta.dirname, "aedes-slow-store.ts");
  const child = spawn(process.execPath, [script, String(port), String(delayMs)], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  started.push({ close: () => end(child) });
  await until("aedes answers", async () => {
    const probe = await connectRaw(port, anybody("probe"));
    probe.socket.destroy();
    return true;
  });
  return plain(`aedes, store ${delayMs} ms late`, port);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

const anybody = (clientId: string): RawLogin => ({ clientId, token: "none" });

const plain = (broker: string, port: number): Interleaving => ({
  broker,
  port,
  publisher: anybody("device"),
  streams: PLAIN,
  subscribers: [{ login: anybody("subscriber"), filter: "plain/#" }],
});
