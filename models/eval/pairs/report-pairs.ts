import { join } from "node:path";
import { systemClock } from "#kit/clock.ts";
import { openOnnxClassifier } from "../../../edge/classify/onnx-classifier.ts";
import { CALIBRATION } from "../../../edge/pairs/calibration.ts";
import { isSeenByNetwork } from "../../../edge/pairs/same-place.ts";
import { claimsOf, expectedError } from "../calibration.ts";
import type { PairOptions, PairReport } from "../pair-report.ts";
import { listSet } from "../photos.ts";
import { bootstrap, type Estimate, rocArea, type Scored, shareOf } from "../statistics.ts";
import { scoresOf } from "./curve-fit.ts";
import { type FalseAlarms, falseAlarmsOf } from "./false-alarms.ts";
import { makeCleanerPairs, readRealCleaner } from "./made-cleaner.ts";
import { type Example, makePlacePairs, readRealPairs } from "./made-pairs.ts";
import { type ReuseTrial, tryReuse } from "./made-reuse.ts";
import { COPIES } from "./make-copies.ts";
import { listRealPairs } from "./real-pairs.ts";

/** How many examples are made: about a minute of one processor core. */
const SIZES = { places: 60, cleaner: 160, indexed: 300, copied: 40, strangers: 150 };

const HEADING = "## Pairs of photos";

/** Of the intervals. */
const SEED = 11;

/** With fewer photos, or pairs, a figure would say nothing. */
const LEAST = 20;

/**
 * Judges the pair checks on photos that fitted nothing (`val`; for cleaner `test`; where there are no such folders, the classes
 * of the folder itself) and on the half of the real pairs that fitted nothing; what fitted the curve of *seen before* stands in
 * `fitted.seen` of the calibration. What is not there is said, not thrown.
 */
export async function reportPairs(options: PairOptions): Promise<PairReport> {
  const { photos, seed, limit = Number.POSITIVE_INFINITY, progress } = options;
  const few = (count: number) => Math.min(count, limit);
  const listed = async (split: "val" | "test") => {
    const found = await listSet(photos, split);
    return found.length > 0 ? found : await listSet(photos, "");
  };
  const [val, test] = [await listed("val"), await listed("test")];
  const real = await listRealPairs(photos, "judge");
  const isMade = Math.min(val.length, test.length, limit) >= LEAST;
  const isReal = Math.min(real.length, limit) >= LEAST;
  const missing = [
    ...(isMade ? [] : [`Made pairs were not tried: they need ${LEAST} photos.`]),
    ...(isReal
      ? []
      : [
          "Real pairs were not tried: they need `pairs/ID-before.jpg` and `pairs/ID-after.jpg` of about 40 visits beside the classes.",
        ]),
  ];
  if (!isMade && !isReal) return { section: `${HEADING}\n\n${missing.join(" ")}`, figures: {} };
  const classifier = await openOnnxClassifier(join(options.model, "manifest.json"), systemClock);
  progress(0, 5);
  const made = isMade ? await makePlacePairs(val, few(SIZES.places), seed, classifier) : [];
  progress(1, 5);
  const places = isReal ? await readRealPairs(photos, "judge", classifier) : [];
  progress(2, 5);
  const changes = isMade ? await makeCleanerPairs(test, few(SIZES.cleaner), seed, classifier) : [];
  progress(3, 5);
  const realChanges = isReal ? await readRealCleaner(photos, classifier) : [];
  progress(4, 5);
  const sizes = { indexed: few(SIZES.indexed), copied: few(SIZES.copied), strangers: few(SIZES.strangers) };
  const reused = isMade ? reuseOf(await tryReuse(val, sizes, seed)) : null;
  progress(5, 5);
  await classifier.close();
  const { structure, withModel } = CALIBRATION.samePlace;
  const isFitted = withModel?.model === classifier.model;
  // As a device does: of a photo that no network saw (it was refused), the structure alone speaks.
  const placeScores = (examples: readonly Example[]) =>
    examples.flatMap((one) => scoresOf([one], isFitted && isSeenByNetwork(one.figures) ? withModel.curve : structure));
  const rows = [
    rowOf("same place, made pairs", "samePlaceMade", placeScores(made)),
    rowOf("same place, real pairs held out", "samePlaceReal", placeScores(places)),
    rowOf("same place by structure alone, real pairs held out", "structureReal", scoresOf(places, structure)),
    rowOf("cleaner, by label", "cleanerMade", scoresOf(changes, CALIBRATION.cleaner)),
    rowOf(
      "cleaner, all real pairs and the same turned round",
      "cleanerReal",
      scoresOf(realChanges, CALIBRATION.cleaner),
    ),
  ].filter(({ n }) => n > 0);
  const figures = { ...Object.assign({}, ...rows.map((row) => row.figures)), ...reused?.figures };
  return { section: sectionOf(rows, reused, isFitted, missing), figures };
}

interface Row {
  readonly n: number;
  readonly line: string;
  readonly figures: Readonly<Record<string, number>>;
}

const round = (value: number): number => Math.round(value * 10_000) / 10_000;
const interval = ({ low, high }: Estimate): string => `${round(low)} to ${round(high)}`;

function rowOf(name: string, key: string, scored: readonly Scored[]): Row {
  if (scored.length === 0) return { n: 0, line: "", figures: {} };
  const area = bootstrap(
    [scored.filter(({ isTrue }) => isTrue), scored.filter(({ isTrue }) => !isTrue)],
    rocArea,
    SEED,
  );
  const error = shareOf(scored.filter(({ isTrue, p }) => p >= 0.5 !== isTrue).length, scored.length);
  const off = expectedError(claimsOf(scored));
  const seen = [area, error].map((one) => `${round(one.value)} (${interval(one)})`).join(" | ");
  return {
    n: scored.length,
    line: `| ${name} | ${scored.length} | ${seen} | ${round(off)} |`,
    figures: {
      [`${key}Roc`]: round(area.value),
      [`${key}Error`]: round(error.value),
      [`${key}CalibrationError`]: round(off),
    },
  };
}

function reuseOf(trial: ReuseTrial) {
  const scores = scoresOf(trial.copies, CALIBRATION.seen);
  const scored = trial.copies.map(({ group }, i) => ({ group, p: scores[i]?.p ?? 0 }));
  const recalls = COPIES.map((copy) => {
    const some = scored.filter(({ group }) => group === copy);
    const known = some.filter(({ p }) => p >= 0.5).length;
    const line = `| ${copy} | ${some.length} | ${round(known / some.length)} (${interval(shareOf(known, some.length))}) |`;
    return { copy, recall: known / some.length, line };
  });
  const alarms = falseAlarmsOf(trial, CALIBRATION.seen);
  return {
    lines: recalls.map(({ line }) => line),
    alarms: alarmsIn(alarms, trial),
    figures: {
      ...Object.fromEntries(recalls.map(({ copy, recall }) => [`seenRecall-${copy}`, round(recall)])),
      seenByChance: round(alarms.byChance.value),
      seenByChanceLow: round(alarms.byChance.low),
      seenByChanceHigh: round(alarms.byChance.high),
      seenUprightAlarms: alarms.uprightAlarms,
      seenLookUps: trial.lookUps,
    },
  };
}

function alarmsIn({ mirrored, byChance, upright, uprightAlarms }: FalseAlarms, { lookUps, comparisons }: ReuseTrial) {
  return `False alarms by chance alone, counted mirrored, where nobody sees a place: ${mirrored} in ${comparisons} comparisons, which is ${round(byChance.value)} (${interval(byChance)})
for each look-up among 20,000 kept photos. Upright, ${uprightAlarms} of ${lookUps} look-ups of photos that were not kept yet gave an alarm (${round(upright.value)}, ${interval(upright)}; ${Math.round(comparisons / lookUps)} kept
photos on average): one photo under two names, one place from the same spot, and chance. Nothing is left out`;
}

function sectionOf(
  rows: readonly Row[],
  reuse: ReturnType<typeof reuseOf> | null,
  isFitted: boolean,
  missing: readonly string[],
): string {
  const seen = reuse === null ? [] : [seenSectionOf(reuse)];
  const how = isFitted
    ? "with what the network sees"
    : "by the pictures' structure alone, because the curve was fitted for another model (`models/eval/pairs/fit.ts` fits it)";
  return [
    HEADING,
    `What a device answers about photos of one visit and about photos used again: reasons for a person to look. Made pairs come from single
photos (another view and light, waste heaped onto the one before) and are easier than a walk around a container; negatives are two photos
of one source. Negatives of real pairs are befores with afters of other pairs; about one in eleven real pairs is wrong. The real pairs
here fitted nothing (the other half did). Same place is judged ${how}. Intervals: 95 %.`,
    ...missing,
    `| Question | Examples | ROC area | Error at 0.5 | Calibration error |
| --- | --- | --- | --- | --- |
${rows.map(({ line }) => line).join("\n")}`,
    ...seen,
  ].join("\n\n");
}

const seenSectionOf = ({
  lines,
  alarms,
}: ReturnType<
  typeof reuseOf
>): string => `Seen before, at p 0.5 with the bound of 20,000 kept photos (cut: 70 % of each side, half of the area):

| Used again | Copies | Known |
| --- | --- | --- |
${lines.join("\n")}

${alarms}.`;
