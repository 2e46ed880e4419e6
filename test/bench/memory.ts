import { execFile, fork } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { stdout } from "node:process";
import { promisify } from "node:util";
import { z } from "zod";
import { topics } from "#contract/topics.ts";
import { type Closer, closeAll } from "#kit/closer.ts";
import { loadConfig } from "#kit/load-config.ts";
import { closeOnSignal } from "#kit/shutdown.ts";
import { wait } from "#kit/wait.ts";
import { type Killable, mosquitto, ourGateway } from "../chaos/brokers.ts";
import { loadOf } from "../chaos/under-load.ts";
import { growthByBigPacket } from "./memory/big-packet.ts";
import { residentBytesOf, slopePerMinute } from "./memory/resident.ts";
import { percentile } from "./percentile.ts";

const Config = z.object({
  BENCH_MINUTES: z.coerce.number().min(0.2).max(600).default(2),
  BENCH_CONNECTIONS: z.coerce.number().int().min(1).max(60_000).default(10_000),
});

const PUBLISHERS = 4;
const PER_SECOND = 1_000;
const SETTLE_MS = 5_000;
const BIG_PACKETS = 5;
const LOOK_EVERY_MS = 5_000;

const say = (line: string) => stdout.write(`${line}\n`);
const mb = (bytes: number) => bytes / 1e6;

const { BENCH_MINUTES, BENCH_CONNECTIONS } = loadConfig(Config, process.env);
const folder = await mkdtemp(join(tmpdir(), "dvornik-bench-memory-"));
const started: Closer[] = [{ close: () => rm(folder, { recursive: true, force: true }) }];
closeOnSignal(started, (error) => say(String(error)));

/** Starts it, ends it, and starts it again: what is compiled once is kept for the second time. */
async function idleBytes(broker: Killable): Promise<number> {
  await broker.start();
  await broker.stop();
  await broker.start();
  await wait(SETTLE_MS);
  return residentBytesOf(broker.pid());
}

async function bigPackets(broker: Killable) {
  const [device] = broker.publishers;
  if (device === undefined) throw new TypeError("a publisher was asked for");
  const topic = topics.live({ tenant: "demo", device: "chaos-0" }, "x");
  const at = { port: broker.port, pid: broker.pid() };
  const grown = { before: [] as number[], after: [] as number[] };
  let isRefused = true;
  for (let time = 0; time < BIG_PACKETS; time++) {
    for (const [when, login] of [
      ["before", undefined],
      ["after", device.login],
    ] as const) {
      const seen = await growthByBigPacket(at, login, topic);
      grown[when].push(seen.grownBytes);
      isRefused &&= seen.isRefused;
    }
  }
  return { beforeConnect: percentile(grown.before, 50), afterConnect: percentile(grown.after, 50), isRefused, grown };
}

async function idleConnections(broker: Killable) {
  const { clientId, token } = broker.consumer.login;
  const before = residentBytesOf(broker.pid());
  const holder = fork(join(import.meta.dirname, "memory/idle-main.ts"));
  holder.send({ port: broker.port, clientId, token, count: BENCH_CONNECTIONS });
  const [answer] = await once(holder, "message");
  const { held } = z.object({ held: z.int() }).parse(answer);
  await wait(SETTLE_MS);
  const bytesEach = Math.round((residentBytesOf(broker.pid()) - before) / Math.max(1, held));
  const left = once(holder, "exit");
  holder.disconnect();
  await left;
  return { held, bytesEach };
}

async function endurance(broker: Killable) {
  const pace = { perSecond: PER_SECOND / PUBLISHERS, window: 64, payloadBytes: 200 };
  const load = loadOf(broker, pace);
  started.push(load);
  await wait(1_000);
  await load.leave();
  const points: (readonly [number, number])[] = [];
  const startMs = performance.now();
  for (;;) {
    const minutes = (performance.now() - startMs) / 60_000;
    points.push([minutes, residentBytesOf(broker.pid())]);
    if (minutes >= BENCH_MINUTES) break;
    await wait(LOOK_EVERY_MS);
  }
  await load.rest();
  const counts = load.counts();
  started.pop();
  await load.close();
  // The first third is growth of heaps and caches to what the load needs.
  const steady = points.filter(([minutes]) => minutes >= BENCH_MINUTES / 3);
  return { mbPerMinute: mb(slopePerMinute(steady)), points: points.map(([at, bytes]) => [at, mb(bytes)]), ...counts };
}

async function measure(broker: Killable) {
  started.push({ close: broker.kill });
  const idle = await idleBytes(broker);
  say(`${broker.name}: idle ${mb(idle).toFixed(1)} MB`);
  const big = await bigPackets(broker);
  say(`${broker.name}: a packet of 100 MiB grows it by ${mb(big.afterConnect).toFixed(1)} MB`);
  const connections = await idleConnections(broker);
  say(`${broker.name}: ${connections.held} idle connections, ${connections.bytesEach} bytes each`);
  await broker.stop();
  await broker.start();
  const flat = await endurance(broker);
  say(`${broker.name}: ${flat.mbPerMinute.toFixed(2)} MB a minute with the consumer away`);
  return { broker: broker.name, idle, big, connections, flat };
}

try {
  const { stdout: limits } = await promisify(execFile)("sh", ["-c", "ulimit -Sn; ulimit -Hn"]);
  say(`open files, soft and hard limit: ${limits.trim().split("\n").join(", ")}; load average ${loadavg()[0]}`);
  const results = [];
  for (const lay of [ourGateway, mosquitto]) {
    const own = join(folder, lay.name);
    await mkdir(own);
    const broker = await lay(own, PUBLISHERS);
    if (broker === undefined) say("Mosquitto is not installed here: its row is left out");
    else results.push(await measure(broker));
  }
  say(
    "\n| broker | idle MB | 100 MiB packet before / after CONNECT: grown MB (refused) | idle connections: bytes each | consumer away: MB first → last, MB/min | published / lost |",
  );
  say("| --- | --- | --- | --- | --- | --- |");
  for (const { broker, idle, big, connections, flat } of results) {
    const [first, last] = [flat.points[0]?.[1] ?? 0, flat.points.at(-1)?.[1] ?? 0];
    say(
      `| ${broker} | ${mb(idle).toFixed(1)} | ${mb(big.beforeConnect).toFixed(1)} / ${mb(big.afterConnect).toFixed(1)} (${big.isRefused ? "yes" : "no"}) | ${connections.held}: ${connections.bytesEach} | ${first.toFixed(0)} → ${last.toFixed(0)}, ${flat.mbPerMinute.toFixed(2)} | ${flat.published} / ${flat.lost} |`,
    );
  }
  say(JSON.stringify({ machine: { cpu: cpus()[0]?.model, cores: cpus().length }, minutes: BENCH_MINUTES, results }));
} finally {
  await closeAll(started);
}
process.exit(0);
