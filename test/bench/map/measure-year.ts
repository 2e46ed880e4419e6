import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openMeasurements } from "../../../cloud/store/measurements/open-measurements.ts";
import { findInfluxd, startInflux } from "../../real/influx/start-influx.ts";
import { influxSettings } from "../../system/line.ts";
import { type Asked, askMany } from "./ask-many.ts";
import { layCloud } from "./bench-cloud.ts";
import { layYear, YEAR_STATIONS } from "./lay-store.ts";
import { regionOf, stationOf } from "./region.ts";

const HOUR_MS = 3_600_000;
const YEAR_MS = 364 * 24 * HOUR_MS;

export interface YearRow extends Asked {
  readonly way: string;
  /** The first answer, before code is compiled and pages of the file are in memory. */
  readonly firstMs: number;
}

/** A year of hours over HTTP: one question at a time, each for another year, so that nothing that was written before helps. */
async function askYear(way: string, url: string, times: number): Promise<YearRow> {
  const nowMs = Date.now();
  const address = (i: number) => {
    const from = new Date(nowMs - YEAR_MS + i * HOUR_MS).toISOString();
    return `${url}/api/v1/stations/${stationOf(i % YEAR_STATIONS)}/averages?average=h1&from=${from}`;
  };
  const first = await askMany({ url: address, askers: 1, times: 1 });
  return { way, firstMs: first.p50, ...(await askMany({ url: address, askers: 1, times })) };
}

/** From the SQLite file of the laid store, by the cloud that runs on it. */
export const measureYearSqlite = (url: string, times: number): Promise<YearRow> => askYear("SQLite", url, times);

/** From an InfluxDB of its own with the same four stations, by a cloud of its own; undefined with a line where there is no InfluxDB. */
export async function measureYearInflux(
  folder: string,
  times: number,
  say: (line: string) => void,
): Promise<YearRow | undefined> {
  const influxd = await findInfluxd();
  if (!("program" in influxd)) {
    say(`the row of InfluxDB is left out: ${influxd.missing}`);
    return undefined;
  }
  const influx = await startInflux(influxd.program);
  try {
    const store = await openMeasurements(influx, "");
    await layYear(store, Date.now());
    await store.close();
    const [dataDir, registryFile] = [join(folder, "influx-cloud"), join(folder, "influx-registry.json")];
    await mkdir(dataDir, { recursive: true });
    await writeFile(registryFile, JSON.stringify(regionOf(YEAR_STATIONS)));
    // It has no gateway: nothing comes in here.
    const settings = {
      BROKER_URL: "mqtt://127.0.0.1:9",
      TOKEN: "none",
      LOG_LEVEL: "silent",
      ...influxSettings(influx),
    };
    const { program, url } = await layCloud(folder, { dataDir, registryFile, minutesUntil: 0 }, settings);
    await program.start();
    try {
      return await askYear("InfluxDB 2", url, times);
    } finally {
      await program.close();
    }
  } finally {
    await influx.stop();
  }
}
