import type { Probabilities, SiteState } from "#contract/messages.ts";
import type { ModelManifest } from "./manifest.ts";
import { isSoft, type Look, leastUsable } from "./usable.ts";

/** The network's four logits. */
export interface Answers {
  readonly site: number;
  readonly overflow: number;
  readonly scattered: number;
  readonly usable: number;
}

/** What a manifest says of how answers become a verdict. */
type Rule = Pick<ModelManifest, "temperatures" | "thresholds">;

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/**
 * Follows the tree of answers down: what is no site; of a site, what overflows; of one that does not, what is scattered.
 * The four probabilities sum to 1.
 */
export function probabilitiesOf(answers: Answers, temperatures: Rule["temperatures"]): Probabilities {
  const site = sigmoid(answers.site / temperatures.site);
  const overflow = sigmoid(answers.overflow / temperatures.overflow);
  const scattered = sigmoid(answers.scattered / temperatures.scattered);
  const emptied = site * (1 - overflow);
  return {
    clean: emptied * (1 - scattered),
    overflow: site * overflow,
    scattered: emptied * scattered,
    not_a_site: 1 - site,
  };
}

/** How likely it is that the picture can be judged at all. */
export const usableOf = (answers: Answers, temperatures: Rule["temperatures"]): number =>
  sigmoid(answers.usable / temperatures.usable);

/** State, probabilities and reason, from the answers and from how sharp the picture is. */
export function verdictOf(answers: Answers, { temperatures, thresholds }: Rule, look: Pick<Look, "blurLoss">) {
  const probabilities = probabilitiesOf(answers, temperatures);
  const usable = usableOf(answers, temperatures);
  if (usable < leastUsable(thresholds.usable, look)) {
    return { state: "unusable", reason: isSoft(look) ? "blurred" : "model", probabilities, usable } as const;
  }
  return { state: stateOf(probabilities, thresholds), reason: null, probabilities, usable } as const;
}

/**
 * The most probable class, or `unsure` below its threshold.
 *
 * Litter is litter: where overflow and scattered share what neither has alone, the more probable of them wins.
 */
export function stateOf(probabilities: Probabilities, thresholds: Rule["thresholds"]): SiteState {
  const { clean, overflow, scattered, not_a_site } = probabilities;
  const dirty = overflow + scattered;
  const dirtyState = overflow >= scattered ? "overflow" : "scattered";
  if (dirty >= clean && dirty >= not_a_site) return dirty >= thresholds[dirtyState] ? dirtyState : "unsure";
  if (clean >= not_a_site) return clean >= thresholds.clean ? "clean" : "unsure";
  return not_a_site >= thresholds.not_a_site ? "not_a_site" : "unsure";
}
