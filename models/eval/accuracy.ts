import { answerOf, byLabel, dirtyShareOf, groupOf, type Judged, LABELS, type Label } from "./judged.ts";
import { type Estimate, meanOfShares, shareOf } from "./statistics.ts";

// Every figure counts a photo that the device refuses as unusable as a wrong answer: these photos are good ones.

/** Whether the best of four classes is the true one. */
export const isRight = (judged: Judged): boolean => answerOf(judged) === judged.photo.label;

/**
 * Whether the site's state is told: dirty (overflow or scattered) against clean, by the likelier of the two.
 * That the place may be no site at all is left out of it.
 */
export function isSideRight({ photo, state, probabilities }: Judged): boolean {
  if (probabilities === null || state === "unusable") return false;
  return dirtyShareOf(probabilities) >= 0.5 === (groupOf(photo.label) === "dirty");
}

/** Whether the answer is of the right group; an answer of "not a site" for a site is wrong. */
export function isGroupRight(judged: Judged): boolean {
  const answer = answerOf(judged);
  return answer !== null && groupOf(answer) === groupOf(judged.photo.label);
}

const hitRate = (judged: readonly Judged[], isHit: (judged: Judged) => boolean): Estimate =>
  shareOf(judged.filter(isHit).length, judged.length);

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Share of photos whose best of four classes is the true one. */
export const fourWay = (judged: readonly Judged[]): Estimate => hitRate(judged, isRight);

/** Mean of the hit rates of the classes that occur (macro recall). */
export const balancedFourWay = (judged: readonly Judged[]): Estimate =>
  meanOfShares(byLabel(judged).map((photos) => hitRate(photos, isRight)));

const isSite = ({ photo }: Judged): boolean => photo.label !== "not_a_site";

/** Mean of the hit rates on clean and on dirty sites; NaN where one of the two is missing. */
export function balancedSides(judged: readonly Judged[], isHit: (judged: Judged) => boolean = isSideRight): Estimate {
  const sites = judged.filter(isSite);
  const dirty = sites.filter(({ photo }) => groupOf(photo.label) === "dirty");
  const clean = sites.filter(({ photo }) => photo.label === "clean");
  return meanOfShares([hitRate(clean, isHit), hitRate(dirty, isHit)]);
}

/** How often each label was answered as each label; `refused` are the unusable ones. */
export interface Confusion {
  readonly label: Label;
  readonly answers: Readonly<Record<Label, number>>;
  readonly refused: number;
}

/** Rows of the true labels that occur. */
export function confusionOf(judged: readonly Judged[]): readonly Confusion[] {
  return LABELS.flatMap((label) => {
    const answers = { clean: 0, overflow: 0, scattered: 0, not_a_site: 0 };
    const photos = judged.filter(({ photo }) => photo.label === label);
    for (const photo of photos) {
      const answer = answerOf(photo);
      if (answer !== null) answers[answer] += 1;
    }
    const answered = Object.values(answers).reduce((sum, count) => sum + count, 0);
    return photos.length === 0 ? [] : [{ label, answers, refused: photos.length - answered }];
  });
}

/** Of a class: what share of its photos was found, and what share of the answers naming it was true. */
export interface ClassFigures {
  readonly label: Label;
  readonly recall: Estimate;
  readonly precision: Estimate;
}

export function classFigures(judged: readonly Judged[]): readonly ClassFigures[] {
  return LABELS.map((label) => {
    const ofLabel = judged.filter(({ photo }) => photo.label === label);
    const named = judged.filter((photo) => answerOf(photo) === label);
    const hits = named.filter(isRight).length;
    return { label, recall: shareOf(hits, ofLabel.length), precision: shareOf(hits, named.length) };
  });
}

/** A source with the classes that others have too, and those that only it has. */
export interface SourceFigures {
  readonly source: string;
  /** Hit rates of the classes that at least one other source has, too. */
  readonly shared: readonly { readonly label: Label; readonly recall: Estimate }[];
  /** Hit rates of the classes that only this source has: the model may have learnt the source instead. */
  readonly alone: readonly { readonly label: Label; readonly recall: Estimate }[];
}

/** Figures per source, so that knowing the source instead of the waste does not pay. */
export function sourceFigures(judged: readonly Judged[]): readonly SourceFigures[] {
  const sources = Map.groupBy(judged, ({ photo }) => photo.source);
  const sourcesOf = (label: Label) =>
    [...sources.values()].filter((photos) => photos.some(({ photo }) => photo.label === label)).length;
  return [...sources].map(([source, photos]) => {
    const recalls = byLabel(photos).flatMap((ofLabel) => {
      const label = ofLabel[0]?.photo.label;
      if (label === undefined) return [];
      return [{ label, recall: hitRate(ofLabel, isRight) }];
    });
    const isShared = ({ label }: { label: Label }) => sourcesOf(label) > 1;
    return { source, shared: recalls.filter(isShared), alone: recalls.filter((one) => !isShared(one)) };
  });
}

/** Mean over sources of the mean hit rate over the classes that a source shares with others; NaN where none does. */
export function macroOverSources(judged: readonly Judged[]): number {
  const means = sourceFigures(judged)
    .filter(({ shared }) => shared.length > 0)
    .map(({ shared }) => mean(shared.map(({ recall }) => recall.value)));
  return mean(means);
}
