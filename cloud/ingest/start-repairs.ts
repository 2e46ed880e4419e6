import type { Closer } from "#kit/closer.ts";
import type { Logger } from "#kit/logger.ts";
import { hasDueReadings, retryPlaceless } from "../store/state/timeless-readings.ts";
import type { IngestEvent } from "./events.ts";
import { endReplay, tellInternal } from "./our-fault.ts";
import { repairReadings } from "./repair-readings.ts";
import { type ReadingStores, replayReadings } from "./store-readings.ts";
import { watchTimes } from "./watch-times.ts";

/** What the group `air` tries again between two batches. */
export interface Repairs extends Closer {
  /** A new registry: what had no station is tried with the next run. */
  retry(): void;
  /** One run; rejects where a store is down, and is to be called again then. */
  readonly run: () => Promise<readonly IngestEvent[]>;
}

export interface RepairsOptions {
  readonly stores: ReadingStores;
  /** Asks for a run. */
  readonly interrupt: () => void;
  readonly log: Logger;
}

/**
 * Looks each second whether the time of readings that wait has become known. A reading that breaks our own code is buried;
 * a run that breaks it without one is the last until the registry changes.
 */
export function startRepairs({ stores, interrupt, log }: RepairsOptions): Repairs {
  let isRegistryNew = false;
  let isBroken = false;
  const watch = watchTimes(stores.state, (sql) => !isBroken && hasDueReadings(sql), interrupt, log);
  const repair = async () => {
    const events = await repairReadings(stores, tellInternal(log));
    if (events !== undefined) interrupt();
    return events ?? [];
  };
  const endRepair = (error: unknown) => {
    const none = endReplay(log)(error);
    isBroken = true;
    return none;
  };
  return {
    retry: () => {
      isRegistryNew = true;
    },
    run: async () => {
      const events: IngestEvent[] = [];
      if (isRegistryNew) {
        stores.state.transaction(stores.nowMs(), ({ sql }) => retryPlaceless(sql));
        events.push(...(await replayReadings(stores).catch(endReplay(log))));
        isRegistryNew = false;
        isBroken = false;
      }
      if (!isBroken) events.push(...(await repair().catch(endRepair)));
      return events;
    },
    close: () => watch.close(),
  };
}
