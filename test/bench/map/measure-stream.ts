import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { z } from "zod";
import { closeAll } from "#kit/closer.ts";
import { every } from "#kit/every.ts";
import { wait } from "#kit/wait.ts";
import { HealthView } from "../../../cloud/http/schemas.ts";
import { StationChanges } from "../../../cloud/live/station-table.ts";
import { followEvents } from "../../support/event-stream.ts";
import { until } from "../../support/until.ts";
import { cpuSecondsOf, residentMiBOf } from "../gateway/process-usage.ts";
import { percentile } from "../percentile.ts";
import type { BenchCloud } from "./bench-cloud.ts";
import { type Child, startChild } from "./children.ts";
import { FromListen, type ToListen } from "./listen-job.ts";
import type { Feed } from "./measure-list.ts";
import { stationOf } from "./region.ts";

/** Open files of one process are limited; two listen. */
const LISTENERS = 2;
/** Samples of the burst, and the stations that they are of: an update says as much as at the usual pace. */
const BURST = { count: 6_000, among: 150 } as const;
const COMMIT_LOOK_MS = 5;

/** What was seen with so many pages open. */
export interface StreamRow {
  readonly clients: number;
  /** Share of one core: the cloud with all its threads, and the clients. */
  readonly cpuShare: number;
  readonly clientCpuShare: number;
  readonly residentMb: number;
  /** Events that each client should have heard, and events times clients that were missing. */
  readonly events: number;
  readonly missing: number;
  readonly bytesAnEvent: number;
  /** From the server's writing of an event until a client had all of it. */
  readonly writtenP50: number;
  readonly writtenP99: number;
  /** From the commit of a station's sample until a client had it: the server gathers for a second. */
  readonly commitP50: number;
  readonly commitP99: number;
  /** Samples that were published and not stored at the end of the pace. */
  readonly unstored: number;
  /** Samples a second from the first publish of a burst until all are stored. */
  readonly burstPerSecond: number;
}

export interface StreamOptions {
  readonly clients: number;
  readonly perSecond: number;
  readonly forMs: number;
  readonly stations: number;
}

/** The stream with so many open pages: delays, what they cost, and whether samples are still stored. */
export async function measureStream(cloud: BenchCloud, feed: Feed, options: StreamOptions): Promise<StreamRow> {
  const { clients, perSecond, forMs } = options;
  const port = Number(new URL(cloud.url).port);
  const listeners: Child<ToListen, FromListen>[] = [];
  try {
    for (let i = 0; i < LISTENERS && clients > 0; i++) {
      listeners.push(await startChild("listen-main.ts", { port, clients: clients / LISTENERS }, FromListen));
    }
    const ask = (type: ToListen["type"]) => Promise.all(listeners.map((listener) => listener.ask({ type })));
    await feed.ask({ type: "pace", perSecond });
    await wait(3_000);
    const commits = await watchCommits(cloud, options.stations);
    const before = await ask("forget");
    const [cpu, startMs] = [cpuSecondsOf(cloud.pid()), performance.now()];
    await wait(forMs);
    const seconds = (performance.now() - startMs) / 1000;
    const cpuShare = (cpuSecondsOf(cloud.pid()) - cpu) / seconds;
    const residentMb = residentMiBOf(cloud.pid());
    const reports = await ask("report");
    const fed = await feed.ask({ type: "pace", perSecond: 0 });
    await commits.close();
    const unstored = await unstoredOf(cloud.url, fed.published);
    const burstPerSecond = await burst(cloud, feed);
    const clientCpu = reports.reduce((sum, { cpuSeconds }, i) => sum + cpuSeconds - (before[i]?.cpuSeconds ?? 0), 0);
    return {
      clients: reports.reduce((sum, { open }) => sum + open, 0),
      cpuShare,
      clientCpuShare: clientCpu / seconds,
      residentMb,
      ...delaysOf(reports, commits.waits, clients),
      unstored,
      burstPerSecond,
    };
  } finally {
    await closeAll(listeners);
  }
}

function delaysOf(reports: readonly FromListen[], waits: ReadonlyMap<number, readonly number[]>, clients: number) {
  const byUntil = new Map<number, number[]>();
  for (const { until, delays } of reports.flatMap(({ heard }) => heard)) {
    byUntil.set(until, [...(byUntil.get(until) ?? []), ...delays]);
  }
  // The first and the last one may have been cut by the beginning and the end of the watch.
  const events = [...byUntil].sort(([a], [b]) => a - b).slice(1, -1);
  const written = events.flatMap(([, delays]) => delays);
  const committed = events.flatMap(([at, delays]) =>
    (waits.get(at) ?? []).flatMap((waited) => delays.map((delay) => waited + delay)),
  );
  const bytes = reports.reduce((sum, report) => sum + report.bytes, 0);
  return {
    events: events.length,
    missing: events.reduce((sum, [, delays]) => sum + clients - delays.length, 0),
    bytesAnEvent: bytes / Math.max(1, byUntil.size * clients),
    writtenP50: percentile(written, 50),
    writtenP99: percentile(written, 99),
    commitP50: percentile(committed, 50),
    commitP99: percentile(committed, 99),
  };
}

/** Looks into the state store for commits of some stations, and at one stream for the events that told of them. */
async function watchCommits(cloud: BenchCloud, stations: number) {
  const db = new DatabaseSync(join(cloud.dataDir, "state.db"), { readOnly: true });
  const newest = db.prepare("SELECT at FROM latest_samples WHERE station = ? AND sensor = 'pm'");
  const Newest = z.object({ at: z.number() });
  // Some of those whose turn comes in each second; a thousandth of all.
  const watched = Array.from({ length: Math.ceil(stations / 100) }, (_, i) => stationOf((i * 100) % stations));
  const seen = new Map<string, { readonly at: number; readonly commitMs: number }>();
  /** By the moment at which an event was written: how long before that its samples were committed. */
  const waits = new Map<number, number[]>();
  const look = () => {
    for (const station of watched) {
      const row = Newest.safeParse(newest.get(station));
      if (!row.success || seen.get(station)?.at === row.data.at) continue;
      seen.set(station, { at: row.data.at, commitMs: performance.timeOrigin + performance.now() });
    }
  };
  look();
  const known = new Map([...seen].map(([station, { at }]) => [station, at]));
  const looking = every(
    COMMIT_LOOK_MS,
    async () => look(),
    () => {},
  );
  const Written = z.looseObject({ until: z.number() });
  const listening = await followEvents(`${cloud.url}/api/v1/live`, (event, data) => {
    if (event !== "stations") return;
    const { until: writtenMs } = Written.parse(data);
    for (const { id, properties } of StationChanges.parse(data)) {
      const commit = seen.get(id);
      if (commit === undefined || known.get(id) === commit.at || commit.at !== properties.lastAt) continue;
      known.set(id, commit.at);
      waits.set(writtenMs, [...(waits.get(writtenMs) ?? []), writtenMs - commit.commitMs]);
    }
  });
  const close = async () => {
    await Promise.all([looking.close(), listening.close()]);
    db.close();
  };
  return { waits, close };
}

/** What is not stored of all that was ever published in this run, after some time to arrive. */
async function unstoredOf(url: string, published: number): Promise<number> {
  const isAll = async () => (await storedCount(url)) >= published;
  await until("all is stored", isAll, 30_000).catch(() => {
    // How many are missing is said below.
  });
  return published - (await storedCount(url));
}

async function storedCount(url: string): Promise<number> {
  const { counts } = HealthView.parse(await (await fetch(`${url}/healthz`)).json());
  return counts["air.acknowledged"] ?? 0;
}

/** As fast as the gateway takes it and the cloud stores it. */
async function burst(cloud: BenchCloud, feed: Feed): Promise<number> {
  const wanted = (await storedCount(cloud.url)) + BURST.count;
  const startMs = performance.now();
  await feed.ask({ type: "burst", ...BURST });
  await until("the burst is stored", async () => (await storedCount(cloud.url)) >= wanted, 60_000);
  return (BURST.count * 1000) / (performance.now() - startMs);
}
