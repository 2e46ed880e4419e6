import { balancedSides, fourWay, isRight, isSideRight } from "../accuracy.ts";
import { expectedError, fourWayClaims } from "../calibration.ts";
import type { Judged } from "../judged.ts";
import type { Latency } from "../latency.ts";
import type { PairReport } from "../pair-report.ts";
import { bootstrap, comparePaired, type Estimate } from "../statistics.ts";
import { type Caught, caughtOf } from "../unusable-trial.ts";
import type { Machine } from "./latency-section.ts";
import { estimate, figure, table } from "./markdown.ts";
import type { Pair } from "./precision-section.ts";
import { refusedOf } from "./unusable-section.ts";

/** A goal that was set for the model, and where it stands. */
export interface Goal {
  readonly goal: string;
  readonly seen: string;
  readonly isMet: boolean;
}

export interface Measured {
  readonly judged: readonly Judged[];
  readonly precision: readonly Pair[] | null;
  readonly caught: readonly Caught[];
  readonly latency: Latency | null;
  readonly pairs: PairReport | null;
  readonly machine: Machine;
}

const goal = (what: string, seen: string, isMet: boolean): Goal => ({ goal: what, seen, isMet });

const atLeast = (what: string, least: number, seen: Estimate): Goal =>
  goal(`${what} ≥ ${least}`, estimate(seen), seen.value >= least);

/** The goals of the model's issue that this run could measure. */
export function goalsOf(
  { judged, precision, caught, latency, pairs, machine }: Measured,
  seed: number,
): readonly Goal[] {
  const ofSet = (set: string) => judged.filter(({ photo }) => photo.set === set);
  const [val, test] = [ofSet("val"), ofSet("test")];
  const goals: Goal[] = [];
  if (test.length > 0) {
    goals.push(atLeast("`test/` dirty or clean, balanced,", 0.98, balancedSides(test)));
  }
  if (val.length > 0) goals.push(atLeast("`val/` four-way", 0.93, fourWay(val)));
  for (const [name, photos] of [["val", val] as const, ["test", test] as const, ["all", judged] as const]) {
    if (photos.length === 0) continue;
    const error = bootstrap([fourWayClaims(photos)], expectedError, seed);
    goals.push(goal(`calibration error of ${name} ≤ 0.05`, estimate(error), error.value <= 0.05));
  }
  if (precision !== null) goals.push(...precisionGoals(precision));
  if (caught.length > 0) {
    const refused = refusedOf(judged);
    goals.push(atLeast("unusable photos caught", 0.95, caughtOf(caught)));
    goals.push(goal("good photos refused ≤ 0.02", estimate(refused), refused.value <= 0.02));
  }
  if (latency !== null) goals.push(...latencyGoals(latency, machine));
  return [...goals, ...(pairs === null ? [] : pairGoals(pairs.figures))];
}

/** By the names that the pairs' report gives its figures; their intervals stand in its section. */
const PAIR_GOALS = [
  { name: "samePlaceMadeRoc", what: "same place, ROC area on made pairs,", least: 0.97 },
  { name: "seenRecall-recompressed", what: "seen before, compressed again, known", least: 0.98 },
  { name: "seenRecall-resized", what: "seen before, resized, known", least: 0.98 },
  { name: "seenRecall-brightened", what: "seen before, brightened, known", least: 0.98 },
  { name: "seenRecall-cropped", what: "seen before, cut to 70 % of each side, known", least: 0.9 },
  { name: "seenRecall-mirrored", what: "seen before, mirrored, known", least: 0.9 },
] as const;

function pairGoals(figures: PairReport["figures"]): readonly Goal[] {
  const reached = PAIR_GOALS.flatMap(({ name, what, least }) => {
    const seen = figures[name];
    return seen === undefined ? [] : [goal(`${what} ≥ ${least}`, figure(seen), seen >= least)];
  });
  const { seenFalseAlarms: alarms, seenComparisons: comparisons } = figures;
  if (alarms === undefined || comparisons === undefined) return reached;
  const words = `${alarms} in ${comparisons}`;
  return [...reached, goal("seen before, at most 1 false alarm in 10,000", words, alarms <= comparisons / 10_000)];
}

function precisionGoals(pairs: readonly Pair[]): readonly Goal[] {
  const difference = (of: readonly Pair[], isHit: (judged: Judged) => boolean) =>
    comparePaired(of.map(({ first, second }) => ({ first: isHit(first), second: isHit(second) }))).difference;
  const sites = pairs.filter(({ first }) => first.photo.label !== "not_a_site");
  const within = (what: string, seen: Estimate) =>
    goal(`int8 within 0.01 of fp32, ${what}`, estimate(seen), Math.abs(seen.value) <= 0.01);
  return [within("four-way", difference(pairs, isRight)), within("dirty or clean", difference(sites, isSideRight))];
}

/** A load that shows in the slowest of a hundred photos: other programs had the cores. */
const BUSY_LOAD = 1;

function latencyGoals({ verdicts, int8, fp32 }: Latency, { load }: Machine): readonly Goal[] {
  const busy = load > BUSY_LOAD ? `, while other programs had the cores (load ${figure(load, 0)}): measure again` : "";
  const [first] = verdicts;
  const goals: Goal[] = [];
  if (first !== undefined) {
    const seen = `p99 ${figure(first.p99, 1)} ms, p50 ${figure(first.p50, 1)} ms${busy}`;
    goals.push(goal("1280 px from JPEG to verdict, p99 ≤ 40 ms", seen, first.p99 <= 40));
  }
  if (fp32 !== null) {
    const ratio = int8.p50 / fp32.p50;
    goals.push(goal("the network alone ≤ 0.5 × fp32", `${figure(ratio, 2)} (medians)`, ratio <= 0.5));
  }
  return goals;
}

/** The goals as a table. */
export function goalsSection(goals: readonly Goal[]): string {
  return `## Goals

${table(
  ["goal", "seen", ""],
  goals.map((one) => [one.goal, one.seen, one.isMet ? "met" : "**missed**"]),
)}

Goals on foreign photos and with a source left out need a training or photos of their own: see [MODEL-CARD.md](MODEL-CARD.md).`;
}
