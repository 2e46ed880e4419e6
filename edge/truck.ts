import { join } from "node:path";
import type { Clock } from "#kit/clock.ts";
import { type Closer, closeAll } from "#kit/closer.ts";
import type { Camera } from "./camera/camera.ts";
import { createFolderCamera } from "./camera/folder-camera.ts";
import type { EdgeConfig } from "./config.ts";
import { type Judge, openJudge } from "./visits/judge.ts";
import { openVisits, type VisitsOptions } from "./visits/visit-keeper.ts";
import type { Visits } from "./visits/visits.ts";

/** What only a device with a camera has. */
export interface Truck extends Closer {
  readonly camera: Camera;
  readonly judge: Judge;
  readonly visits: Visits;
}

/** Opens camera, model and visits, or gives undefined where the settings name no camera. */
export async function openTruck(
  { CAMERA_FOLDER, CAMERA_FOLDER_LOOP, MODEL_DIR, DATA_DIR }: EdgeConfig,
  clock: Clock,
  visitParts: Omit<VisitsOptions, "folder" | "camera" | "judge">,
): Promise<Truck | undefined> {
  if (CAMERA_FOLDER === undefined) return undefined;
  const positionFile = join(DATA_DIR, "camera-position.json");
  const camera = createFolderCamera({ folder: CAMERA_FOLDER, positionFile, loop: CAMERA_FOLDER_LOOP });
  const judge = await openJudge(MODEL_DIR, clock);
  const visits = await openVisits({ ...visitParts, folder: join(DATA_DIR, "drafts"), camera, judge });
  return { camera, judge, visits, close: () => closeAll([judge, visits]) };
}
