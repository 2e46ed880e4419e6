import type { Clock } from "#kit/clock.ts";
import type { Closer } from "#kit/closer.ts";
import { every } from "#kit/every.ts";
import type { Logger } from "#kit/logger.ts";
import { GuardedFile } from "../store/state/guarded-file.ts";
import { openKnownDevices } from "./twins/known-devices.ts";
import { openTwins } from "./twins/open-twins.ts";
import { TWIN_TABLES } from "./twins/tables.ts";
import type { Twins } from "./twins/twins.ts";
import { openRollouts } from "./waves/open-rollouts.ts";
import type { Rollouts } from "./waves/rollouts.ts";

/** How the twins and the rollouts are opened. */
export interface DeviceCareOptions {
  readonly twinsFile: string;
  readonly stateFile: string;
  /** The authority's file, which is only read here: who was revoked. */
  readonly file: string;
  readonly artefactFolder: string;
  readonly updateKeys: readonly string[];
  readonly roundMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What is wanted of the devices. */
export interface DeviceCare extends Closer {
  readonly twins: Twins;
  readonly rollouts: Rollouts;
  /** Looks at all rollouts now; done by itself every `roundMs`. */
  round(): void;
}

/** Opens twins and rollouts in this thread; both lie in one file, since an update is wanted of a device by its twin. */
export function openDeviceCare(options: DeviceCareOptions): DeviceCare {
  const { twinsFile, stateFile, file: fleetFile, roundMs, clock, log } = options;
  const file = new GuardedFile(twinsFile, TWIN_TABLES, "the twins cannot be kept now");
  const known = openKnownDevices({ stateFile, fleetFile });
  const parts = { ...options, file, known, nowMs: clock.nowMs };
  const rollouts = openRollouts(parts);
  const rounds = every(
    roundMs,
    async () => rollouts.round(),
    (error) => log.error({ event: "rollouts.unseen", err: error }, "the rollouts could not be looked at"),
  );
  return {
    twins: openTwins(parts),
    rollouts,
    round: rollouts.round,
    close: async () => {
      await rounds.close();
      known.close();
      file.close();
    },
  };
}
