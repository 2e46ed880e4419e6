import { mkdtemp, rm } from "node:fs/promises";
import { cpus, homedir, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { stdout } from "node:process";
import { z } from "zod";
import { type Closer, closeAll } from "#kit/closer.ts";
import { messageOf } from "#kit/errors.ts";
import { loadConfig } from "#kit/load-config.ts";
import { runMain } from "#kit/run-main.ts";
import { closeOnSignal } from "#kit/shutdown.ts";
import { chromiumOrSkip, startBrowser } from "../real/browser/start-browser.ts";
import { type BenchCloud, startBenchCloud } from "./map/bench-cloud.ts";
import { startChild } from "./map/children.ts";
import { describeRows } from "./map/describe-rows.ts";
import { FromFeed, type ToFeed } from "./map/feed-job.ts";
import { layStore } from "./map/lay-store.ts";
import { type Feed, measureList } from "./map/measure-list.ts";
import { measureStream } from "./map/measure-stream.ts";
import { measurePan, measureView } from "./map/measure-view.ts";
import { measureYearInflux, measureYearSqlite } from "./map/measure-year.ts";
import { partNames } from "./part-names.ts";

const PARTS = ["list", "sse", "view", "pan", "year"] as const;
type Part = (typeof PARTS)[number];

const TITLE = "bench:map: the public map with many stations and many readers";
const Config = z.object({
  BENCH_PARTS: partNames(PARTS),
  BENCH_STATIONS: z.coerce.number().int().min(100).max(100_000).default(10_000).describe("stations of the region"),
  BENCH_CLIENTS: z.coerce.number().int().min(2).max(10_000).default(5_000).describe("open pages of `sse`"),
  BENCH_SAMPLES: z.coerce.number().min(1).max(5_000).default(150).describe("samples a second that come in meanwhile"),
  BENCH_SSE_S: z.coerce.number().min(5).max(600).default(25).describe("seconds for which streams are watched"),
  BENCH_VIEWS: z.coerce.number().int().min(1).max(100).default(3).describe("openings of the map; medians are shown"),
  BENCH_YEARS: z.coerce.number().int().min(5).max(10_000).default(40).describe("years of hours asked of each store"),
  BENCH_FOLDER: z
    .string()
    .default(join(homedir(), ".cache/dvornik/bench-map"))
    .describe("where the store lies between runs (a gigabyte; laid where it is missing)"),
});
type Config = z.infer<typeof Config>;

const say = (line: string) => stdout.write(`${line}\n`);
const startMs = performance.now();
const progress = (line: string) =>
  say(`${String(Math.round((performance.now() - startMs) / 1000)).padStart(4)} s  ${line}`);

interface Running {
  readonly config: Config;
  readonly cloud: BenchCloud;
  readonly feed: Feed;
  /** For what is new in this run. */
  readonly folder: string;
}

const measures = {
  list: async ({ cloud, feed, config }: Running) => measureList(cloud, feed, config.BENCH_SAMPLES),
  sse: async ({ cloud, feed, config }: Running) => {
    const { BENCH_CLIENTS, BENCH_SAMPLES: perSecond, BENCH_SSE_S, BENCH_STATIONS: stations } = config;
    const rows = [];
    for (const clients of [0, BENCH_CLIENTS]) {
      progress(`sse: ${clients} open pages`);
      rows.push(await measureStream(cloud, feed, { clients, perSecond, forMs: BENCH_SSE_S * 1000, stations }));
    }
    return rows;
  },
  view: async ({ cloud, config }: Running) =>
    withBrowser(async (browser) => {
      const rows = [];
      for (const throttling of [1, 4]) rows.push(await measureView(browser, cloud.url, throttling, config.BENCH_VIEWS));
      return rows;
    }),
  pan: async ({ cloud }: Running) =>
    withBrowser(async (browser) => {
      const rows = [];
      for (const throttling of [1, 4]) {
        rows.push(
          await measurePan(browser, cloud.url, {
            what: "the whole region",
            hash: "#/?map=55.0000,60.5000,7.0",
            throttling,
          }),
        );
        rows.push(
          await measurePan(browser, cloud.url, {
            what: "peer: no mark in view",
            hash: "#/?map=49.0000,70.0000,7.0",
            throttling,
          }),
        );
      }
      return rows;
    }),
  year: async ({ cloud, config, folder }: Running) => {
    const sqlite = await measureYearSqlite(cloud.url, config.BENCH_YEARS);
    const influx = await measureYearInflux(folder, config.BENCH_YEARS, say);
    return [sqlite, ...(influx === undefined ? [] : [influx])];
  },
} as const satisfies Record<Part, (running: Running) => Promise<readonly object[]>>;

async function withBrowser<T>(
  work: (browser: Awaited<ReturnType<typeof startBrowser>>["browser"]) => Promise<readonly T[]>,
) {
  const chromium = await chromiumOrSkip();
  if (chromium === undefined) return [];
  const { browser, close } = await startBrowser(chromium);
  try {
    return await work(browser);
  } finally {
    await close();
  }
}

await runMain(TITLE, Config, async () => {
  const config = loadConfig(Config, process.env);
  const folder = await mkdtemp(join(tmpdir(), "dvornik-bench-map-"));
  const started: Closer[] = [{ close: () => rm(folder, { recursive: true, force: true }) }];
  closeOnSignal(started, (error) => say(String(error)));
  try {
    const loadBefore = loadavg()[0];
    const { BENCH_STATIONS: stations, BENCH_FOLDER, BENCH_PARTS } = config;
    progress(`the store of ${stations} stations`);
    const store = await layStore(BENCH_FOLDER, stations, progress);
    const cloud = await startBenchCloud(folder, store);
    started.push(cloud);
    const feed = await startChild<ToFeed, FromFeed>("feed-main.ts", { ...cloud.feeder, stations }, FromFeed);
    started.push(feed);
    const results: Partial<Record<Part, readonly object[]>> = {};
    for (const part of BENCH_PARTS) {
      progress(`${part} …`);
      try {
        results[part] = await measures[part]({ config, cloud, feed, folder });
        say(`\n${describeRows(part, results[part])}\n`);
      } catch (error) {
        // What the other parts show is not lost for it.
        say(`${part} was not measured: ${messageOf(error)}`);
        process.exitCode = 1;
      }
    }
    progress("done");
    const machine = { cpu: cpus()[0]?.model, cores: cpus().length, loadBefore, loadAfter: loadavg()[0] };
    const minutesUntil = new Date(store.minutesUntil).toISOString();
    say(JSON.stringify({ machine, stations, minutesUntil, results }));
  } finally {
    await closeAll(started.splice(0));
  }
  process.exit();
});
