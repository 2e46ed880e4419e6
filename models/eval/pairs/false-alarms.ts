import { type Curve, likelihoodOf } from "../../../edge/pairs/calibration.ts";
import { type Estimate, shareOf } from "../statistics.ts";
import type { ReuseTrial } from "./made-reuse.ts";

/** Photos that a device keeps, where nothing else is set (`SEEN_PHOTOS`). */
export const KEPT_PHOTOS = 20_000;

/** How often honest photos are said to have been used before. */
export interface FalseAlarms {
  /** Mirrored alarms among all comparisons. */
  readonly mirrored: number;
  /** Alarms by chance alone for each look-up among `KEPT_PHOTOS`, upright and mirrored. */
  readonly byChance: Estimate;
  /** The share of look-ups with an upright alarm, at as many photos as were kept then: chance, one place twice, one photo twice. */
  readonly upright: Estimate;
  readonly uprightAlarms: number;
}

/**
 * Counts the false alarms of honest look-ups, all of them. Chance is counted mirrored, where nobody sees a place, and makes as many
 * upright; it grows with the comparisons. The interval is of comparisons as if these were independent: the true one is wider.
 */
export function falseAlarmsOf(
  { chance, upright, lookUps, comparisons }: Pick<ReuseTrial, "chance" | "upright" | "lookUps" | "comparisons">,
  curve: Curve,
): FalseAlarms {
  const alarmsOf = (examples: ReuseTrial["chance"]) =>
    examples.filter(({ figures }) => likelihoodOf(curve, figures) >= 0.5).length;
  const [mirrored, uprightAlarms] = [alarmsOf(chance), alarmsOf(upright)];
  const { value, low, high } = shareOf(mirrored, comparisons);
  const ofLookUp = 2 * KEPT_PHOTOS;
  const byChance = { value: value * ofLookUp, low: low * ofLookUp, high: high * ofLookUp, n: comparisons };
  return { mirrored, byChance, upright: shareOf(uprightAlarms, lookUps), uprightAlarms };
}
