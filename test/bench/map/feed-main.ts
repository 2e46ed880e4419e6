import { randomBytes } from "node:crypto";
import { once } from "node:events";
import mqtt from "mqtt";
import { encode } from "#contract/codec.ts";
import { topics } from "#contract/topics.ts";
import { every } from "#kit/every.ts";
import { FeedJob, type FromFeed, ToFeed } from "./feed-job.ts";
import { airOf, deviceOf, MEASURED, TENANT } from "./region.ts";

/** Unacknowledged publishes of a burst. */
const WINDOW = 500;
const STEP_MS = 50;
/** Neighbours in the list follow each other far apart: each second has other stations of all towns. */
const STRIDE = 4_099;

// The devices' side as a process of its own: first the job, then what is to be published.
const [first] = await once(process, "message");
const job = FeedJob.parse(first);
const tell = (message: FromFeed) => process.send?.(message);
const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${job.port}`, {
  clientId: job.clientId,
  username: job.clientId,
  password: job.token,
  reconnectPeriod: 0,
});
const logs = new Map<number, { readonly log: string; seq: number }>();
let published = 0;
let perSecond = 0;
let owed = 0;

async function publish(at: number): Promise<void> {
  const device = logs.get(at) ?? { log: randomBytes(8).toString("hex"), seq: 0 };
  logs.set(at, device);
  device.seq += 1;
  published += 1;
  const { log, seq } = device;
  const nowMs = Date.now();
  const values = Object.fromEntries(MEASURED.map((pollutant) => [pollutant, airOf(at, pollutant, nowMs)]));
  const payload = encode({
    v: 1,
    log,
    seq,
    id: `${log}-${seq}`,
    at: nowMs,
    clock: "ntp",
    boot: log,
    up: seq * 1000,
    kind: "reading",
    sensor: "pm",
    model: "sds011",
    samples: [{ at: nowMs, up: seq * 1000, values }],
  });
  const topic = topics.data({ tenant: TENANT, device: deviceOf(at) }, "reading");
  await client.publishAsync(topic, Buffer.from(payload), { qos: 1 });
}

const fail = (error: unknown): never => {
  process.stderr.write(`the feeder: ${String(error)}\n`);
  process.exit(1);
};
const pacing = every(
  STEP_MS,
  async () => {
    owed += (perSecond * STEP_MS) / 1000;
    const now = Math.floor(owed);
    owed -= now;
    await Promise.all(Array.from({ length: now }, () => publish((published * STRIDE) % job.stations)));
  },
  fail,
);

async function burst(count: number, among: number): Promise<void> {
  let left = count;
  const sender = async () => {
    while (left > 0) {
      left -= 1;
      await publish(left % among);
    }
  };
  await Promise.all(Array.from({ length: WINDOW }, sender));
}

process.on("message", (message: unknown) => {
  const told = ToFeed.parse(message);
  if (told.type === "pace") {
    perSecond = told.perSecond;
    tell({ type: "paced", published });
  } else burst(told.count, told.among).then(() => tell({ type: "acknowledged", published }), fail);
});
process.on(
  "disconnect",
  () => void Promise.all([pacing.close(), client.endAsync(true)]).finally(() => process.exit(0)),
);
tell({ type: "ready", published });
