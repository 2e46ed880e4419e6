import { percentile } from "../percentile.ts";
import type { LoadResult } from "./load-job.ts";

/** One broker under one load in one round. */
export interface Run extends LoadResult {
  readonly broker: string;
  readonly load: string;
  readonly round: number;
}

/** One broker under one load: medians over the rounds. */
export interface Row {
  readonly load: string;
  readonly broker: string;
  readonly perSecond: number;
  /** Median, least and greatest of the rounds' ratios to the peer in the same round; not there without the peer. */
  readonly ratio: { readonly median: number; readonly least: number; readonly greatest: number } | undefined;
  readonly ackP50Ms: number;
  readonly ackP99Ms: number;
  readonly cpuSeconds: number;
  readonly cpuMicrosPerMessage: number;
  readonly residentMiB: number;
  /** CPU seconds of the broker's busiest thread per second of the run; 1 is a whole core. */
  readonly busiestThreadCores: number;
  /** CPU seconds of the load per second of the run; 1 is a whole core. */
  readonly loadCores: number;
  readonly repeated: number;
}

/** Medians and ratios to the peer, as rows and as a table in Markdown. */
export function summarise(
  runs: readonly Run[],
  peer: string,
): { readonly rows: readonly Row[]; readonly table: string } {
  const loads = [...new Set(runs.map((run) => run.load))];
  const brokers = [...new Set(runs.map((run) => run.broker))].toSorted();
  const rows = loads.flatMap((load) => {
    const ofLoad = runs.filter((run) => run.load === load);
    const peers = ofLoad.filter((run) => run.broker === peer);
    return brokers.map((broker) =>
      rowOf(
        load,
        broker,
        ofLoad.filter((run) => run.broker === broker),
        peers,
      ),
    );
  });
  return { rows, table: tableOf(rows) };
}

function rowOf(load: string, broker: string, runs: readonly Run[], peers: readonly Run[]): Row {
  const medianOf = (value: (run: Run) => number) => percentile(runs.map(value), 50);
  const ratios = runs.flatMap((run) =>
    peers.filter(({ round }) => round === run.round).map(({ perSecond }) => run.perSecond / perSecond),
  );
  const ratio = { median: percentile(ratios, 50), least: Math.min(...ratios), greatest: Math.max(...ratios) };
  return {
    load,
    broker,
    perSecond: Math.round(medianOf(({ perSecond }) => perSecond)),
    ratio: ratios.length === 0 ? undefined : ratio,
    ackP50Ms: medianOf(({ ackP50Ms }) => ackP50Ms),
    ackP99Ms: medianOf(({ ackP99Ms }) => ackP99Ms),
    cpuSeconds: medianOf(({ brokerCpuSeconds }) => brokerCpuSeconds),
    cpuMicrosPerMessage: medianOf(({ brokerCpuSeconds, acknowledged }) => (brokerCpuSeconds / acknowledged) * 1e6),
    residentMiB: Math.round(medianOf(({ brokerResidentMiB }) => brokerResidentMiB)),
    busiestThreadCores: medianOf(
      ({ brokerBusiestThreadSeconds, tookSeconds }) => brokerBusiestThreadSeconds / tookSeconds,
    ),
    loadCores: medianOf(({ loadCpuSeconds, tookSeconds }) => loadCpuSeconds / tookSeconds),
    repeated: runs.reduce((sum, run) => sum + run.repeated, 0),
  };
}

function tableOf(rows: readonly Row[]): string {
  const head = [
    "| load | broker | msg/s | × Mosquitto (least – greatest) | ack p50 / p99 ms | broker CPU s | CPU µs/msg | MiB | cores of its busiest thread / of the load |",
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
  ];
  const lines = rows.map(({ ratio, ...row }) => {
    const { median, least, greatest } = ratio ?? { median: Number.NaN, least: Number.NaN, greatest: Number.NaN };
    const against = `${median.toFixed(2)} (${least.toFixed(2)} – ${greatest.toFixed(2)})`;
    const ack = `${row.ackP50Ms.toFixed(1)} / ${row.ackP99Ms.toFixed(1)}`;
    const cpu = `${row.cpuSeconds.toFixed(1)} | ${row.cpuMicrosPerMessage.toFixed(0)}`;
    return `| ${row.load} | ${row.broker} | ${row.perSecond} | ${ratio === undefined ? "–" : against} | ${ack} | ${cpu} | ${row.residentMiB} | ${row.busiestThreadCores.toFixed(2)} / ${row.loadCores.toFixed(2)} |`;
  });
  return [...head, ...lines].join("\n");
}
