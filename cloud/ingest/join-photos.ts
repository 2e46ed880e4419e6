import type { Closer } from "#kit/closer.ts";
import { every } from "#kit/every.ts";
import { type PhotoKey, pendingPhotos } from "../store/photos/photo-notices.ts";
import type { IngestEvent } from "./events.ts";
import { type JoinStores, joinPhoto, sweepOld, sweepShelf } from "./join-photo.ts";
import { type Patience, untilStored } from "./until-stored.ts";

/** Photos are given up after days; an hour more or less is nothing. */
const SWEEP_EVERY_MS = 3_600_000;

/** Joins photos beside the batches, one at a time. */
export interface PhotoJoiner extends Closer {
  /** Photos that may be complete now. */
  consider(keys: readonly PhotoKey[]): void;
}

/** Starts joining with whatever a crash or a stop left undone; `close` waits for the photo in hand. */
export function startPhotoJoiner(
  stores: JoinStores,
  patience: Patience,
  onEvents: (events: readonly IngestEvent[]) => void,
): PhotoJoiner {
  const queue = new Map<string, PhotoKey>();
  let isClosed = false;
  let wake = Promise.withResolvers<void>();
  const consider = (keys: readonly PhotoKey[]) => {
    for (const key of keys) queue.set(`${key.tenant}:${key.device}:${key.sha}`, key);
    wake.resolve();
  };
  let isSweepDue = true;
  const dueSweep = async () => {
    isSweepDue = true;
    wake.resolve();
  };
  // Setting a flag cannot fail.
  const timer = every(SWEEP_EVERY_MS, dueSweep, () => {});
  const run = async () => {
    await untilStored(async () => {
      sweepShelf(stores);
      consider(stores.state.read(pendingPhotos));
    }, patience);
    while (!isClosed) {
      if (isSweepDue) {
        isSweepDue = false;
        await untilStored(async () => sweepOld(stores), patience);
      }
      const [next] = queue;
      if (next === undefined) {
        await wake.promise;
        wake = Promise.withResolvers<void>();
        continue;
      }
      const [name, key] = next;
      queue.delete(name);
      onEvents((await untilStored(() => joinPhoto(key, stores), patience)) ?? []);
    }
  };
  const running = run();
  return {
    consider,
    close: async () => {
      isClosed = true;
      await timer.close();
      wake.resolve();
      await running;
    },
  };
}
