import { pino } from "pino";
import { z } from "zod";
import type { Logger } from "#kit/logger.ts";
import { type Camera, CameraUnavailable } from "../../../edge/camera/camera.ts";
import { checkJpeg } from "../../../edge/camera/check-jpeg.ts";
import type { DeviceTime } from "../../../edge/health/device-time.ts";
import type { Outbox, Pending } from "../../../edge/outbox/outbox.ts";
import type { Judge } from "../../../edge/visits/judge.ts";
import { STAMP } from "./messages.ts";

/** A log that nobody reads. */
export const quiet: Logger = pino({ level: "silent" });

/** A device whose clock stands still. */
export const stillTime: DeviceTime = {
  boot: STAMP.boot,
  stamp: () => STAMP,
  onBetter: () => () => {},
  close: async () => {},
};

/** Nothing waits. */
export const NOTHING_PENDING: Pending = {
  total: 0,
  byClass: {},
  bytesByClass: {},
  oldestByClass: {},
  budgetBytes: 2_147_483_648,
  oldest: null,
  trouble: null,
};

/** An outbox in which nothing waits; it forgets what it is given. */
export const emptyOutbox: Outbox = {
  log: "log-1",
  append: async () => {},
  value: () => undefined,
  read: async () => [],
  acknowledged: () => 0,
  acknowledge: () => {},
  pending: () => NOTHING_PENDING,
  onAppended: () => () => {},
  close: async () => {},
};

/** A camera that takes what was put before it. */
export function createStagedCamera(): Camera & { stage(jpeg: Uint8Array): Promise<void> } {
  const staged: Uint8Array[] = [];
  const nothing = () => new CameraUnavailable("no-photo", "nothing is before the lens");
  return {
    stage: async (jpeg) => {
      staged.push(jpeg);
    },
    capture: async (signal) => {
      signal.throwIfAborted();
      const photo = staged.shift();
      if (photo === undefined) throw nothing();
      await checkJpeg(photo, "what was staged");
      return photo;
    },
    check: async () => {
      if (staged.length === 0) throw nothing();
      return "staged";
    },
  };
}

/** A judge to whom every site is clean. */
export const mildJudge: Judge = {
  model: "d".repeat(64),
  trouble: null,
  verdicts: undefined,
  unusable: null,
  judge: async () => ({
    state: "clean",
    reason: null,
    probabilities: { clean: 1, overflow: 0, scattered: 0, not_a_site: 0 },
    usable: 1,
    embedding: null,
    local: null,
    heat: null,
    tookMs: 1,
    model: "d".repeat(64),
  }),
  close: async () => {},
};

/** The members of an answer that is a JSON object. */
export const JsonObject = z.record(z.string(), z.unknown());
