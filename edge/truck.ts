import { join } from "node:path";
import type { Clock } from "#kit/clock.ts";
import { type Closer, closeAll } from "#kit/closer.ts";
import { nameOf } from "../firmware-config/settings/camera-address.ts";
import { cameraOf } from "../firmware-config/settings/camera-settings.ts";
import type { EdgeConfig } from "../firmware-config/settings/edge-settings.ts";
import { openCamera } from "./camera/open-camera.ts";
import type { ProgramEnvironment } from "./camera/program-environment.ts";
import { rationCamera } from "./camera/rationed-camera.ts";
import { type WatchedCamera, watchCamera } from "./camera/watched-camera.ts";
import { openPairChecks } from "./pairs/pair-checks.ts";
import type { Power } from "./power/power.ts";
import type { ModelUpdates } from "./update/model-updates.ts";
import { type Judge, openJudge } from "./visits/judge.ts";
import { spaceJudge } from "./visits/spaced-judge.ts";
import { openVisits, SEEN_RECORDS, type VisitsOptions } from "./visits/visit-keeper.ts";
import type { Visits } from "./visits/visits.ts";

/** What only a device with a camera has. */
export interface Truck extends Closer {
  readonly camera: WatchedCamera;
  readonly judge: Judge;
  readonly visits: Visits;
}

/** What a truck asks of the machine. `random` is in [0, 1). */
export interface Machine {
  readonly clock: Clock;
  readonly random: () => number;
  readonly environment: ProgramEnvironment;
  /** What its power allows. */
  readonly power: Pick<Power, "duty">;
  /** Which model is used; it changes with updates. */
  readonly models: Pick<ModelUpdates, "place" | "saw" | "attach">;
}

/** Opens camera, model and visits, or gives undefined where the settings name no camera. */
export async function openTruck(
  config: EdgeConfig,
  { clock, random, environment, power, models }: Machine,
  visitParts: Omit<VisitsOptions, "folder" | "camera" | "judge" | "pairs">,
): Promise<Truck | undefined> {
  const address = cameraOf(config);
  if (address.kind === "none") return undefined;
  const { counters, log, newId } = visitParts;
  const lens = await openCamera(address, { settings: config, environment, clock, newId });
  const rationed = rationCamera(lens, () => power.duty().isCameraAllowed);
  const camera = watchCamera(rationed, { name: nameOf(address), counters, log, random });
  const opened = await openJudge(models.place(), clock, models.saw);
  await models.attach(opened);
  const judge = spaceJudge(opened, () => power.duty().judgeGapMs, clock.monotonicMs);
  const pairs = await openPairChecks({
    file: join(config.DATA_DIR, "seen-photos"),
    slots: config.SEEN_PHOTOS,
    committed: visitParts.outbox.value(SEEN_RECORDS),
    counters,
    log,
  });
  const visits = await openVisits({ ...visitParts, folder: join(config.DATA_DIR, "drafts"), camera, judge, pairs });
  return { camera, judge, visits, close: () => closeAll([camera, pairs, judge, visits]) };
}
