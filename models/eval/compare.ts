import { balancedSides, isRight } from "./accuracy.ts";
import { byLabel, type Judged } from "./judged.ts";
import { estimate, figure, table } from "./report/markdown.ts";
import { pairUp } from "./report/precision-section.ts";
import { bootstrap, comparePaired, type Estimate } from "./statistics.ts";

export type Outcome = "better" | "worse" | "not distinguishable";

/** The new model against the old one by one measure on the same photos. */
export interface Comparison {
  readonly photos: string;
  readonly measure: "dirty or clean" | "four-way";
  readonly old: number;
  readonly new: number;
  /** New less old. */
  readonly difference: Estimate;
  readonly outcome: Outcome;
}

/** Better or worse only where the whole interval says so. */
export const outcomeOf = ({ low, high }: Estimate): Outcome => {
  if (low > 0) return "better";
  return high < 0 ? "worse" : "not distinguishable";
};

/**
 * Compares two models on the photos that both judged, altogether and per source.
 *
 * Dirty or clean: balanced accuracy, bootstrap over photos, the same draw for both models. Four-way: paired shares (Agresti & Min).
 */
export function compareModels(
  before: readonly Judged[],
  after: readonly Judged[],
  seed: number,
): readonly Comparison[] {
  const sources = [...Map.groupBy(before, ({ photo }) => photo.source)];
  const parts = [["all", before] as const, ...(sources.length > 1 ? sources : [])];
  return parts.flatMap(([photos, old]) => [compareSides(photos, old, after, seed), compareFour(photos, old, after)]);
}

function compareSides(photos: string, before: readonly Judged[], after: readonly Judged[], seed: number): Comparison {
  const pairs = pairUp(before, after);
  const newOf = new Map(pairs.map(({ first, second }) => [first, second]));
  const follow = (drawn: readonly Judged[]) => drawn.flatMap((one) => newOf.get(one) ?? []);
  const old = pairs.map(({ first }) => first);
  const difference = bootstrap(
    byLabel(old),
    (drawn) => balancedSides(follow(drawn)).value - balancedSides(drawn).value,
    seed,
  );
  const values = { old: balancedSides(old).value, new: balancedSides(follow(old)).value };
  return { photos, measure: "dirty or clean", ...values, difference, outcome: outcomeOf(difference) };
}

function compareFour(photos: string, before: readonly Judged[], after: readonly Judged[]): Comparison {
  const outcomes = pairUp(before, after).map(({ first, second }) => ({
    first: isRight(first),
    second: isRight(second),
  }));
  const share = (which: "first" | "second") => outcomes.filter((one) => one[which]).length / outcomes.length;
  const { difference } = comparePaired(outcomes);
  return {
    photos,
    measure: "four-way",
    old: share("first"),
    new: share("second"),
    difference,
    outcome: outcomeOf(difference),
  };
}

/** A sentence for a person and a table behind it. */
export function writeComparison(comparisons: readonly Comparison[], seed: number): string {
  const rows = comparisons.map((one) => [
    one.photos,
    one.measure,
    one.difference.n,
    figure(one.old),
    figure(one.new),
    estimate(one.difference),
    Number.isNaN(one.difference.value) ? "–" : one.outcome,
  ]);
  const sentences = comparisons
    .filter(({ photos }) => photos === "all")
    .map(
      ({ measure, outcome, difference }) =>
        `On ${measure} the new model is ${wordsOf(outcome)}: ${estimate(difference)}.`,
    );
  return `${sentences.join("\n")}

${table(["photos", "measure", "n", "old", "new", "new less old", "the new model is"], rows)}

Intervals of 95 % over the photos that both judged (dirty or clean: bootstrap of the balanced accuracy, 1,000 paired draws, seed ${seed};
four-way: Agresti & Min 2005). "Not distinguishable" means that so few photos cannot tell, not that the two are alike. With many
sources one line in twenty differs by chance alone: go by "all". Use photos that neither model was trained on.
`;
}

const wordsOf = (outcome: Outcome): string =>
  outcome === "not distinguishable" ? "not distinguishable from the old one" : `${outcome} than the old one`;
