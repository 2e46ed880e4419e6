import type { Clock } from "#kit/clock.ts";
import type { Closer } from "#kit/closer.ts";
import type { Logger } from "#kit/logger.ts";
import { GuardedFile } from "../store/state/guarded-file.ts";
import { openKnownDevices } from "./twins/known-devices.ts";
import { openTwins } from "./twins/open-twins.ts";
import { TWIN_TABLES } from "./twins/tables.ts";
import type { Twins } from "./twins/twins.ts";

/** How the twins and the rollouts are opened. */
export interface DeviceCareOptions {
  readonly twinsFile: string;
  readonly stateFile: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What is wanted of the devices. */
export interface DeviceCare extends Closer {
  readonly twins: Twins;
}

/** Opens twins and rollouts in this thread; both lie in one file, since an update is wanted of a device by its twin. */
export function openDeviceCare({ twinsFile, stateFile, clock }: DeviceCareOptions): DeviceCare {
  const file = new GuardedFile(twinsFile, TWIN_TABLES, "the twins cannot be kept now");
  const known = openKnownDevices(stateFile);
  return {
    twins: openTwins({ file, known, nowMs: clock.nowMs }),
    close: async () => {
      known.close();
      file.close();
    },
  };
}
