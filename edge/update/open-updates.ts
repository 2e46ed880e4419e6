import { statfs } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "#kit/clock.ts";
import { type Closer, closeAll } from "#kit/closer.ts";
import type { Logger } from "#kit/logger.ts";
import { hasCamera } from "../../firmware-config/settings/camera-settings.ts";
import type { EdgeConfig } from "../../firmware-config/settings/edge-settings.ts";
import type { DeviceReport } from "../health/device-report.ts";
import type { DeviceTime } from "../health/device-time.ts";
import type { Duty } from "../power/duty.ts";
import type { Power } from "../power/power.ts";
import { SOFTWARE, SOFTWARE_COUNTER } from "../software.ts";
import type { UpdateSink } from "../twin/update-sink.ts";
import { type ModelUpdates, openModelUpdates } from "./model-updates.ts";
import { readableModel } from "./readable-model.ts";
import { softwareProof } from "./software-proof.ts";
import { StartedAs } from "./software-store.ts";
import { openSoftwareUpdates } from "./software-updates.ts";
import { openUpdateBook } from "./update-book.ts";
import { startUpdates } from "./updates.ts";

/** What updates ask of the device. */
export interface UpdateParts {
  readonly time: Pick<DeviceTime, "stamp">;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly power: Pick<Power, "duty">;
}

/** The updates of a device, and the model that they have brought. */
export interface DeviceUpdates extends Closer {
  readonly sink: UpdateSink;
  readonly models: ModelUpdates;
  /** From now on software on trial is watched, and `restart` may be called. */
  begin(report: () => DeviceReport, restart: () => void): void;
}

/** Opens what a device keeps of its updates, below DATA_DIR, and starts to take those that are wanted. */
export async function openUpdates(
  config: EdgeConfig,
  environment: Readonly<Record<string, string | undefined>>,
  parts: UpdateParts,
): Promise<DeviceUpdates> {
  const { clock, log, power } = parts;
  const folder = join(config.DATA_DIR, "updates");
  const book = await openUpdateBook(folder);
  const models = await openModelUpdates({
    folder: join(config.DATA_DIR, "models"),
    installed: await readableModel(config.MODEL_DIR),
    trialPhotos: config.UPDATE_TRIAL_PHOTOS,
    residentBytes: () => process.memoryUsage.rss(),
    clock,
    log,
  });
  const restart = Promise.withResolvers<() => void>();
  const software = await openSoftwareUpdates({
    folder: join(config.DATA_DIR, "software"),
    startedAs: StartedAs.parse(environment.DVORNIK_STARTED_AS),
    running: { version: SOFTWARE, counter: SOFTWARE_COUNTER },
    environment,
    model: models.place,
    trialMs: config.UPDATE_TRIAL_S * 1000,
    restart: () => void restart.promise.then((now) => now()),
    clock,
    log,
  });
  const updates = startUpdates({
    ...parts,
    folder,
    book,
    keys: config.UPDATE_KEYS,
    fleetUrl: config.FLEET_URL,
    installers: hasCamera(config) ? [models, software] : [software],
    software: SOFTWARE,
    freeBytes: async () => {
      const { bavail, bsize } = await statfs(folder);
      return bavail * bsize;
    },
    holdBack: () => whyHoldBack(power.duty()),
    bytesPerS: config.UPDATE_BYTES_PER_S,
    spreadMs: config.UPDATE_SPREAD_S * 1000,
  });
  return {
    sink: updates,
    models,
    begin: (report, leave) => {
      restart.resolve(leave);
      const proof = softwareProof(hasCamera(config));
      software.prove(() => proof(report()));
    },
    close: () => closeAll([models, software, updates]),
  };
}

/** A device that saves its radio or has put its camera away has no power for an update, nor one whose processor is too hot. */
const whyHoldBack = ({ burstMs, isCameraAllowed, judgeGapMs, reason }: Duty): string | undefined =>
  burstMs > 0 || !isCameraAllowed || judgeGapMs > 0 ? reason : undefined;
