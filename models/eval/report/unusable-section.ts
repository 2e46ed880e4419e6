import type { Judged } from "../judged.ts";
import { shareOf } from "../statistics.ts";
import { type Caught, caughtOf, type PoorRefused } from "../unusable-trial.ts";
import { estimate, estimateOf, table } from "./markdown.ts";
import type { Part } from "./parts.ts";

/** Spoilt photos that are caught, and good ones that are refused. */
export function unusableSection(
  results: readonly Caught[],
  poor: readonly PoorRefused[],
  parts: readonly Part[],
): string {
  const rows = results.map(({ kind, caught, reasons }) => [kind, estimateOf(caught), wordsOf(reasons)]);
  const poorRows = poor.map(({ kind, strength, refused, reasons }) => [
    `${kind}, ${strength}`,
    estimateOf(refused),
    wordsOf(reasons),
  ]);
  const refused = parts.map(({ name, judged }) => [name, estimateOf(refusedOf(judged)), reasonsOf(judged)]);
  return `## Unusable photos

There are no really unusable photos in the set, so these are made from good ones (\`models/eval/unusable.ts\`), in strengths whose weak
end is already beyond a person's judgement. Caught: **${estimateOf(caughtOf(results))}**.

${table(["spoilt by", "caught", "reasons given"], rows)}

Weather and light that make a photo poor, made too (\`models/eval/poor.ts\`); the strongest is what a person can just judge, so
whatever is refused here costs a driver a second photo for nothing:

${table(["poor by", "refused", "reasons given"], poorRows)}

Good photos (all of the evaluation are meant to be good; some are not) that are refused:

${table(["photos", "refused", "reasons given"], refused)}`;
}

const wordsOf = (reasons: Caught["reasons"]): string =>
  Object.entries(reasons)
    .sort(([, a], [, b]) => b - a)
    .map(([reason, count]) => `${reason} ${count}`)
    .join(", ") || "–";

export const refusedOf = (judged: readonly Judged[]) =>
  shareOf(judged.filter(({ state }) => state === "unusable").length, judged.length);

function reasonsOf(judged: readonly Judged[]): string {
  const reasons = Map.groupBy(
    judged.filter(({ reason }) => reason !== null),
    ({ reason }) => reason,
  );
  return [...reasons].map(([reason, { length }]) => `${reason} ${length}`).join(", ") || "–";
}

/** One line for the table of goals. */
export const unusableWords = (results: readonly Caught[], judged: readonly Judged[]): string =>
  `caught ${estimate(caughtOf(results))}, refused ${estimate(refusedOf(judged))}`;
