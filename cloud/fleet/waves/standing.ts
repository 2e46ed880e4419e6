import type { UpdateStage } from "#contract/twin.ts";
import type { KnownDevice } from "../twins/known-devices.ts";
import type { RolloutPlan, RolloutStatus, Standing } from "./rollouts.ts";

/** What is kept of a device that has an update. */
export interface MemberFacts {
  readonly stage: UpdateStage | null;
  /** UTC ms when the city first heard that it had switched. */
  readonly switchedAt: number | null;
  /** Counted errors in an hour before it got the update. */
  readonly errorsBefore: number | null;
}

const HOUR_MS = 3_600_000;
/** Errors come by themselves too (a lost link, a cold sensor): only far more than before are the update's. */
const MORE_ERRORS = { factor: 3, perHour: 6 } as const;

/** Whether the device runs the update, or tries it. */
export const hasSwitched = ({ stage }: Pick<MemberFacts, "stage">): boolean => stage === "trial" || stage === "active";

/** How a device stands to its update. Pure. */
export function standingOf(
  member: MemberFacts,
  device: Pick<KnownDevice, "heardAt" | "errorsPerHour"> | undefined,
  plan: RolloutPlan,
  nowMs: number,
): Standing {
  const { stage, switchedAt, errorsBefore } = member;
  if (stage === null) return "unheard";
  if (stage !== "trial" && stage !== "active") return stage;
  const sinceMs = switchedAt ?? nowMs;
  const heardMs = Math.max(device?.heardAt ?? 0, sinceMs);
  const silentMs = plan.silentHours * HOUR_MS;
  // One that was heard for long enough and is off now is a device that is off.
  if (nowMs - heardMs > silentMs && heardMs - sinceMs < silentMs) return "silent";
  if (stage === "trial") return "trial";
  // Half of the soak: a wave that ends has been watched.
  if (heardMs - sinceMs < (plan.soakHours * HOUR_MS) / 2) return "unproven";
  return hasMoreErrors(errorsBefore, device?.errorsPerHour ?? null) ? "unwell" : "well";
}

const hasMoreErrors = (before: number | null, after: number | null): boolean =>
  after !== null && after > (before ?? 0) * MORE_ERRORS.factor + MORE_ERRORS.perHour;

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
