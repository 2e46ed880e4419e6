import type { Flag, OwnFlag } from "./flags.ts";
import type { Unchecked } from "./judgement.ts";

/** What doubt a word casts: what is doubted (words of one cause count once, the worst of them) and what remains of 1. */
interface Doubt {
  readonly cause: string;
  readonly remains: number;
}

/**
 * The table of doubts. Below 0.5 a value counts in no mean; above it counts, and says what to think of it. Cold and humidity are
 * half of a winter: together they stay above 0.5. What came late is as true as any other.
 */
const OWN: Readonly<Record<OwnFlag, Doubt>> = {
  "out-of-range": { cause: "range", remains: 0 },
  spike: { cause: "jump", remains: 0.3 },
  flatline: { cause: "stuck", remains: 0.2 },
  "channels-disagree": { cause: "channels", remains: 0.4 },
  humid: { cause: "water", remains: 0.9 },
  fog: { cause: "water", remains: 0.6 },
  "too-cold": { cause: "temperature", remains: 0.7 },
  "too-hot": { cause: "temperature", remains: 0.7 },
  "neighbours-differ": { cause: "neighbours", remains: 0.4 },
  drift: { cause: "drift", remains: 0.6 },
  "clock-unsure": { cause: "time", remains: 0.95 },
  "time-repaired": { cause: "time", remains: 0.9 },
  replayed: { cause: "delay", remains: 1 },
  late: { cause: "delay", remains: 1 },
};

/** The same for the words of the device; a word that we do not know halves. */
const DEVICE: Readonly<Record<string, Doubt>> = {
  "warming-up": { cause: "warm-up", remains: 0.3 },
  "out-of-spec-temperature": { cause: "temperature", remains: 0.7 },
  "laser-life-exceeded": { cause: "laser", remains: 0.6 },
  "instrument-fault": { cause: "fault", remains: 0.1 },
  stuck: { cause: "stuck", remains: 0.2 },
  inconsistent: { cause: "fault", remains: 0.2 },
  "over-range": { cause: "range", remains: 0.1 },
};

/** What remains of 1 where something could not be looked at. */
const UNSEEN: Readonly<Record<Unchecked, number>> = {
  memory: 0.95,
  channels: 1,
  climate: 0.95,
  neighbours: 0.9,
  everything: 0.5,
};

/** Where the device's second channel says the same, the instrument is right, and the air there is not the neighbours'. */
const NEIGHBOURS_DIFFER_BUT_CHANNELS_AGREE = 0.6;

const own: ReadonlyMap<string, Doubt> = new Map(Object.entries(OWN));

function doubtOf(flag: Flag, doChannelsAgree: boolean): Doubt {
  if (flag.startsWith("device:")) return DEVICE[flag.slice("device:".length)] ?? { cause: flag, remains: 0.5 };
  if (flag === "neighbours-differ" && doChannelsAgree) {
    return { cause: "neighbours", remains: NEIGHBOURS_DIFFER_BUT_CHANNELS_AGREE };
  }
  return own.get(flag) ?? { cause: flag, remains: 0.5 };
}

/**
 * How far a value may be relied on, from 0 to 1: the product over the causes of doubt, of each its worst word, and over what could
 * not be looked at. One more word never makes it larger. Rounded to hundredths.
 */
export function confidenceOf(
  flags: readonly Flag[],
  unchecked: readonly Unchecked[],
  doChannelsAgree: boolean,
): number {
  let confidence = 1;
  const worst = new Map<string, number>();
  for (const flag of flags) {
    const { cause, remains } = doubtOf(flag, doChannelsAgree);
    worst.set(cause, Math.min(worst.get(cause) ?? 1, remains));
  }
  for (const remains of worst.values()) confidence *= remains;
  for (const unseen of unchecked) confidence *= UNSEEN[unseen];
  return Math.round(confidence * 100) / 100;
}
