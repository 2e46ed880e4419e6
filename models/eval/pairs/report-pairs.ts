import { join } from "node:path";
import { systemClock } from "#kit/clock.ts";
import { openOnnxClassifier } from "../../../edge/classify/onnx-classifier.ts";
import { CALIBRATION, type Curve } from "../../../edge/pairs/calibration.ts";
import type { PairOptions, PairReport } from "../pair-report.ts";
import { scoresOf } from "./curve-fit.ts";
import { bootstrap, calibrationError, rocArea, type Scored, wilson } from "./figures.ts";
import { makeCleanerPairs, readRealCleaner } from "./made-cleaner.ts";
import { type Example, makePlacePairs, readRealPairs } from "./made-pairs.ts";
import { type ReuseTrial, tryReuse } from "./made-reuse.ts";
import { COPIES } from "./make-copies.ts";
import { listPhotos } from "./photo-list.ts";

/** How many examples are made; a quarter of it for a first look. */
interface Sizes {
  readonly places: number;
  readonly cleaner: number;
  readonly indexed: number;
  readonly copied: number;
  readonly strangers: number;
}

const SIZES: Sizes = { places: 100, cleaner: 209, indexed: 300, copied: 40, strangers: 150 };

/** Judges the pair checks on photos that fitted nothing (`val`; for cleaner `test`) and on the real pairs. */
export async function reportPairs(options: PairOptions, sizes: Sizes = SIZES): Promise<PairReport> {
  const { photos, seed, progress } = options;
  const classifier = await openOnnxClassifier(join(options.model, "manifest.json"), systemClock);
  const [val, test] = [await listPhotos(photos, "val"), await listPhotos(photos, "test")];
  progress(0, 5);
  const made = await makePlacePairs(val, sizes.places, seed, classifier);
  progress(1, 5);
  const real = await readRealPairs(photos, classifier);
  progress(2, 5);
  const changes = await makeCleanerPairs(test, sizes.cleaner, seed, classifier);
  progress(3, 5);
  const realChanges = await readRealCleaner(photos, classifier);
  progress(4, 5);
  const reuse = await tryReuse(val, sizes, seed);
  progress(5, 5);
  await classifier.close();
  const { structure, withModel } = CALIBRATION.samePlace;
  const isFitted = withModel?.model === classifier.model;
  const curve = isFitted ? withModel.curve : structure;
  const rows = [
    rowOf("same place, made pairs (val)", "samePlaceMade", made, curve),
    rowOf("same place, real pairs", "samePlaceReal", real, curve),
    rowOf("cleaner, by label (test)", "cleanerMade", changes, CALIBRATION.cleaner),
    rowOf("cleaner, real pairs and the same turned round", "cleanerReal", realChanges, CALIBRATION.cleaner),
  ].filter(({ n }) => n > 0);
  const reused = reuseOf(reuse);
  return {
    section: sectionOf(rows, reused, isFitted),
    figures: { ...Object.assign({}, ...rows.map(({ figures }) => figures)), ...reused.figures },
  };
}

interface Row {
  readonly n: number;
  readonly line: string;
  readonly figures: Readonly<Record<string, number>>;
}

const round = (value: number): number => Math.round(value * 10_000) / 10_000;
const interval = ([from, to]: readonly [number, number]): string => `${round(from)} to ${round(to)}`;

function rowOf(name: string, key: string, examples: readonly Example[], curve: Curve): Row {
  const scored = scoresOf(examples, curve);
  const wrong = (some: readonly Scored[]) => some.filter(({ isTrue, p }) => p >= 0.5 !== isTrue).length / some.length;
  const [area, error, off] = [rocArea(scored), wrong(scored), calibrationError(scored)];
  const areas = interval(bootstrap(scored, rocArea));
  const errors = interval(wilson(error * scored.length, scored.length));
  return {
    n: scored.length,
    line: `| ${name} | ${scored.length} | ${round(area)} (${areas}) | ${round(error)} (${errors}) | ${round(off)} |`,
    figures: { [`${key}Roc`]: round(area), [`${key}Error`]: round(error), [`${key}CalibrationError`]: round(off) },
  };
}

function reuseOf({ examples, indexed, doubles, lookUpMs }: ReuseTrial) {
  const scores = scoresOf(examples, CALIBRATION.seen);
  const scored = examples.map(({ group }, i) => ({ group, p: scores[i]?.p ?? 0 }));
  const strangers = scored.filter(({ group }) => group === "stranger");
  const alarms = strangers.filter(({ p }) => p >= 0.5).length;
  const recalls = COPIES.map((copy) => {
    const some = scored.filter(({ group }) => group === copy);
    const known = some.filter(({ p }) => p >= 0.5).length;
    const line = `| ${copy} | ${some.length} | ${round(known / some.length)} (${interval(wilson(known, some.length))}) |`;
    return { copy, recall: known / some.length, line };
  });
  const sorted = lookUpMs.toSorted((a, b) => a - b);
  const comparisons = strangers.length * indexed;
  return {
    lines: recalls.map(({ line }) => line),
    alarms: `${alarms} false alarms in ${strangers.length} look-ups (${comparisons} comparisons; ${doubles} strangers were indexed photos under another name and are left out); a look-up took ${round(sorted[Math.floor(sorted.length / 2)] ?? 0)} ms (median, ${indexed} photos)`,
    figures: {
      ...Object.fromEntries(recalls.map(({ copy, recall }) => [`seenRecall-${copy}`, round(recall)])),
      seenFalseAlarms: alarms,
      seenComparisons: comparisons,
    },
  };
}

function sectionOf(rows: readonly Row[], reuse: ReturnType<typeof reuseOf>, isFitted: boolean): string {
  return `## Pairs of photos

Made pairs come from single photos (another view and light, waste heaped onto the one before); negatives are two photos of one source. The
real pairs are 57, about one in eleven of them wrong; their negatives are befores with afters of other pairs. They helped to fit *same
place*, so that row is not held out. Same place is judged ${isFitted ? "with what the network sees" : "by the pictures' structure alone, because the curve was fitted for another model"}. Intervals: 95 %.

| Question | Examples | ROC area | Error at 0.5 | Calibration error |
| --- | --- | --- | --- | --- |
${rows.map(({ line }) => line).join("\n")}

Seen before, at p 0.5 (cut: 70 % of each side, half of the area):

| Used again | Copies | Known |
| --- | --- | --- |
${reuse.lines.join("\n")}

${reuse.alarms}.

A photo of a screen or a print: not built; the device says null.`;
}
