import type { Corrected } from "../correction/choose.ts";
import type { Surroundings } from "../correction/evaluate.ts";
import { doChannelsDisagree, hasJumped, type NeighbourLevel, SPIKE_NEEDS } from "./checks.ts";
import { confidenceOf } from "./confidence.ts";
import { type Flag, isFlag } from "./flags.ts";
import { isMassField, limitsOf, POSSIBLE } from "./instruments.ts";
import type { Judgement, Unchecked } from "./judgement.ts";

/** One sample as it is judged. */
export interface JudgedSample {
  readonly model: string;
  readonly at: number;
  readonly values: Readonly<Record<string, number>>;
  /** Words of the device. */
  readonly status: readonly string[];
  /** The clock that its time is from. */
  readonly clock: string;
  /** The device did not know the time; it was derived. */
  readonly isTimeRepaired: boolean;
  /** UTC ms; null where it is not known when it came. */
  readonly arrivedAt: number | null;
  /** `at` of the newest sample of its message: an hour's pack is no outage. */
  readonly newestAt: number;
}

/** What the judge knows beside the sample itself. */
export interface JudgeContext {
  /** PM2.5 by the formula of the sensor; null for a sample without PM2.5. */
  readonly corrected: Corrected | null;
  /** The climate nearest in time (at most 10 minutes away) at the same station. */
  readonly around: Surroundings;
  /** Raw PM2.5 of the same sensor in the 90 minutes before, oldest first. */
  readonly before: readonly number[];
  /** How long the sensor has said the very same values, ms. */
  readonly equalForMs: number;
  /** Raw PM2.5 of the device's other channel at the same moment; null: there is one and it is not known; undefined: there is none. */
  readonly sister: number | null | undefined;
  /** Whether the last comparison of both channels, at most an hour before, found them apart. */
  readonly didChannelsDisagree: boolean;
  readonly neighbours: NeighbourLevel | undefined;
  /** By the days before; see checks.ts. */
  readonly hasDrifted: boolean;
}

/** Three equal hours: the persistence check of USEPA's sensortoolkit (research/air.md 3.3). */
const FLAT_AFTER_MS = 3 * 3_600_000;
/** What the other channel says (µg/m³) beside one that is dead at zero. */
const DEAD_BESIDE = 2;
/** A whole message that is older than this when it comes was kept on the device: our map calls a station silent by then. */
const REPLAYED_AFTER_MS = 15 * 60_000;
/** The window of the neighbours' rule: who comes later, comes after the hour was shown. */
const LATE_AFTER_MS = 2 * 3_600_000;
/** More than this (%) and particles have swollen; more than that, droplets are counted. */
const HUMID = 85;
const FOG = 95;

/** The raw PM2.5 of a sample, by the first of these that it has; undefined where it has none. */
export const massOf = (values: Readonly<Record<string, number>>): number | undefined =>
  values.pm25_atm ?? values.pm25 ?? values.pm25_cf1;

/**
 * Judges one sample: its corrected value, the reasons to doubt it, and how far it may be relied on. Pure; it takes nothing away and
 * changes no value. The same sample in the same context always gets the same judgement.
 */
export function judge(sample: JudgedSample, context: JudgeContext): Judgement {
  const mass = massOf(sample.values);
  const { value = null, correction = null } = context.corrected ?? {};
  const flags: Flag[] = [];
  const unchecked: Unchecked[] = [];
  let doChannelsAgree = false;
  if (!isInRange(sample)) flags.push("out-of-range");
  if (mass !== undefined) {
    const channels = channelsOf(mass, context);
    doChannelsAgree = channels === "agree";
    const neighbours = neighboursOf(value ?? mass, context.neighbours);
    if (hasJumped(mass, context.before) && !doChannelsAgree && neighbours !== "agree") flags.push("spike");
    // Clean air is zero for hours, and rightly so; where the other channel finds particles, zero is a dead channel.
    const mayBeEqual = mass === 0 && (context.sister ?? 0) <= DEAD_BESIDE;
    if (context.equalForMs >= FLAT_AFTER_MS && !mayBeEqual) flags.push("flatline");
    flags.push(...climateFlags(value !== null, sample, context));
    if (channels === "disagree") flags.push("channels-disagree");
    if (neighbours === "differ") flags.push("neighbours-differ");
    if (context.hasDrifted) flags.push("drift");
    if (context.before.length < SPIKE_NEEDS) unchecked.push("memory");
    if (channels === "unknown") unchecked.push("channels");
    if (context.around.humidity === null) unchecked.push("climate");
    if (neighbours === "unknown") unchecked.push("neighbours");
  }
  flags.push(...timeFlags(sample));
  for (const word of sample.status) {
    const flag = `device:${word}`;
    if (isFlag(flag)) flags.push(flag);
  }
  return {
    corrected: value,
    correction,
    flags,
    confidence: confidenceOf(flags, unchecked, doChannelsAgree),
    unchecked,
  };
}

function isInRange({ values, model }: JudgedSample): boolean {
  const most = limitsOf(model).mostUgM3 ?? Infinity;
  return Object.entries(values).every(([name, value]) => {
    if (isMassField(name)) return value >= 0 && value <= most;
    const [least, highest] = POSSIBLE[name] ?? [-Infinity, Infinity];
    return value >= least && value <= highest;
  });
}

/** What is to be doubted of a mass because of the air around it. */
function climateFlags(isCorrected: boolean, { model }: JudgedSample, { around }: JudgeContext): readonly Flag[] {
  const flags: Flag[] = [];
  const { leastC = -Infinity, mostC = Infinity, mostHumidity = HUMID } = limitsOf(model);
  const humidity = around.humidity ?? 0;
  if (humidity > FOG) flags.push("fog");
  else if (humidity > mostHumidity && !isCorrected) flags.push("humid");
  if (around.temperature !== null && around.temperature < leastC) flags.push("too-cold");
  if (around.temperature !== null && around.temperature > mostC) flags.push("too-hot");
  return flags;
}

function channelsOf(
  mass: number,
  { sister, didChannelsDisagree }: JudgeContext,
): "agree" | "disagree" | "unknown" | "one" {
  if (sister === undefined) return "one";
  if (sister === null) return didChannelsDisagree ? "disagree" : "unknown";
  return doChannelsDisagree(mass, sister) ? "disagree" : "agree";
}

function neighboursOf(level: number, neighbours: NeighbourLevel | undefined): "agree" | "differ" | "unknown" {
  if (neighbours === undefined) return "unknown";
  return Math.abs(level - neighbours.middle) > neighbours.tolerance ? "differ" : "agree";
}

function timeFlags({ at, clock, isTimeRepaired, arrivedAt, newestAt }: JudgedSample): readonly Flag[] {
  const flags: Flag[] = [];
  if (isTimeRepaired) flags.push("time-repaired");
  else if (clock !== "gps" && clock !== "ntp") flags.push("clock-unsure");
  if (arrivedAt === null) return flags;
  if (arrivedAt - newestAt > REPLAYED_AFTER_MS) flags.push("replayed");
  if (arrivedAt - at > LATE_AFTER_MS) flags.push("late");
  return flags;
}
