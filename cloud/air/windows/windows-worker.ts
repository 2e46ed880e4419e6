import { join } from "node:path";
import { systemClock } from "#kit/clock.ts";
import type { Closer } from "#kit/closer.ts";
import { wait } from "#kit/wait.ts";
import { untilStored } from "../../ingest/until-stored.ts";
import { runWorker, type WorkerContext } from "../../ingest/worker-side.ts";
import { openMeasurements } from "../../store/measurements/open-measurements.ts";
import { openStateStore } from "../../store/state/state-store.ts";
import { backfill } from "./backfill.ts";
import { computeWindows } from "./compute-windows.ts";
import { createForgetting } from "./forget-old.ts";
import { takeTimeZone } from "./time-zones.ts";

/** When nothing is due it looks again after this. */
const LOOK_EVERY_MS = 1_000;
/** Between two rounds and two deletions others may have the stores. */
const BREATH_MS = 20;
const FORGET_EVERY_MS = 3_600_000;
/** A start has other things to do. */
const FORGET_AFTER_MS = 30_000;

/** The thread of the averages: beside the groups, so that a backlog of days holds up no reading. */
runWorker("windows", startWindows);

async function startWindows({ main, settings, log, health, patience }: WorkerContext): Promise<readonly Closer[]> {
  const waiting = patience("store");
  const { signal } = waiting;
  const state = openStateStore(join(settings.dataDir, "state.db"));
  const stateCloser = { close: async () => state.close() };
  const measurements = await untilStored(
    () => openMeasurements(settings.influx, join(settings.dataDir, "measurements.db")),
    waiting,
  );
  if (measurements === undefined) return [stateCloser];
  const { nowMs, monotonicMs } = systemClock;
  health.connected(true);

  const forgetStep = createForgetting({ measurements, state, nowMs, retention: settings.retention });
  const giveUp = (error: unknown): true => {
    log.warn(
      { event: "retention.failed", err: error },
      "what is too old could not be deleted; trying again in an hour",
    );
    return true;
  };
  const run = async () => {
    const { timeZone } = settings;
    const zone = await untilStored(() => takeTimeZone({ measurements, state, nowMs }, timeZone), waiting);
    if (zone === undefined) return;
    const { clockWindows, since } = zone;
    if (since > nowMs()) {
      log.info(
        { event: "days.change", timeZone, since: new Date(since).toISOString() },
        "days are those of the new time zone from then on; the days before stay as they are",
      );
    }
    const stores = { measurements, state, clockWindows, nowMs };
    let isBackfilled = false;
    let forgetAt = monotonicMs() + FORGET_AFTER_MS;
    while (!signal.aborted) {
      const round = await untilStored(() => computeWindows(stores), waiting);
      if (round === undefined) return;
      health.acknowledged(round.computed);
      main.tellEvents(round.stations.map((station) => ({ kind: "station", station })));
      isBackfilled ||= (await untilStored(() => backfill(stores), waiting)) ?? false;
      const isForgetting = monotonicMs() >= forgetAt;
      if (isForgetting && (await forgetStep().catch(giveUp))) forgetAt = monotonicMs() + FORGET_EVERY_MS;
      const isIdle = round.computed === 0 && round.stations.length === 0;
      await wait(isIdle && isBackfilled && !isForgetting ? LOOK_EVERY_MS : BREATH_MS, signal);
    }
  };
  const running = run();
  running.catch((error: unknown) => {
    log.error({ event: "windows.failed", err: error }, "the averages cannot be computed: our own fault");
    process.exit(1);
  });
  return [stateCloser, measurements, { close: () => running.catch(() => {}) }];
}
