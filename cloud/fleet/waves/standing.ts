import type { UpdateStage } from "#contract/twin.ts";
import { type ErrorTally, errorsPerHour, hasJustRestarted, RATE_AFTER_MS } from "../twins/error-tally.ts";
import type { KnownDevice } from "../twins/known-devices.ts";
import type { RolloutPlan, RolloutStatus, Standing } from "./rollouts.ts";

/** What is kept of a device that has an update. */
export interface MemberFacts {
  readonly stage: UpdateStage | null;
  /** UTC ms when the city first heard that it had switched. */
  readonly switchedAt: number | null;
  /** Counted errors in an hour before it got the update. */
  readonly errorsBefore: number | null;
  /** What it had counted when it switched, or else when it got the update. */
  readonly tally: ErrorTally | null;
}

const HOUR_MS = 3_600_000;
/** Errors come by themselves too (a lost link, a cold sensor): only far more than before are the update's. */
const MORE_ERRORS = { factor: 3, perHour: 6 } as const;
/** A device that was not heard for so long is not waited for: it may be sold, broken, or off for the winter. */
const AWAY_AFTER_MS = 30 * 24 * HOUR_MS;
/** What says something of the update stays said, however long the device is away. */
const PROVED: readonly Standing[] = ["well", "refused", "returned", "silent", "unwell"];

/** Whether the device runs the update, or tries it. */
export const hasSwitched = ({ stage }: Pick<MemberFacts, "stage">): boolean => stage === "trial" || stage === "active";

/** Whether nobody waits for a device: it is retired, or was not heard for a month. */
export const isAway = (device: Pick<KnownDevice, "seenAt" | "isRevoked"> | undefined, nowMs: number): boolean =>
  device === undefined || device.isRevoked || nowMs - (device.seenAt ?? 0) > AWAY_AFTER_MS;

/** What is looked at of a device, besides what it says of the update. */
export type DeviceFacts = Pick<KnownDevice, "heardAt" | "seenAt" | "tally" | "isLooping" | "isRevoked">;

/** How a device stands to its update. Pure. */
export function standingOf(
  member: MemberFacts,
  device: DeviceFacts | undefined,
  plan: RolloutPlan,
  nowMs: number,
): Standing {
  const standing = withoutAbsence(member, device, plan, nowMs);
  if (device?.isRevoked) return "away";
  return isAway(device, nowMs) && !PROVED.includes(standing) ? "away" : standing;
}

/** The same from what it says of the update alone, while nobody can tell how it is. */
export function standingBySaying({ stage }: Pick<MemberFacts, "stage">): Standing {
  if (stage === null) return "unheard";
  return stage === "active" ? "unproven" : stage;
}

function withoutAbsence(
  member: MemberFacts,
  device: DeviceFacts | undefined,
  plan: RolloutPlan,
  nowMs: number,
): Standing {
  if (!hasSwitched(member)) return standingBySaying(member);
  const sinceMs = member.switchedAt ?? nowMs;
  const heardMs = Math.max(device?.heardAt ?? 0, sinceMs);
  const silentMs = plan.silentHours * HOUR_MS;
  // One that was heard for long enough and is off now is a device that is off.
  if (nowMs - heardMs > silentMs && heardMs - sinceMs < silentMs) return "silent";
  if (member.stage === "trial") return "trial";
  // Half of the soak: a wave that ends has been watched.
  const watchMs = (plan.soakHours * HOUR_MS) / 2;
  if (heardMs - sinceMs < watchMs) return "unproven";
  return device?.tally ? byErrors(member, { ...device, tally: device.tally }, watchMs) : "well";
}

/** A program that begins again and again counts next to nothing, so a start that was just now proves nothing. */
function byErrors(
  { errorsBefore, tally: atSwitch }: MemberFacts,
  { tally, isLooping }: { readonly tally: ErrorTally; readonly isLooping: boolean },
  watchMs: number,
): Standing {
  if (hasJustRestarted(tally, Math.min(watchMs, RATE_AFTER_MS))) return isLooping ? "unwell" : "unproven";
  const rate = errorsPerHour(tally, atSwitch);
  const isFarMore = rate !== null && rate > (errorsBefore ?? 0) * MORE_ERRORS.factor + MORE_ERRORS.perHour;
  return isFarMore ? "unwell" : "well";
}

/** A rollout as far as it matters for one device. */
export interface Offer {
  readonly id: string;
  /** What it replaces. */
  readonly target: string;
  readonly counter: number;
  readonly status: RolloutStatus;
  readonly expiresAt: number;
}

/**
 * The updates that a device is to have: of each kind and name the newest one that was given to it and is still offered, or
 * that it runs. What was stopped stays wanted of those that have switched, so that nothing changes under them.
 */
export function updatesFor(
  offers: readonly Offer[],
  memberOf: (id: string) => MemberFacts | undefined,
  nowMs: number,
): readonly string[] {
  const newest = new Map<string, Offer>();
  for (const offer of offers) {
    const member = memberOf(offer.id);
    if (member === undefined) continue;
    const isOpen = offer.status === "running" || offer.status === "paused" || offer.status === "done";
    if (!hasSwitched(member) && !(isOpen && nowMs < offer.expiresAt)) continue;
    const known = newest.get(offer.target);
    if (known === undefined || known.counter < offer.counter) newest.set(offer.target, offer);
  }
  return [...newest.values()].map(({ id }) => id).sort();
}
