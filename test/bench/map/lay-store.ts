import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { averagesOf } from "../../../cloud/air/windows/rolling-air.ts";
import { keepAverages, touchAverages } from "../../../cloud/air/windows/station-averages.ts";
import type { AirWindow, Resolution } from "../../../cloud/store/measurements/air-windows.ts";
import type { Measurements } from "../../../cloud/store/measurements/measurements.ts";
import { openMeasurements } from "../../../cloud/store/measurements/open-measurements.ts";
import { keepLatestSample } from "../../../cloud/store/state/latest-samples.ts";
import { openStateStore } from "../../../cloud/store/state/state-store.ts";
import { airOf, MEASURED, type Measured, regionOf, stationOf, TENANT } from "./region.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Windows of one transaction. */
const BATCH = 40_000;
/** Stations of one transaction of the state store. */
const STATE_BATCH = 1_000;
/** As many as an answer may compare have a year of hours. */
export const YEAR_STATIONS = 4;
const YEAR_DAYS = 365;
const LAID = z.object({ stations: z.int(), minutesUntil: z.int() });

const STEP_MS = { m1: MINUTE_MS, m20: 20 * MINUTE_MS, h1: HOUR_MS, d1: DAY_MS } as const satisfies Record<
  Resolution,
  number
>;

/** A region with its files, as `DATA_DIR` and `REGISTRY_FILE` of a cloud have them. */
export interface LaidStore {
  readonly dataDir: string;
  readonly registryFile: string;
  /** UTC ms at which the minutes end; they were laid then. */
  readonly minutesUntil: number;
}

/**
 * Lays the files of a cloud with so many stations through the product's own code, as its threads write them: 24 h of minutes of
 * PM2.5 and two days of hours of both pollutants by `keepWindows`, newest samples and averages in the state store by `keepLatestSample` and
 * `averagesOf`. Minutes are kept in the folder between runs (a gigabyte, some minutes); the rest is made of now each time.
 */
export async function layStore(folder: string, stations: number, say: (line: string) => void): Promise<LaidStore> {
  const [dataDir, registryFile, noteFile] = [
    join(folder, "cloud"),
    join(folder, "registry.json"),
    join(folder, "laid.json"),
  ];
  const known = LAID.safeParse(existsSync(noteFile) ? JSON.parse(await readFile(noteFile, "utf8")) : undefined);
  const isLaid = known.success && known.data.stations === stations;
  if (!isLaid) await rm(folder, { recursive: true, force: true });
  await mkdir(dataDir, { recursive: true });
  await writeFile(registryFile, JSON.stringify(regionOf(stations)));
  for (const end of ["", "-wal", "-shm"]) await rm(join(dataDir, `state.db${end}`), { force: true });
  const nowMs = Date.now();
  const minutesUntil = isLaid ? known.data.minutesUntil : Math.floor(nowMs / MINUTE_MS) * MINUTE_MS;
  const measurements = await openMeasurements(null, join(dataDir, "measurements.db"));
  try {
    if (!isLaid) {
      say(`24 h of minutes of ${stations} stations are laid into ${folder}: some minutes, once`);
      await layWindows(
        measurements,
        { stations, resolution: "m1", untilMs: minutesUntil, forMs: DAY_MS, of: ["pm25"] },
        say,
      );
      await layYear(measurements, nowMs);
      await writeFile(`${noteFile}.part`, JSON.stringify({ stations, minutesUntil }));
      await rename(`${noteFile}.part`, noteFile);
    }
    const both = { stations, untilMs: nowMs, of: MEASURED };
    await layWindows(measurements, { ...both, resolution: "h1", forMs: 26 * HOUR_MS }, say);
    await layWindows(measurements, { ...both, resolution: "m20", forMs: 2 * HOUR_MS }, say);
  } finally {
    await measurements.close();
  }
  layState(join(dataDir, "state.db"), stations, nowMs);
  return { dataDir, registryFile, minutesUntil };
}

/** A year of hours of the first stations: what `year` asks for. */
export async function layYear(measurements: Measurements, nowMs: number): Promise<void> {
  const span = { resolution: "h1", untilMs: nowMs, forMs: YEAR_DAYS * DAY_MS, of: ["pm25"] } as const;
  await layWindows(measurements, { stations: YEAR_STATIONS, ...span }, () => {});
}

interface Stretch {
  readonly stations: number;
  readonly resolution: Resolution;
  readonly untilMs: number;
  readonly forMs: number;
  readonly of: readonly Measured[];
}

async function layWindows(measurements: Measurements, stretch: Stretch, say: (line: string) => void): Promise<void> {
  const { stations, resolution, untilMs, forMs, of } = stretch;
  const stepMs = STEP_MS[resolution];
  const end = Math.floor(untilMs / stepMs) * stepMs;
  const steps = Math.floor(forMs / stepMs);
  const startMs = performance.now();
  let batch: AirWindow[] = [];
  let saidMs = startMs;
  for (let at = 0; at < stations; at++) {
    for (const pollutant of of) {
      for (let step = steps; step > 0; step--) batch.push(windowAt(at, pollutant, resolution, end - step * stepMs));
    }
    if (batch.length < BATCH && at < stations - 1) continue;
    await measurements.keepWindows(batch);
    batch = [];
    if (performance.now() - saidMs < 10_000) continue;
    saidMs = performance.now();
    say(`  ${resolution}: ${at + 1} of ${stations} stations, ${Math.round((saidMs - startMs) / 1000)} s`);
  }
}

function windowAt(at: number, pollutant: Measured, resolution: Resolution, start: number): AirWindow {
  const value = airOf(at, pollutant, start);
  const minutes = STEP_MS[resolution] / MINUTE_MS;
  const judged = { coverage: 1, confidence: 0.95, flags: [], correction: "none:no-formula" };
  return {
    tenant: TENANT,
    station: stationOf(at),
    pollutant,
    resolution,
    start,
    value,
    raw: value,
    minutes,
    ...judged,
  };
}

/** Newest samples of the last minute, and the averages that the windows above make. */
function layState(file: string, stations: number, nowMs: number): void {
  const state = openStateStore(file);
  const hour = Math.floor(nowMs / HOUR_MS) * HOUR_MS;
  const third = Math.floor(nowMs / STEP_MS.m20) * STEP_MS.m20;
  for (let from = 0; from < stations; from += STATE_BATCH) {
    state.transaction(nowMs, ({ sql }) => {
      for (let at = from; at < Math.min(stations, from + STATE_BATCH); at++) {
        const station = stationOf(at);
        const values = Object.fromEntries(MEASURED.map((pollutant) => [pollutant, airOf(at, pollutant, nowMs)]));
        const notes = { model: "sds011", corrected: {}, correction: "none:no-formula", flags: [], confidence: 0.95 };
        keepLatestSample(
          sql,
          { station, sensor: "pm", at: nowMs - (at % 60) * 1000, values, replay: null, notes },
          nowMs,
        );
        const spans = (resolution: "m20" | "h1", end: number, count: number) =>
          MEASURED.flatMap((pollutant) =>
            Array.from({ length: count }, (_, age) =>
              windowAt(at, pollutant, resolution, end - (age + 1) * STEP_MS[resolution]),
            ),
          );
        touchAverages(sql, { tenant: TENANT, station }, nowMs);
        keepAverages(sql, station, averagesOf(spans("m20", third, 2), spans("h1", hour, 25), nowMs), nowMs);
      }
    });
  }
  state.close();
}
