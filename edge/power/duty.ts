import type { PowerProfile } from "../../firmware-config/settings/power-settings.ts";
import type { PowerFacts } from "./power-facts.ts";

/** How much a device does, and why. */
export interface Duty {
  /** Rounds and health messages come so many times more seldom. */
  readonly stretch: number;
  /** Whether particle sensors sleep between rounds, even where the settings let them work all the time. */
  readonly letParticlesSleep: boolean;
  readonly isCameraAllowed: boolean;
  /** Between the end of one judgement and the begin of the next, so that the processor cools down. */
  readonly judgeGapMs: number;
  /** Readings, health and photos' bytes leave only so often, together; 0: at once. Alerts and visits always at once. */
  readonly burstMs: number;
  /** In words, for a person. */
  readonly reason: string;
}

/** How bad the causes are, kept from one look to the next, so that duty does not flap. Times are of the monotonic clock. */
export interface Causes {
  /** 0, it is none, to 2. */
  readonly heat: number;
  readonly charge: number;
  /** Whether the battery was empty when its charge was known last, and is not well above that yet. */
  readonly isEmpty: boolean;
  /** When heat and charge were known last; what is not known for an hour is no cause any more. */
  readonly heatKnownMs: number;
  readonly chargeKnownMs: number;
  /** When the supply was too weak last; null: not within the last ten minutes. */
  readonly undervoltedMs: number | null;
  /** Whether it is known already that the firmware has seen the supply too weak in this boot; it says so but once. */
  readonly hadDip: boolean;
}

/** Bad from `at` on, until it is down to `back`. */
interface Bound {
  readonly at: number;
  readonly back: number;
}

/** A Raspberry Pi slows down at 80 °C, and hard at 85 °C (research/edge.md, 4.2); 5 °C less before it works as before. */
const HEAT_C: readonly Bound[] = [
  { at: 80, back: 75 },
  { at: 85, back: 80 },
];
/**
 * Charge, %: the second bound keeps enough for alerts and visits until somebody comes. A solar post begins to save earlier:
 * it must live through some dark days. Ten points more before it does as before.
 */
const CHARGE_PERCENT: Readonly<Record<PowerProfile, readonly Bound[]>> = {
  mains: [],
  battery: [
    { at: 40, back: 50 },
    { at: 15, back: 25 },
  ],
  solar: [
    { at: 60, back: 70 },
    { at: 25, back: 35 },
  ],
};
/** A weak supply fails under load, again and again: it must have been well for so long. */
const UNDERVOLTAGE_HOLD_MS = 10 * 60_000;
/** A gauge that is gone for good must not hold the camera off for good. */
const FORGET_MS = 60 * 60_000;

/** What is done about a cause; of several causes the strictest of each counts. */
type Measure = Omit<Duty, "reason">;

const NONE: Measure = { stretch: 1, letParticlesSleep: false, isCameraAllowed: true, judgeGapMs: 0, burstMs: 0 };
const ON_HEAT: readonly Measure[] = [
  NONE,
  { ...NONE, stretch: 2, judgeGapMs: 2_000 },
  { ...NONE, stretch: 4, judgeGapMs: 10_000 },
];
const ON_UNDERVOLTAGE: Measure = { ...NONE, stretch: 2, judgeGapMs: 2_000 };
const ON_CHARGE: readonly Measure[] = [
  NONE,
  { ...NONE, stretch: 3, letParticlesSleep: true, burstMs: 15 * 60_000 },
  { stretch: 10, letParticlesSleep: true, isCameraAllowed: false, judgeGapMs: 0, burstMs: 60 * 60_000 },
];

/** Of the charge: the worst. */
const EMPTY = ON_CHARGE.length - 1;

/** The causes at the start: a device that was restarted within an episode is still in it. */
export function firstCauses(told: readonly string[], nowMs: number, hadDip = false): Causes {
  const isEmpty = told.includes("battery-empty");
  return {
    heat: 0,
    charge: isEmpty ? EMPTY : 0,
    isEmpty,
    heatKnownMs: nowMs,
    chargeKnownMs: nowMs,
    undervoltedMs: told.includes("undervoltage") ? nowMs : null,
    hadDip,
  };
}

/** What the facts make of the causes before. */
export function causesOf(facts: PowerFacts, before: Causes, profile: PowerProfile, nowMs: number): Causes {
  const { temperatureC, chargePercent, isUndervolted, sinceBoot } = facts;
  const hasDip = sinceBoot?.includes("undervoltage") ?? before.hadDip;
  const isNewDip = hasDip && !before.hadDip;
  const since = isUndervolted === true || isNewDip ? nowMs : before.undervoltedMs;
  const heatKnownMs = temperatureC === null ? before.heatKnownMs : nowMs;
  const chargeKnownMs = chargePercent === null ? before.chargeKnownMs : nowMs;
  const emptied = CHARGE_PERCENT[profile].map(({ at, back }) => ({ at: -at, back: -back }));
  // A gauge that is back after it was forgotten finds the battery as empty as it was told to be.
  const chargeBefore = chargePercent !== null && before.isEmpty ? EMPTY : before.charge;
  const charge = howBad(negated(chargePercent), chargeBefore, emptied);
  return {
    heat: nowMs - heatKnownMs > FORGET_MS ? 0 : howBad(temperatureC, before.heat, HEAT_C),
    charge: nowMs - chargeKnownMs > FORGET_MS ? 0 : charge,
    isEmpty: chargePercent === null ? before.isEmpty && emptied.length >= EMPTY : charge >= EMPTY,
    heatKnownMs,
    chargeKnownMs,
    undervoltedMs: since !== null && nowMs - since < UNDERVOLTAGE_HOLD_MS ? since : null,
    hadDip: hasDip,
  };
}

const negated = (value: number | null): number | null => (value === null ? null : -value);

/** How many of the bounds are reached, or were and are not left yet; what is not known stays as it was. */
function howBad(value: number | null, before: number, bounds: readonly Bound[]): number {
  if (value === null) return Math.min(before, bounds.length);
  return bounds.filter(({ at, back }, i) => value >= at || (before > i && value > back)).length;
}

/** What a device does in the face of the causes. */
export function dutyOf(causes: Causes, { temperatureC, chargePercent }: PowerFacts): Duty {
  const { heat, charge, undervoltedMs } = causes;
  const found: readonly (readonly [Measure | undefined, string])[] = [
    [heat > 0 ? ON_HEAT[heat] : undefined, `the processor is hot (${temperatureC ?? "unknown"} °C)`],
    [undervoltedMs !== null ? ON_UNDERVOLTAGE : undefined, "the supply is or was too weak: look at adapter and cable"],
    [charge > 0 ? ON_CHARGE[charge] : undefined, `the battery is low (${chargePercent ?? "unknown"} %)`],
  ];
  const reasons = found.filter(([measure]) => measure !== undefined);
  return {
    ...reasons.reduce((strictest, [measure = NONE]) => stricter(strictest, measure), NONE),
    reason: reasons.length === 0 ? "nothing to save" : reasons.map(([, words]) => words).join("; "),
  };
}

function stricter(a: Measure, b: Measure): Measure {
  return {
    stretch: Math.max(a.stretch, b.stretch),
    letParticlesSleep: a.letParticlesSleep || b.letParticlesSleep,
    isCameraAllowed: a.isCameraAllowed && b.isCameraAllowed,
    judgeGapMs: Math.max(a.judgeGapMs, b.judgeGapMs),
    burstMs: Math.max(a.burstMs, b.burstMs),
  };
}

/** What `d/alert` tells of, once for each episode. */
export type PowerEpisode = "undervoltage" | "battery-empty";

/** The episodes that the device is in: that of an empty battery ends only when its gauge says so. */
export function episodesOf({ isEmpty, undervoltedMs }: Causes): readonly PowerEpisode[] {
  return [...(undervoltedMs === null ? [] : ["undervoltage" as const]), ...(isEmpty ? ["battery-empty" as const] : [])];
}
