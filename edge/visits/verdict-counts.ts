import type { HealthFacts, Probabilities } from "#contract/messages.ts";
import type { Verdict } from "../classify/classifier.ts";

/** What one model has said so far: how a fleet sees that the streets, or a lens, are no longer those of the training. */
export interface VerdictCounts {
  add(verdict: Pick<Verdict, "state" | "reason" | "probabilities">): void;
  /** For a health message; undefined before the first photo. */
  now(): HealthFacts["verdicts"];
}

/** Counts that begin at zero: one for each model that is loaded. */
export function countVerdicts(): VerdictCounts {
  const states: Record<string, number> = {};
  const reasons: Record<string, number> = {};
  let surenessSum = 0;
  let judged = 0;
  return {
    add: ({ state, reason, probabilities }) => {
      states[state] = (states[state] ?? 0) + 1;
      if (reason !== null) reasons[reason] = (reasons[reason] ?? 0) + 1;
      if (probabilities === null) return;
      judged += 1;
      surenessSum += confidenceOf(probabilities);
    },
    now: () => {
      if (Object.keys(states).length === 0) return undefined;
      return {
        states: { ...states },
        ...(Object.keys(reasons).length > 0 && { reasons: { ...reasons } }),
        ...(judged > 0 && { confidence: Math.round((surenessSum / judged) * 1_000) / 1_000 }),
      };
    },
  };
}

/** What is compared with a threshold: dirty counts whole, whichever kind of dirt it is. */
export function confidenceOf({ clean, overflow, scattered, not_a_site }: Probabilities): number {
  return Math.max(clean, overflow + scattered, not_a_site);
}
