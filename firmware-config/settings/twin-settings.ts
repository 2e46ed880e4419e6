import type { EdgeConfig } from "./edge-settings.ts";

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
}

/** Longer packs and pauses would look like a dead device. */
const MOST_SECONDS = 3_600;

/**
 * The settings of a device that the cloud may change (`twin/desired`). What is not named here may not be changed from
 * outside: who the device is, what it signs in with, where its data lies, whose updates it takes, and how far its clock
 * is trusted.
 */
export const TWIN_SETTINGS = {
  // A round in less than 5 s fills the outbox and wears the card.
  READING_EVERY_S: { use: "live", least: 5, most: MOST_SECONDS },
  READINGS_PER_PACK: { use: "live", most: 360 },
  HEALTH_EVERY_S: { use: "live", least: 10, most: MOST_SECONDS },
  PARTICLE_WORK_S: { use: "live" },
  POWER_PROFILE: { use: "live" },
  LOG_LEVEL: { use: "live" },
  // A short trial would call a slow modem a bad setting; a long one keeps the device away for as long.
  TWIN_TRIAL_MIN: { use: "live", least: 5, most: 60 },
  BROKER_URL: { use: "reconnect" },
  BROKER_CA: { use: "reconnect" },
  // What lies above the budget is dropped: less than this is no buffer for a month.
  OUTBOX_BYTES: { use: "restart", least: 16 * 1024 * 1024 },
  CAMERA: { use: "restart" },
  CAMERA_OPTIONS: { use: "restart" },
  SDS011: { use: "restart" },
  SDS011_FIELDS: { use: "restart" },
  PMS: { use: "restart" },
  PMS_B: { use: "restart" },
  PMS_MODEL: { use: "restart" },
  SPS30: { use: "restart" },
  PARTICLE_ASK: { use: "restart" },
  GPSD: { use: "restart" },
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
