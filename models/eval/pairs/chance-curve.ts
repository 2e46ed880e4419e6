import { type Curve, logitOf } from "../../../edge/pairs/calibration.ts";
import type { Example } from "./made-pairs.ts";

/**
 * What a likeness is told by. The ratio is set by hand: a logistic fit gives all to `fine`, by which one in eight cut photos is lost
 * (recall 0.87 instead of 0.95); it makes no difference to the others.
 */
export const LIKENESS: Curve = { bias: 0, weights: { whole: 6, fine: 9, votes: 1 } };

/** A photo that is called a repeat by chance: at most one shot in so many, however many photos are looked through. */
export const SHOTS_PER_FALSE_ALARM = 1_000;
/** The tail is read between these places of the ranking: further up it is single photos, further down no tail. */
const RANKS = { from: 20, to: 200 } as const;

/**
 * Sets slope and point of a curve so that p is 0.5 where chance alone is estimated to make one false alarm in 1,000 look-ups.
 *
 * `chance` are the best mirrored likenesses of photos that were looked up, over `comparisons` in all: nobody sees a place mirrored, so
 * what is found there is chance alone, while an upright likeness may be the same place, or the same photo under another name; by
 * chance there are as many of both. Their scores fall off exponentially at the top (S(s) = A·exp(-b·s) of each comparison), which
 * carries the few millions of comparisons at hand to the thousand million that are asked about. Among n photos n·S(s) false ones are
 * expected; p = 1 / (1 + 1000·n·S(s)) is the share of right alarms if one shot in a thousand is a used photo.
 */
export function boundByChance(curve: Curve, chance: readonly Example[], comparisons: number): Curve {
  const scores = chance.map(({ figures }) => logitOf(curve, figures)).sort((a, b) => b - a);
  const [high, low] = [scores[RANKS.from - 1], scores[RANKS.to - 1]];
  if (high === undefined || low === undefined || high <= low)
    throw new Error(`${RANKS.to} look-ups with a score wanted`);
  const slope = Math.log(RANKS.to / RANKS.from) / (high - low);
  const perComparison = (2 * RANKS.from) / comparisons;
  const round = (value: number) => Number(value.toPrecision(5));
  const weights = Object.entries(curve.weights).map(([name, weight]) => [name, round(slope * weight)] as const);
  return {
    bias: round(slope * (curve.bias - high) - Math.log(SHOTS_PER_FALSE_ALARM * perComparison)),
    weights: { ...Object.fromEntries(weights), among: -1 },
  };
}
