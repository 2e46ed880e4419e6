import { execFile } from "node:child_process";
import { mkdtemp, rm, statfs } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { stdout } from "node:process";
import { z } from "zod";
import { type Closer, closeAll } from "#kit/closer.ts";
import { loadConfig } from "#kit/load-config.ts";
import { type BenchBroker, startAedes, startMosquitto, startOurs } from "./gateway/brokers.ts";
import { type LoadJob, LoadResult } from "./gateway/load-job.ts";
import { type Run, summarise } from "./gateway/summary.ts";
import { medianSyncMs } from "./gateway/sync-cost.ts";

const Config = z.object({
  BENCH_ROUNDS: z.coerce.number().int().min(1).max(50).default(3),
  BENCH_SECONDS: z.coerce.number().min(0.2).max(60).default(5),
});

const PAYLOAD_BYTES = 200;
const LOADS = [
  { publishers: 20, window: 64 },
  { publishers: 100, window: 1 },
] as const;
const MOST_PUBLISHERS = 100;
/** Start, warm-up's and measured phase's draining, percentiles. */
const LOAD_GRACE_MS = 75_000;
/** TMPFS_MAGIC of statfs(2). */
const TMPFS = 0x0102_1994;

const interrupted = new AbortController();
const say = (line: string) => stdout.write(`${line}\n`);

/** Runs the load as a process of its own; it is killed when it takes far too long. */
async function load(job: LoadJob): Promise<LoadResult> {
  const timeout = (job.warmUpSeconds + job.seconds) * 1000 + LOAD_GRACE_MS;
  const script = join(import.meta.dirname, "gateway/load-main.ts");
  const answer = await new Promise<string>((resolve, reject) => {
    const options = { timeout, killSignal: "SIGKILL", signal: interrupted.signal } as const;
    const child = execFile(process.execPath, [script], options, (error, output, trouble) => {
      if (error === null) resolve(output);
      else reject(new Error(`the load ended early: ${trouble}`, { cause: error }));
    });
    child.stdin?.end(JSON.stringify(job));
  });
  return LoadResult.parse(JSON.parse(answer));
}

async function measure(brokers: readonly BenchBroker[], rounds: number, seconds: number): Promise<readonly Run[]> {
  const runs: Run[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const { publishers, window } of LOADS) {
      // Another one goes first in each round, so that what the machine does by itself hits all alike.
      for (let turn = 0; turn < brokers.length; turn++) {
        const broker = brokers[(round + turn) % brokers.length];
        if (broker === undefined) continue;
        const result = await load({
          port: broker.port,
          brokerPid: broker.pid,
          publishers: broker.publishers.slice(0, publishers),
          consumer: broker.consumer,
          window,
          payloadBytes: PAYLOAD_BYTES,
          warmUpSeconds: Math.min(1, seconds),
          seconds,
        });
        runs.push({ broker: broker.name, load: `${publishers} × ${window}`, round, ...result });
        say(`round ${round + 1}, ${publishers} × ${window}, ${broker.name}: ${Math.round(result.perSecond)} msg/s`);
      }
    }
  }
  return runs;
}

const { BENCH_ROUNDS, BENCH_SECONDS } = loadConfig(Config, process.env);
const folder = await mkdtemp(join(tmpdir(), "dvornik-bench-gateway-"));
const started: Closer[] = [{ close: () => rm(folder, { recursive: true, force: true }) }];
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => interrupted.abort());
try {
  const isInMemory = (await statfs(folder)).type === TMPFS;
  if (isInMemory) say(`${folder} is a tmpfs: our journal's syncs cost nothing here; set TMPDIR to a folder on a disk`);
  const syncMs = await medianSyncMs(folder);
  say(`an fdatasync takes ${syncMs.toFixed(2)} ms here`);
  const brokers: BenchBroker[] = [];
  for (const start of [startOurs, startAedes, startMosquitto]) {
    const broker = await start(folder, MOST_PUBLISHERS);
    if (broker === undefined) {
      say("Mosquitto is left out: /usr/sbin/mosquitto is not installed");
      continue;
    }
    brokers.push(broker);
    started.push(broker);
  }
  const runs = await measure(brokers, BENCH_ROUNDS, BENCH_SECONDS);
  const { rows, table } = summarise(runs, "Mosquitto, in memory");
  say(`\n${table}`);
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, journalOn: isInMemory ? "tmpfs" : "disk", syncMs };
  say(JSON.stringify({ machine, rounds: BENCH_ROUNDS, seconds: BENCH_SECONDS, rows, runs }));
} catch (error) {
  if (!interrupted.signal.aborted) throw error;
  say("interrupted");
  process.exitCode = 130;
} finally {
  await closeAll(started);
}
