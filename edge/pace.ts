import { limits } from "#contract/limits.ts";
import type { EdgeConfig } from "../firmware-config/settings/edge-settings.ts";

/** How often the device measures and speaks, as its settings want it. */
export interface PaceSettings {
  /** Between two rounds of the sensors. */
  readonly everyMs: number;
  /** Rounds in one reading. */
  readonly samplesPerPack: number;
  /** How long a particle sensor works before a round; 0: it never sleeps. */
  readonly particleWorkMs: number;
  /** Between two health messages. */
  readonly healthEveryMs: number;
}

/** What is saved for the sake of the battery, of the heat (`edge/power`) or of the card (`edge/storage`). */
export interface Thrift {
  /** Rounds and health come so many times more seldom. */
  readonly stretch: number;
  /** So many times more rounds go into one reading, and so many times fewer health messages are written. */
  readonly packFactor: number;
  /** Whether particle sensors sleep between rounds even where the settings let them work all the time. */
  readonly letParticlesSleep: boolean;
}

/** The pace of the moment. It changes while the device runs: ask for it each time, or hear of its changes. */
export interface Pace {
  now(): PaceSettings;
  /** Takes other settings. */
  adopt(settings: Partial<PaceSettings>): void;
  /** Takes other thrift. */
  spare(thrift: Partial<Thrift>): void;
  /** Calls back after a change; gives the way to stop it. */
  onChange(listener: () => void): () => void;
}

/** Nothing is saved. */
export const NO_THRIFT: Thrift = { stretch: 1, packFactor: 1, letParticlesSleep: false };

/** However much is saved, rounds and health come this often at least, unless the settings themselves say more seldom. */
const SELDOM_MS = 60 * 60_000;
/** What a power cut may take of readings that are not kept yet, unless the settings themselves pack for longer. */
const PACK_MS = 60 * 60_000;
/** Of all our particle sensors: 30 s of warm-up (edge/sensors/supported.ts), and 10 s to measure. */
const SHORT_WORK_MS = 40_000;

/** What settings and thrift make together. */
export function paceOf(settings: PaceSettings, { stretch, packFactor, letParticlesSleep }: Thrift): PaceSettings {
  const stretched = (ms: number, factor: number) => Math.max(ms, Math.min(ms * factor, SELDOM_MS));
  const everyMs = stretched(settings.everyMs, stretch);
  const packMs = Math.max(settings.everyMs * settings.samplesPerPack, PACK_MS);
  const mostSamples = Math.min(Math.max(1, Math.floor(packMs / everyMs)), limits.samplesPerReading);
  const maySleep = letParticlesSleep && settings.particleWorkMs === 0 && everyMs >= 2 * SHORT_WORK_MS;
  return {
    everyMs,
    samplesPerPack: Math.min(settings.samplesPerPack * packFactor, mostSamples),
    particleWorkMs: maySleep ? SHORT_WORK_MS : settings.particleWorkMs,
    healthEveryMs: stretched(settings.healthEveryMs, stretch * packFactor),
  };
}

/** The pace that a device's settings want. */
export function paceSettings({
  READING_EVERY_S,
  READINGS_PER_PACK,
  PARTICLE_WORK_S,
  HEALTH_EVERY_S,
}: Pick<EdgeConfig, "READING_EVERY_S" | "READINGS_PER_PACK" | "PARTICLE_WORK_S" | "HEALTH_EVERY_S">): PaceSettings {
  return {
    everyMs: READING_EVERY_S * 1000,
    samplesPerPack: READINGS_PER_PACK,
    particleWorkMs: PARTICLE_WORK_S * 1000,
    healthEveryMs: HEALTH_EVERY_S * 1000,
  };
}

/** A pace that begins with these settings and without thrift. */
export function createPace(begin: PaceSettings): Pace {
  const listeners = new Set<() => void>();
  let settings = begin;
  let thrift = NO_THRIFT;
  let current = paceOf(settings, thrift);
  const renew = () => {
    const before = current;
    current = paceOf(settings, thrift);
    if (isSame(before, current)) return;
    for (const listener of listeners) listener();
  };
  return {
    now: () => current,
    adopt: (change) => {
      settings = { ...settings, ...change };
      renew();
    },
    spare: (change) => {
      thrift = { ...thrift, ...change };
      renew();
    },
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function isSame(a: PaceSettings, b: PaceSettings): boolean {
  return (
    a.everyMs === b.everyMs &&
    a.samplesPerPack === b.samplesPerPack &&
    a.particleWorkMs === b.particleWorkMs &&
    a.healthEveryMs === b.healthEveryMs
  );
}
