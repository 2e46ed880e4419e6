import { join } from "node:path";
import { systemClock } from "#kit/clock.ts";
import type { Closer } from "#kit/closer.ts";
import { openMeasurements } from "../store/measurements/open-measurements.ts";
import type { Letter } from "../store/state/dead-letters.ts";
import { openStateStore } from "../store/state/state-store.ts";
import { startBatchLoop } from "./batch-loop.ts";
import { createFlow, linkGroup } from "./group-link.ts";
import { createReadingJudge } from "./judge-readings.ts";
import { storeOrBury, tellInternal } from "./our-fault.ts";
import { createPairMemory } from "./pair-memory.ts";
import { startRepairs } from "./start-repairs.ts";
import { storeReadings } from "./store-readings.ts";
import { untilStored } from "./until-stored.ts";
import { watchForGroup } from "./watched-registry.ts";
import { runWorker, type WorkerContext } from "./worker-side.ts";

/** What InfluxDB's documentation advises for one write. */
const MAX_MESSAGES = 5_000;
/** While InfluxDB writes one batch, the next is read and planned. */
const MAX_IN_HAND = 2;

/** The thread of the group `air`: readings go to the measurements and to the state store. */
runWorker("air", startAir);

async function startAir({ main, settings, log, health, patience }: WorkerContext): Promise<readonly Closer[]> {
  const waiting = patience("store");
  const state = openStateStore(join(settings.dataDir, "state.db"));
  const stateCloser = { close: async () => state.close() };
  const measurements = await untilStored(
    () => openMeasurements(settings.influx, join(settings.dataDir, "measurements.db")),
    waiting,
  );
  if (measurements === undefined) return [stateCloser];

  const onRegistry = () => {
    repairs.retry();
    loop.interrupt();
  };
  const registry = await watchForGroup(settings.registryFile, onRegistry, { health, log });
  const pairs = createPairMemory();
  const judge = createReadingJudge(state, (error) =>
    log.error({ event: "judge.failed", err: error }, "a sample could not be judged because of our own fault"),
  );
  const stores = {
    measurements,
    state,
    registry: registry.current,
    nowMs: systemClock.nowMs,
    pairs,
    judge,
    retention: settings.retention,
  };
  const repairs = startRepairs({ stores, interrupt: () => loop.interrupt(), log });
  const storing = {
    ...stores,
    store: async (letters: readonly Letter[]) => main.tellEvents(await storeReadings(letters, stores)),
    onInternal: tellInternal(log),
  };
  const flow = createFlow();
  const loop = startBatchLoop({
    store: async (batch) => {
      const isStored = await untilStored(() => storeOrBury(batch, storing).then(() => true), waiting);
      return isStored ?? false;
    },
    between: async () => {
      main.tellEvents((await untilStored(repairs.run, waiting)) ?? []);
    },
    onAcknowledged: health.acknowledged,
    onFull: flow.onFull,
    maxMessages: MAX_MESSAGES,
    maxInHand: MAX_IN_HAND,
  });
  // The registry may have changed, and times become known, while this program did not run.
  onRegistry();
  const link = linkGroup("air", settings, { loop, flow }, health, { clock: systemClock, random: Math.random, log });
  // The loop closes first, so that the batch in hand is acknowledged while there is a connection.
  return [stateCloser, measurements, registry, repairs, link, loop];
}
