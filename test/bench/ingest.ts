import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { stdout } from "node:process";
import { z } from "zod";
import { type Closer, closeAll } from "#kit/closer.ts";
import { loadConfig } from "#kit/load-config.ts";
import { closeOnSignal } from "#kit/shutdown.ts";
import { wait } from "#kit/wait.ts";
import { findInfluxd, type Influx, startInflux } from "../real/influx/start-influx.ts";
import { cpuSecondsOf, residentMiBOf } from "./gateway/process-usage.ts";
import { type Bucket, createBucket } from "./ingest/bucket.ts";
import { FromLoad, type IngestJob } from "./ingest/job.ts";
import { type Side, startOurs, startTelegraf } from "./ingest/sides.ts";
import { percentile } from "./percentile.ts";

const Config = z.object({
  /** Telegraf's program (test/real/telegraf/build-telegraf.sh prints one); without it only ours is measured. */
  TELEGRAF: z.string().optional(),
  BENCH_ROUNDS: z.coerce.number().int().min(1).max(20).default(3),
  BENCH_READINGS: z.coerce.number().int().min(1000).max(2_000_000).default(200_000),
});

const DEVICES = 20;
const WINDOW = 64;
/** A tenth of the readings goes ahead, unmeasured: compiled code and grown buffers. */
const WARM_UP = 0.1;
const STORED_WITHIN_MS = 180_000;
/** While readings come in, counting them is a load of its own; once all are acknowledged, only the end is awaited. */
const LOOK_WHILE_FED_MS = 1_000;
const LOOK_AT_END_MS = 100;

const say = (line: string) => stdout.write(`${line}\n`);

/** One side in one round. */
interface Run {
  readonly side: string;
  readonly round: number;
  readonly readings: number;
  readonly stored: number;
  /** From the first publish until a count found the last reading. */
  readonly tookSeconds: number;
  readonly perSecond: number;
  /** Until the broker had acknowledged all to the devices. */
  readonly acknowledgedSeconds: number;
  /** Looks at which the broker had more acknowledgements of its consumer than InfluxDB had readings. */
  readonly acknowledgedUnstored: number;
  readonly cpuSeconds: Readonly<Record<string, number>>;
  readonly residentMiB: Readonly<Record<string, number>>;
}

async function measure(side: Side, influx: Influx, bucket: Bucket, readings: number, round: number): Promise<Run> {
  const warmUp = Math.ceil((readings * WARM_UP) / DEVICES);
  const each = Math.ceil(readings / DEVICES);
  const job: IngestJob = {
    port: side.port,
    devices: side.devices,
    phases: [warmUp, each],
    window: WINDOW,
    firstAtMs: Date.now() - 3_600_000,
  };
  const load = fork(join(import.meta.dirname, "ingest/load-main.ts"));
  const left = once(load, "exit");
  const heard = async (type: FromLoad["type"]) => {
    const [message] = await Promise.race([
      once(load, "message"),
      left.then(() => Promise.reject(new Error("the load ended early"))),
    ]);
    const told = FromLoad.parse(message);
    if (told.type !== type) throw new Error(`the load said ${told.type}, not ${type}`);
    return told;
  };
  try {
    load.send(job);
    await heard("ready");
    load.send({ phase: 0 });
    await heard("acknowledged");
    await untilStored(side, bucket, warmUp * DEVICES, 0);
    const pids = { ...side.pids, influxd: influx.pid() };
    const cpuNow = () => Object.entries(pids).map(([name, pid]) => [name, cpuSecondsOf(pid)] as const);
    const before = new Map(cpuNow());
    const startMs = performance.now();
    load.send({ phase: 1 });
    const acknowledged = heard("acknowledged");
    const looking = new AbortController();
    const watching = watch(side, bucket, looking.signal);
    const fed = await acknowledged;
    const acknowledgedSeconds = (performance.now() - startMs) / 1000;
    looking.abort();
    const acknowledgedUnstored = await watching;
    const all = (warmUp + each) * DEVICES;
    await untilStored(side, bucket, all, LOOK_AT_END_MS);
    const tookSeconds = (performance.now() - startMs) / 1000;
    const cpuSeconds = Object.fromEntries(cpuNow().map(([name, spent]) => [name, spent - (before.get(name) ?? 0)]));
    return {
      side: side.name,
      round,
      readings: each * DEVICES,
      stored: (await bucket.count(side.field)) - warmUp * DEVICES,
      tookSeconds,
      perSecond: (each * DEVICES) / tookSeconds,
      acknowledgedSeconds,
      acknowledgedUnstored,
      cpuSeconds: { ...cpuSeconds, load: fed.type === "acknowledged" ? fed.cpuSeconds : 0 },
      residentMiB: Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, residentMiBOf(pid)])),
    };
  } finally {
    if (load.connected) load.disconnect();
    await left;
  }
}

async function untilStored(side: Side, bucket: Bucket, wanted: number, lookEveryMs: number): Promise<void> {
  const end = performance.now() + STORED_WITHIN_MS;
  for (;;) {
    const stored = await bucket.count(side.field);
    if (stored >= wanted) return;
    if (performance.now() > end) throw new Error(`${side.name}: of ${wanted} readings InfluxDB has ${stored}`);
    await wait(Math.max(lookEveryMs, 20));
  }
}

/** Looks now and then whether anything was acknowledged before it was stored; gives how often. */
async function watch(side: Side, bucket: Bucket, signal: AbortSignal): Promise<number> {
  let unstored = 0;
  while (!signal.aborted) {
    await wait(LOOK_WHILE_FED_MS, signal);
    const consumed = await side.consumed();
    const stored = await bucket.count(side.field);
    if (consumed !== undefined && consumed > stored) unstored += 1;
  }
  return unstored;
}

function tableOf(runs: readonly Run[]): string {
  const sides = [...new Set(runs.map(({ side }) => side))];
  const lines = sides.map((side) => {
    const own = runs.filter((run) => run.side === side);
    const median = (value: (run: Run) => number) => percentile(own.map(value), 50);
    const each = (of: (run: Run) => Readonly<Record<string, number>>, digits: number) =>
      Object.keys(own[0] === undefined ? {} : of(own[0]))
        .map((name) => `${name} ${median((run) => of(run)[name] ?? 0).toFixed(digits)}`)
        .join(", ");
    const missing = own.reduce((sum, { readings, stored }) => sum + readings - stored, 0);
    const rates = own.map(({ perSecond }) => Math.round(perSecond));
    return `| ${side} | ${Math.round(median(({ perSecond }) => perSecond))} (${Math.min(...rates)} – ${Math.max(...rates)}) | ${missing} | ${median(({ acknowledgedSeconds }) => acknowledgedSeconds).toFixed(1)} / ${median(({ tookSeconds }) => tookSeconds).toFixed(1)} | ${each(({ cpuSeconds }) => cpuSeconds, 1)} | ${each(({ residentMiB }) => residentMiB, 0)} |`;
  });
  return [
    "| side | readings/s, median (least – greatest) | missing | s until acknowledged / stored | CPU s | MiB |",
    "| --- | --- | --- | --- | --- | --- |",
    ...lines,
  ].join("\n");
}

const { TELEGRAF, BENCH_ROUNDS, BENCH_READINGS } = loadConfig(Config, process.env);
const influxd = await findInfluxd();
if (!("program" in influxd)) throw new Error(`nothing can be measured: ${influxd.missing}`);
if (TELEGRAF === undefined)
  say("TELEGRAF is not set: the peer is left out (test/real/telegraf/build-telegraf.sh builds it)");
const folder = await mkdtemp(join(tmpdir(), "dvornik-bench-ingest-"));
const started: Closer[] = [{ close: () => rm(folder, { recursive: true, force: true }) }];
closeOnSignal(started, (error) => say(String(error)));
const runs: Run[] = [];
try {
  const loadBefore = loadavg()[0];
  const influx = await startInflux(influxd.program);
  started.push({ close: influx.stop });
  const starts = {
    ours: startOurs,
    ...(TELEGRAF === undefined
      ? {}
      : {
          telegraf: (own: string, at: Influx, bucket: Bucket, devices: number) =>
            startTelegraf(own, at, bucket, devices, TELEGRAF),
        }),
  };
  for (let round = 0; round < BENCH_ROUNDS; round++) {
    // Another one goes first in each round, so that what the machine does by itself hits both alike.
    const order = Object.entries(starts);
    for (const [name, start] of round % 2 === 0 ? order : order.toReversed()) {
      const bucket = await createBucket(influx, `${name}-${round}`);
      const side = await start(join(folder, bucket.name), influx, bucket, DEVICES);
      if (side === undefined) {
        say("Mosquitto is not installed here: the peer is left out");
        continue;
      }
      started.push(side);
      const run = await measure(side, influx, bucket, BENCH_READINGS, round);
      runs.push(run);
      say(`round ${round + 1}, ${run.side}: ${Math.round(run.perSecond)} readings/s`);
      await started.pop()?.close();
    }
  }
  say(`\n${tableOf(runs)}`);
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, loadBefore };
  say(JSON.stringify({ machine, devices: DEVICES, window: WINDOW, runs }));
} finally {
  await closeAll(started);
}
const isBroken = runs.some(
  ({ stored, readings, acknowledgedUnstored }) => stored < readings || acknowledgedUnstored > 0,
);
process.exit(isBroken ? 1 : 0);
