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
  /** Null where this run did not measure it, or not closely enough: `seen` says what is wanted for that. */
  readonly isMet: boolean | null;
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

const unmeasured = (what: string, wanted: string): Goal => ({
  goal: what,
  seen: `not measured: ${wanted}`,
  isMet: null,
});

const atLeast = (what: string, least: number, seen: Estimate): Goal =>
  goal(`${what} ≥ ${least}`, estimate(seen), seen.value >= least);

/** The goals of the model's issue; those that this run could not measure say what they want. */
export function goalsOf(
  { judged, precision, caught, latency, pairs, machine }: Measured,
  seed: number,
): readonly Goal[] {
  return [
    ...accuracyGoals(judged, seed),
    ...precisionGoals(precision),
    ...unusableGoals(judged, caught),
    ...latencyGoals(latency, machine),
    ...pairGoals(pairs),
    unmeasured("foreign photos: dirty or clean ≥ 0.94, four-way ≥ 0.88", "photos of other cities, with labels"),
    unmeasured("a source left out ≥ 0.75", "a training without it (`models/train/README.md`)"),
  ];
}

function accuracyGoals(judged: readonly Judged[], seed: number): readonly Goal[] {
  const ofSet = (set: string) => judged.filter(({ photo }) => photo.set === set);
  const [val, test] = [ofSet("val"), ofSet("test")];
  const [onTest, onVal] = ["`test/` dirty or clean, balanced,", "`val/` four-way"];
  const calibration = [["val", val] as const, ["test", test] as const, ["all", judged] as const].flatMap(
    ([name, photos]) => {
      if (photos.length === 0) return [];
      const error = bootstrap([fourWayClaims(photos)], expectedError, seed);
      return [goal(`calibration error of ${name} ≤ 0.05`, estimate(error), error.value <= 0.05)];
    },
  );
  return [
    test.length > 0 ? atLeast(onTest, 0.98, balancedSides(test)) : unmeasured(`${onTest} ≥ 0.98`, "photos in `test/`"),
    val.length > 0 ? atLeast(onVal, 0.93, fourWay(val)) : unmeasured(`${onVal} ≥ 0.93`, "photos in `val/`"),
    ...calibration,
  ];
}

function unusableGoals(judged: readonly Judged[], caught: readonly Caught[]): readonly Goal[] {
  if (caught.length === 0) return [unmeasured("unusable photos caught ≥ 0.95", "good photos to spoil")];
  const refused = refusedOf(judged);
  return [
    atLeast("unusable photos caught", 0.95, caughtOf(caught)),
    goal("good photos refused ≤ 0.02", estimate(refused), refused.value <= 0.02),
  ];
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

function pairGoals(pairs: PairReport | null): readonly Goal[] {
  if (pairs === null) return [unmeasured("pairs: same place, seen before", "a run without `--no-pairs`")];
  const reached = PAIR_GOALS.map(({ name, what, least }) => {
    const seen = pairs.figures[name];
    const words = `${what} ≥ ${least}`;
    return seen === undefined ? unmeasured(words, "more photos") : goal(words, figure(seen), seen >= least);
  });
  const { seenByChance: value, seenByChanceLow: low, seenByChanceHigh: high } = pairs.figures;
  if (value === undefined || low === undefined || high === undefined) return reached;
  return [...reached, chanceGoal({ value, low, high })];
}

const MOST_BY_CHANCE = 0.001;

/** Only an interval that lies on one side of the goal shows it: a run of `eval:model` compares too few photos for that. */
function chanceGoal({ value, low, high }: Pick<Estimate, "value" | "low" | "high">): Goal {
  const what = `seen before, by chance alone ≤ ${MOST_BY_CHANCE} false alarms a look-up at 20,000 kept photos`;
  const words = `${figure(value, 4)} (${figure(low, 4)}–${figure(high, 4)})`;
  if (high <= MOST_BY_CHANCE || low > MOST_BY_CHANCE) return goal(what, words, high <= MOST_BY_CHANCE);
  return { goal: what, seen: `not shown by so few comparisons: ${words}`, isMet: null };
}

function precisionGoals(pairs: readonly Pair[] | null): readonly Goal[] {
  if (pairs === null) return [unmeasured("int8 within 0.01 of fp32", "`--fp32`")];
  const difference = (of: readonly Pair[], isHit: (judged: Judged) => boolean) =>
    comparePaired(of.map(({ first, second }) => ({ first: isHit(first), second: isHit(second) }))).difference;
  const sites = pairs.filter(({ first }) => first.photo.label !== "not_a_site");
  const within = (what: string, seen: Estimate) =>
    goal(`int8 within 0.01 of fp32, ${what}`, estimate(seen), Math.abs(seen.value) <= 0.01);
  return [within("four-way", difference(pairs, isRight)), within("dirty or clean", difference(sites, isSideRight))];
}

/** A load that shows in the slowest of a hundred photos: other programs had the cores. */
const BUSY_LOAD = 1;

function latencyGoals(latency: Latency | null, { load }: Machine): readonly Goal[] {
  const [whole, alone] = ["1280 px from JPEG to verdict, p99 ≤ 40 ms", "the network alone ≤ 0.5 × fp32"];
  if (latency === null) return [whole, alone].map((what) => unmeasured(what, "a run without `--no-latency`"));
  const { verdicts, int8, fp32 } = latency;
  const busy = load > BUSY_LOAD ? `, while other programs had the cores (load ${figure(load, 0)}): measure again` : "";
  const [first] = verdicts;
  const goals: Goal[] = [];
  if (first !== undefined) {
    const seen = `p99 ${figure(first.p99, 1)} ms, p50 ${figure(first.p50, 1)} ms${busy}`;
    goals.push(goal(whole, seen, first.p99 <= 40));
  }
  if (fp32 === null) return [...goals, unmeasured(alone, "`--fp32`")];
  const ratio = int8.p50 / fp32.p50;
  return [...goals, goal(alone, `${figure(ratio, 2)} (medians)`, ratio <= 0.5)];
}

/** The goals as a table. */
export function goalsSection(goals: readonly Goal[]): string {
  return `## Goals

${table(
  ["goal", "seen", ""],
  goals.map(({ goal: what, seen, isMet }) => [what, seen, isMet === null ? "–" : isMet ? "met" : "**missed**"]),
)}

What was seen of the last two in other runs stands in [MODEL-CARD.md](MODEL-CARD.md).`;
}
