import { confidenceOf } from "../../../edge/visits/verdict-counts.ts";
import { isRight } from "../accuracy.ts";
import { answerOf, type Judged } from "../judged.ts";
import { figure, table } from "./markdown.ts";
import type { Part } from "./parts.ts";

const CASES = 6;

const DOUBTFUL_LABELS = ` Among them are wrong labels: two annotators of the Montevideo photos disagree in 7 % of 357 shared
ones, and about one in nine \`overflow\` and one in eight \`clean\` of atanu are doubtful.`;

/** Whether these are the photos that the shipped model comes from, of which more is known than of an operator's. */
export const isTrainingSet = (judged: readonly Judged[]): boolean =>
  ["montevideo", "atanu"].every((source) => judged.some(({ photo }) => photo.source === source));

/** The errors of which the device was surest, per source: cases to look at, by file name. */
export function failuresSection(parts: readonly Part[], judged: readonly Judged[]): string {
  const sources = parts.filter(({ kind }) => kind === "source" || kind === "source-of-set");
  const rows = sources.flatMap(({ name, judged: photos }) => surestErrors(photos).map((one) => rowOf(name, one)));
  return `## Failures

The ${CASES} errors of each source of which the device was surest, by file name (the photos are not in the repository). "Refused" are
good photos called unusable.${isTrainingSet(judged) ? DOUBTFUL_LABELS : ""}

${rows.length === 0 ? "None." : table(["source", "file", "label", "answer", "confidence", "the device says"], rows)}`;
}

const sureness = ({ probabilities }: Judged): number => (probabilities === null ? 0 : confidenceOf(probabilities));

const surestErrors = (judged: readonly Judged[]): readonly Judged[] =>
  judged
    .filter((one) => !isRight(one))
    .sort((a, b) => sureness(b) - sureness(a))
    .slice(0, CASES);

function rowOf(source: string, one: Judged): readonly string[] {
  const { photo, state, reason, probabilities } = one;
  return [
    source,
    `\`${photo.name}\``,
    photo.label,
    answerOf(one) ?? "refused",
    probabilities === null ? "–" : figure(confidenceOf(probabilities)),
    reason === null ? state : `${state}: ${reason}`,
  ];
}
