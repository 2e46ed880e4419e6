import { join } from "node:path";
import sharp from "sharp";
import type { Address } from "#contract/names.ts";
import { systemClock } from "#kit/clock.ts";
import type { Closer } from "#kit/closer.ts";
import { messageOf } from "#kit/errors.ts";
import { putBulletin } from "../air/bulletins/bulletin-book.ts";
import { acknowledgeAlert } from "../alerts/alert-book.ts";
import { TWIN_TABLES } from "../fleet/twins/tables.ts";
import { repairVisits } from "../sites/visit-book.ts";
import { hasDueVisits } from "../sites/visit-times.ts";
import { openChunkShelf } from "../store/photos/chunk-shelf.ts";
import { openFolderPhotos } from "../store/photos/folder-photos.ts";
import type { Sql } from "../store/state/database.ts";
import type { Letter } from "../store/state/dead-letters.ts";
import { GuardedFile } from "../store/state/guarded-file.ts";
import { openStateStore, type StateStore } from "../store/state/state-store.ts";
import { startBatchLoop } from "./batch-loop.ts";
import { isWholeJpeg } from "./check-jpeg.ts";
import { replayGaps } from "./cover-gap.ts";
import { linkDevices } from "./device-link.ts";
import { createFlow, linkGroup } from "./group-link.ts";
import { startPhotoJoiner } from "./join-photos.ts";
import { endReplay, storeOrBury, tellInternal } from "./our-fault.ts";
import { createPairMemory } from "./pair-memory.ts";
import { tellRefusedGaps } from "./refused-gaps.ts";
import { replayVisits, storeMessages } from "./store-messages.ts";
import { untilStored } from "./until-stored.ts";
import { watchTimes } from "./watch-times.ts";
import { watchForGroup } from "./watched-registry.ts";
import type { ToWorker } from "./worker-messages.ts";
import { type MainThread, openHealthLine, runWorker, type WorkerContext } from "./worker-side.ts";

/** The thread of the group `sites` (all but readings), of the photos, and of what goes back to the devices. */
runWorker("sites", startSites);

async function startSites({ main, settings, log, health, patience }: WorkerContext): Promise<readonly Closer[]> {
  // One picture at a time is decoded here, only to see that it can be.
  sharp.concurrency(1);
  sharp.cache(false);
  const { nowMs } = systemClock;
  const state = openStateStore(join(settings.dataDir, "state.db"));
  const shelf = openChunkShelf(join(settings.dataDir, "chunks.db"));
  const twins = new GuardedFile(join(settings.dataDir, "twins.db"), TWIN_TABLES, "the twins cannot be kept now");
  const files = { close: async () => [state, shelf, twins].forEach((file) => void file.close()) };
  answerDesk(main, state);

  const photoFolder = join(settings.dataDir, "photos");
  const photos = await openFolderPhotos(photoFolder);
  const onInternal = tellInternal(log);
  const joining = { state, shelf, photos, isJpeg: isWholeJpeg, nowMs, onInternal };
  const joiner = startPhotoJoiner(joining, patience("photos"), main.tellEvents);

  let isRegistryNew = true;
  const onRegistry = () => {
    isRegistryNew = true;
    loop.interrupt();
  };
  const registry = await watchForGroup(settings.registryFile, onRegistry, { health, log });
  const onRefusedGap = tellRefusedGaps(health, log);
  const stores = {
    state,
    shelf,
    registry: registry.current,
    nowMs,
    onInternal,
    gateways: settings.gateways,
    onRefusedGap,
    pairs: createPairMemory(),
  };
  const storing = {
    ...stores,
    store: async (letters: readonly Letter[]) => {
      const { events, photos: touched } = storeMessages(letters, stores);
      main.tellEvents(events);
      joiner.consider(touched);
    },
  };
  const repairTimes = () => {
    if (!state.read(hasDueVisits)) return [];
    const onBroken = (error: unknown, { tenant, device }: Address) =>
      log.error(
        { event: "visit.broke-us", tenant, device, err: error },
        "a visit's time could not be repaired: our own fault",
      );
    const events = state.transaction(nowMs(), ({ sql }) => repairVisits(sql, nowMs(), onBroken));
    if (events !== undefined) loop.interrupt();
    return events ?? [];
  };
  const waiting = patience("store");
  const flow = createFlow();
  const loop = startBatchLoop({
    store: async (batch) => {
      const isStored = await untilStored(() => storeOrBury(batch, storing).then(() => true), waiting);
      return isStored ?? false;
    },
    between: async () => {
      const replay = async () => {
        const repaired = repairTimes();
        if (!isRegistryNew) return repaired;
        replayGaps(stores);
        const replayed = replayVisits(stores);
        isRegistryNew = false;
        return [...repaired, ...replayed];
      };
      main.tellEvents((await untilStored(() => replay().catch(endReplay(log)), waiting)) ?? []);
    },
    onAcknowledged: health.acknowledged,
    onFull: flow.onFull,
  });
  // The registry may have changed while this program did not run.
  loop.interrupt();
  const times = watchTimes(state, hasDueVisits, () => loop.interrupt(), log);

  const outside = { clock: systemClock, random: Math.random, log };
  const deviceHealth = openHealthLine("devices", main);
  const linking = { ...outside, state, twins, health: deviceHealth, onEvents: main.tellEvents };
  const devices = linkDevices(settings, linking);
  const link = linkGroup("sites", settings, { loop, flow }, health, outside);
  // The loop closes first, so that the batch in hand is acknowledged while there is a connection.
  return [files, joiner, registry, times, devices, link, loop];
}

/** What the desk changes: this thread writes it, so that the main thread never waits for a disk. */
function answerDesk(main: MainThread, state: StateStore): void {
  main.onCommand((command) => {
    if (command.type === "close") return;
    const { id } = command;
    try {
      const result = state.transaction(systemClock.nowMs(), ({ sql, nowMs }) => doFor(command, sql, nowMs));
      main.tell({ type: "answer", id, result, failure: null });
      if (command.type === "acknowledge-alert" && result === "known") {
        main.tellEvents([{ kind: "alert", alert: command.alert }]);
      }
    } catch (error) {
      main.tell({ type: "answer", id, result: "", failure: messageOf(error) });
    }
  });
}

function doFor(command: Exclude<ToWorker, { type: "close" }>, sql: Sql, nowMs: number): string {
  switch (command.type) {
    case "acknowledge-alert":
      return acknowledgeAlert(sql, command.alert, command.by, nowMs) ? "known" : "unknown";
    case "put-bulletin":
      return putBulletin(sql, command.bulletin, nowMs);
    default:
      return command satisfies never;
  }
}
