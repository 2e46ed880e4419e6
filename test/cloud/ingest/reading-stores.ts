import { join } from "node:path";
import { onTestFinished } from "vitest";
import { FOR_EVER } from "../../../cloud/air/windows/retention.ts";
import { createReadingJudge } from "../../../cloud/ingest/judge-readings.ts";
import { createPairMemory } from "../../../cloud/ingest/pair-memory.ts";
import type { ReadingStores } from "../../../cloud/ingest/store-readings.ts";
import { indexRegistry } from "../../../cloud/registry/registry-index.ts";
import type { Point } from "../../../cloud/store/measurements/measurements.ts";
import { openSqliteMeasurements } from "../../../cloud/store/measurements/sqlite-measurements.ts";
import { logRangesOf } from "../../../cloud/store/state/log-book.ts";
import { openStateView } from "../../../cloud/store/state/sqlite-state-view.ts";
import { openStateStore } from "../../../cloud/store/state/state-store.ts";
import { valuesOf } from "../../suites/measurements.suite.ts";
import { aRegistry, NOON, POST } from "../../support/builders.ts";
import { tempFolder } from "../../support/temp-folder.ts";

/** The judge never throws by itself; a fault in it fails the test. */
export function failOn(error: unknown): void {
  throw error;
}

/** The real stores that readings go to, on fresh files, an hour after `NOON`; closed when the test has finished. */
export async function openReadingStores() {
  const folder = await tempFolder();
  const state = openStateStore(join(folder, "state.db"));
  const view = openStateView(join(folder, "state.db"));
  const measurements = await openSqliteMeasurements(join(folder, "measurements.db"));
  onTestFinished(async () => {
    await measurements.close();
    await view.close();
    state.close();
  });
  let registry = indexRegistry(aRegistry());
  const written: Point[] = [];
  const stores: ReadingStores = {
    measurements: {
      write: async (points) => {
        written.push(...points);
        return await measurements.write(points);
      },
    },
    state,
    registry: () => registry,
    nowMs: () => NOON + 3_600_000,
    pairs: createPairMemory(),
    retention: FOR_EVER,
    judge: createReadingJudge(state, failOn),
  };
  const range = { tenant: "kirov", field: "pm25", fromMs: 0, toMs: NOON * 2, most: 10_000 };
  return {
    stores,
    state,
    view,
    /** Every point that was written, also those that were written before. */
    written,
    pointsOf: async (station: string) => valuesOf(measurements, { ...range, station }),
    ranges: (log = "log-post") => state.read((sql) => logRangesOf(sql, { ...POST, log })),
    useRegistry: (change: Parameters<typeof aRegistry>[0]) => {
      registry = indexRegistry(aRegistry(change));
    },
  };
}
