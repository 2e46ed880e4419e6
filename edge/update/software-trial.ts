import type { Proof } from "./software-proof.ts";

/** How long everything must be well, without a break. */
const WELL_MS = 60_000;
/** Old software that connects within this time shows that the link was not away: one back-off and a slow modem. */
const BLAME_WITHIN_MS = 2 * 60_000;
/** A link that has lasted so long is worth another trial. */
const STEADY_MS = 60_000;
/** Trials that met no link, of one update in all; then somebody must sign it anew. */
export const MOST_TRIES = 3;

/** How a trial ended. */
export interface TrialEnd {
  readonly isWell: boolean;
  readonly reason: string;
  /** Nothing but a missing link may be the cause. */
  readonly mayBeLink: boolean;
}

/** Follows new software on trial; give it a look at the device each second, and it says once the trial has ended. */
export function trialOf(trialMs: number, startedMs: number): (proof: Proof, nowMs: number) => TrialEnd | undefined {
  const wellForMs = Math.min(WELL_MS, trialMs / 5);
  let wellSinceMs: number | undefined;
  return ({ lack, mayBeLink }, nowMs) => {
    wellSinceMs = lack === undefined ? (wellSinceMs ?? nowMs) : undefined;
    if (wellSinceMs !== undefined && nowMs - wellSinceMs >= wellForMs) {
      return { isWell: true, reason: "it is connected and sends", mayBeLink: false };
    }
    if (nowMs - startedMs < trialMs) return undefined;
    const reason = `within ${Math.round(trialMs / 1000)} s it was not proven: ${lack ?? "not for long"}`;
    return { isWell: false, reason, mayBeLink: lack === undefined || mayBeLink };
  };
}

/** What the program before can say of an update whose trial met no link. */
export interface LinkAnswer {
  /** Whether the update is to blame; undefined until that shows. */
  readonly isToBlame: boolean | undefined;
  /** The link has lasted: worth another trial. */
  readonly isSteady: boolean;
}

/** Follows the link of the program before, by a look each second. */
export function linkSince(startedMs: number): (isConnected: boolean, nowMs: number) => LinkAnswer {
  let sinceMs: number | undefined;
  return (isConnected, nowMs) => {
    sinceMs = isConnected ? (sinceMs ?? nowMs) : undefined;
    const isLate = nowMs - startedMs >= BLAME_WITHIN_MS;
    return {
      isToBlame: isLate ? false : isConnected ? true : undefined,
      isSteady: sinceMs !== undefined && nowMs - sinceMs >= STEADY_MS,
    };
  };
}
