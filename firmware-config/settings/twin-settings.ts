import type { EdgeConfig } from "./edge-settings.ts";
import {
  noMainsOnBattery,
  type OutsideRule,
  onlyOwnCamera,
  onlySerialLine,
  onlyVouchedBroker,
} from "./outside-rules.ts";

/**
 * How a change takes effect: `live` at once; `reconnect` with a new connection to the broker, and on trial, since it
 * could cut the device off; `restart` when the program starts again.
 */
export type TwinUse = "live" | "reconnect" | "restart";

/**
 * The exit code with which the program on a device asks to be started again, with everything closed and nothing lost:
 * EX_TEMPFAIL of sysexits.h.
 */
export const EXIT_FOR_RESTART = 75;

/** A setting that the cloud may change, with bounds that are narrower for it than for a person at the device. */
export interface TwinSetting {
  readonly use: TwinUse;
  readonly least?: number;
  readonly most?: number;
  readonly refuses?: OutsideRule;
  /** A wrong one may take away the way to the broker: it is on trial for a connection, not only for running. */
  readonly mayCutOff?: true;
  /** The worst that whoever holds the cloud can do with it, in a sentence (SETTINGS.md). */
  readonly worst: string;
}

/** Longer packs and pauses would look like a dead device. */
const MOST_SECONDS = 3_600;

/** Where a particle sensor is: the port of a modem may be such a line too. */
const SENSOR_LINE = {
  use: "restart",
  refuses: onlySerialLine,
  mayCutOff: true,
  worst:
    "no readings of that sensor, or bytes for a sensor on another serial line; where that is the modem's, the connection is gone and it comes back with the trial",
} as const;
const OWN_READINGS = "readings of that sensor are missing, or have fewer fields, until the next twin";

/**
 * The settings of a device that the cloud may change (`twin/desired`). What is not named here may not be changed from
 * outside: who the device is, what it signs in with and whom it trusts, where its data lies, whose updates it takes, and
 * where its time comes from and how far that is trusted.
 *
 * Judged with the eyes of an attacker who holds the cloud: none may open the device to others, forge its time or its
 * photos, fill its disk or wear its card beyond what is said here, or silence it for good. A twin is decided on a few
 * times at once and then once a minute (edge/twin), a restart comes once in a trial.
 */
export const TWIN_SETTINGS = {
  READING_EVERY_S: {
    use: "live",
    least: 5,
    most: MOST_SECONDS,
    worst:
      "a round each 5 s: some 220 MB written in a day (12.7 kB each, BENCHMARKS.md), and packs grow once CARD_BUDGET_MB is used up",
  },
  READINGS_PER_PACK: {
    use: "live",
    most: 360,
    worst: "readings come late, and a power cut loses those of the pack that gathers",
  },
  HEALTH_EVERY_S: {
    use: "live",
    least: 10,
    most: MOST_SECONDS,
    worst: "a message each 10 s: some 64 MB written (7.4 kB each, BENCHMARKS.md) and 3 MB sent in a day",
  },
  PARTICLE_WORK_S: {
    use: "live",
    worst:
      "particle sensors never sleep: their lasers last 8,000 h; on battery they sleep again when the charge is low",
  },
  POWER_PROFILE: {
    use: "live",
    refuses: noMainsOnBattery,
    worst: "a device on mains saves as on a battery; one on a battery cannot be told that it has mains",
  },
  LOG_LEVEL: {
    use: "live",
    worst: "the log, which is in memory, says too much or nothing; status and health say the same",
  },
  // A short trial would call a slow modem a bad setting; a long one keeps the device away for as long.
  TWIN_TRIAL_MIN: {
    use: "live",
    least: 5,
    most: 60,
    worst: "a broker that does not answer keeps the device away for an hour; restarts come once in five minutes",
  },
  BROKER_URL: {
    use: "reconnect",
    refuses: onlyVouchedBroker,
    worst:
      "the device talks to another broker for whom the installed authority vouches (another port of the same host where there is none); one that is silent for a day gives way to the installed one",
  },
  // What lies above the budget is dropped: less than this is no buffer for a month.
  OUTBOX_BYTES: {
    use: "restart",
    least: 16 * 1024 * 1024,
    most: 64 * 1024 * 1024 * 1024,
    worst: "half of what the disk has for it is used; or it keeps no more than waits now, and photos beyond go first",
  },
  CAMERA: {
    use: "restart",
    refuses: onlyOwnCamera,
    worst: "no photos during a trial: a camera that does not answer until its end gives way to the one before",
  },
  CAMERA_OPTIONS: {
    use: "restart",
    worst:
      "dark or small photos until the next twin; options are of a list, and none of them names a file or a command",
  },
  SDS011: SENSOR_LINE,
  SDS011_FIELDS: { use: "restart", worst: OWN_READINGS },
  PMS: SENSOR_LINE,
  PMS_B: SENSOR_LINE,
  PMS_MODEL: { use: "restart", worst: OWN_READINGS },
  SPS30: SENSOR_LINE,
  PARTICLE_ASK: { use: "restart", worst: OWN_READINGS },
} as const satisfies Partial<Record<keyof EdgeConfig, TwinSetting>>;

/**
 * Why settings that are right by themselves may not come from outside together, or undefined: a power cut would take a
 * longer pack, and the device would look dead meanwhile. A person at the device may have chosen one.
 */
export function wrongTogether(
  changed: readonly string[],
  { READING_EVERY_S, READINGS_PER_PACK }: Pick<EdgeConfig, "READING_EVERY_S" | "READINGS_PER_PACK">,
): string | undefined {
  if (!changed.includes("READING_EVERY_S") && !changed.includes("READINGS_PER_PACK")) return undefined;
  if (READING_EVERY_S * READINGS_PER_PACK <= MOST_SECONDS) return undefined;
  return `READINGS_PER_PACK: ${READINGS_PER_PACK} rounds of ${READING_EVERY_S} s are more than ${MOST_SECONDS} s`;
}

const BY_NAME: ReadonlyMap<string, TwinSetting> = new Map(Object.entries(TWIN_SETTINGS));

/** How the cloud may change a setting, or undefined where it may not. */
export const twinSettingOf = (name: string): TwinSetting | undefined => BY_NAME.get(name);

/** Whether a wrong one may take away the way to the broker, so that it is on trial for a connection. */
export function mayCutOff(name: string): boolean {
  const may = twinSettingOf(name);
  return may?.use === "reconnect" || may?.mayCutOff === true;
}
