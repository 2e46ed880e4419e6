import type { Probabilities, SiteState } from "#contract/messages.ts";
import type { ModelManifest } from "./manifest.ts";

/** Turns the model's four outputs, in the order of the labels, into probabilities that sum to 1. */
export function probabilitiesOf(logits: readonly number[]): Probabilities {
  const highest = Math.max(...logits);
  const exponentials = logits.map((logit) => Math.exp(logit - highest));
  const sum = exponentials.reduce((total, value) => total + value, 0);
  const [clean = 0, overflow = 0, scattered = 0, notASite = 0] = exponentials.map((value) => value / sum);
  return { clean, overflow, scattered, not_a_site: notASite };
}

/**
 * The most probable class, or `unsure` below its threshold.
 *
 * Litter is litter: where overflow and scattered share what neither has alone, the more probable of them wins.
 */
export function stateOf(probabilities: Probabilities, thresholds: ModelManifest["thresholds"]): SiteState {
  const { clean, overflow, scattered, not_a_site } = probabilities;
  const dirty = overflow + scattered;
  const dirtyState = overflow >= scattered ? "overflow" : "scattered";
  if (dirty >= clean && dirty >= not_a_site) return dirty >= thresholds[dirtyState] ? dirtyState : "unsure";
  if (clean >= not_a_site) return clean >= thresholds.clean ? "clean" : "unsure";
  return not_a_site >= thresholds.not_a_site ? "not_a_site" : "unsure";
}
