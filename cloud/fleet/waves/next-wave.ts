import type { RolloutPlan, Standing } from "./rollouts.ts";

/** What is known of a rollout at one moment. */
export interface RolloutFacts {
  readonly plan: RolloutPlan;
  /** Counted from 0. */
  readonly wave: number;
  readonly waveSinceMs: number;
  readonly nowMs: number;
  /** No device takes it from then on. */
  readonly expiresAtMs: number;
  /** How those stand that it was given to. */
  readonly counts: Readonly<Partial<Record<Standing, number>>>;
}

/** What is to be done, and why, for a person. */
export interface WaveDecision {
  readonly next: "hold" | "advance" | "stop" | "done";
  readonly why: string;
  /** Something may be wrong, and a person is to look. */
  readonly isWarning?: boolean;
}

const HOUR_MS = 3_600_000;
/** In the first wave so many failures stop it, however many devices it has. */
const FIRST_WAVE_FAILURES = 2;

const FAILED = ["refused", "returned", "unwell"] as const satisfies readonly Standing[];
/** A device that only waits (for the time, for newer software) says nothing about the update. */
const NOT_BEGUN = ["unheard", "waiting"] as const satisfies readonly Standing[];

/**
 * Decides whether an update goes on to more devices. Pure: from what the devices have said and the time alone.
 *
 * Failures are held against all that have begun, since refusals come in minutes and successes take the time of a trial; one
 * alone stops it only where it is too much for all that have it. Nothing goes on before the wave has soaked and enough of
 * all that have it have proved well or failed. Silence holds and does not stop: a truck that is parked from Friday to Monday
 * is as silent as one that the update has killed, and on Monday they can be told apart. Those that are away do not count.
 */
export function nextWave({ plan, wave, waveSinceMs, nowMs, expiresAtMs, counts }: RolloutFacts): WaveDecision {
  const sum = (standings: readonly Standing[]) => standings.reduce((n, one) => n + (counts[one] ?? 0), 0);
  const { well = 0, silent = 0, away = 0, unfit = 0 } = counts;
  // One that the update is not for has nothing to say of it.
  const members = Object.values(counts).reduce((n, one) => n + one, 0) - away - unfit;
  const failed = sum(FAILED);
  const limit = plan.failurePercent / 100;
  if (wave === 0 && failed >= FIRST_WAVE_FAILURES) {
    return { next: "stop", why: `${failed} devices of the first wave have failed` };
  }
  const begun = members - sum(NOT_BEGUN);
  if (failed > limit * members || (failed >= FIRST_WAVE_FAILURES && failed > limit * begun)) {
    return { next: "stop", why: `${failed} of ${begun} devices have failed, more than ${plan.failurePercent} %` };
  }
  if (nowMs >= expiresAtMs) return { next: "stop", why: "it has expired" };
  if (silent > limit * begun) {
    const advice = "look at them, and revoke what is retired";
    return {
      next: "hold",
      isWarning: true,
      why: `${silent} of ${begun} are silent since they have switched: ${advice}`,
    };
  }
  const needed = Math.max(1, Math.ceil((plan.enoughPercent / 100) * members));
  if (well === 0 || well + failed < needed) {
    const others = away === 0 ? "" : `; ${away} more devices are away and not waited for`;
    return { next: "hold", why: `${well + failed} of ${needed} results are here that are needed${others}` };
  }
  const soakedAtMs = waveSinceMs + plan.soakHours * HOUR_MS;
  if (nowMs < soakedAtMs) return { next: "hold", why: `watched until ${new Date(soakedAtMs).toISOString()}` };
  const results = `${well} of ${members} devices are well, ${failed} failed`;
  return wave + 1 < plan.waves.length ? { next: "advance", why: results } : { next: "done", why: results };
}
