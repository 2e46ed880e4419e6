/**
 * Fits the curves of the pair checks that hang on the model and writes them to edge/pairs/calibration.json. `--seen` fits the curve
 * of *seen before*, too, which no network has a part in, from `train` alone, so that `val` and `test` can judge it; the one in force
 * was made of all three, as `fitted.seen` says. The bits of words are fitted by `--words` only: they are the format of
 * the index on devices' disks.
 *
 *     ./node26 models/eval/pairs/fit.ts --photos ../shared/photos
 */
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { stdout } from "node:process";
import { parseArgs } from "node:util";
import { systemClock } from "#kit/clock.ts";
import { openOnnxClassifier } from "../../../edge/classify/onnx-classifier.ts";
import { CALIBRATION, type Calibration, type Curve } from "../../../edge/pairs/calibration.ts";
import { isSeenByNetwork, PLACE_FIGURES, STRUCTURE_FIGURES } from "../../../edge/pairs/same-place.ts";
import { randomFrom, shuffled } from "../../random.ts";
import { claimsOf, expectedError } from "../calibration.ts";
import { listSet } from "../photos.ts";
import { rocArea } from "../statistics.ts";
import { boundByChance, LIKENESS } from "./chance-curve.ts";
import { fitCurve, scoresOf } from "./curve-fit.ts";
import { fitWordBits } from "./fit-words.ts";
import { makeCleanerPairs } from "./made-cleaner.ts";
import { type Example, makePlacePairs, readRealPairs } from "./made-pairs.ts";
import { tryReuse } from "./made-reuse.ts";

const { values } = parseArgs({
  options: {
    photos: { type: "string", default: "../shared/photos" },
    model: { type: "string", default: "models/waste-site" },
    /** How much of everything: 1 takes about ten minutes on a quiet core. */
    size: { type: "string", default: "1" },
    seen: { type: "boolean", default: false },
    words: { type: "boolean", default: false },
  },
});
const ROOM = resolve(import.meta.dirname, "../../../edge/pairs");
const size = Number(values.size);
const count = (full: number) => Math.max(10, Math.round(full * size));
const today = new Date().toISOString().slice(0, 10);
const train = await listSet(values.photos, "train");
const val = await listSet(values.photos, "val");

function say(name: string, examples: readonly Example[], curve: Curve): void {
  const scored = scoresOf(examples, curve);
  const figures = `ROC ${rocArea(scored).toFixed(4)}, calibration error ${expectedError(claimsOf(scored)).toFixed(3)}`;
  stdout.write(`${name}: ${examples.length} examples, ${figures}, ${JSON.stringify(curve)}\n`);
}

if (values.words) {
  const bits = await fitWordBits(shuffled(train, randomFrom(1)).slice(0, count(250)), 2);
  const fitted = { at: today, from: `${count(250)} photos of train, seeds 1 and 2` };
  await writeFile(join(ROOM, "words.json"), `${JSON.stringify({ fitted, bits }, null, 2)}\n`);
}
const classifier = await openOnnxClassifier(join(values.model, "manifest.json"), systemClock);
const real = await readRealPairs(values.photos, "fit", classifier);
const heldOut = await readRealPairs(values.photos, "judge", classifier);
const places = await makePlacePairs(train, count(400), 3, classifier);
// A real pair weighs as much as some made ones: made views are easier than a walk around the container.
const both = [...places, ...real, ...real];
const structure = fitCurve(both, STRUCTURE_FIGURES);
const curve = fitCurve(
  both.filter(({ figures }) => isSeenByNetwork(figures)),
  PLACE_FIGURES,
);
for (const [name, examples] of [
  ["made", places] as const,
  ["real", real] as const,
  ["real, held out", heldOut] as const,
]) {
  say(`same place, structure, ${name}`, examples, structure);
  const seen = examples.filter(({ figures }) => isSeenByNetwork(figures));
  say(`same place, with the model, ${name}`, seen, curve);
}
const changes = await makeCleanerPairs(val, count(525), 4, classifier);
const cleaner = fitCurve(changes, ["change"]);
say("cleaner", changes, cleaner);
const at = `${places.length} made and ${real.length} real examples of places, ${changes.length} of cleaner, size ${size}`;
const calibration: Calibration = {
  ...CALIBRATION,
  fitted: { at: today, from: `models/eval/pairs/fit.ts: ${at}`, seen: CALIBRATION.fitted.seen },
  samePlace: { structure, withModel: { model: classifier.model, curve } },
  cleaner,
};
await classifier.close();
if (values.seen) Object.assign(calibration, await fitSeen());
await writeFile(join(ROOM, "calibration.json"), `${JSON.stringify(calibration, null, 2)}\n`);

async function fitSeen(): Promise<Pick<Calibration, "seen" | "fitted">> {
  const sizes = { indexed: count(train.length), copied: 0, strangers: 0 };
  const { chance, comparisons } = await tryReuse(train, sizes, 5);
  const seen = boundByChance(LIKENESS, chance, comparisons);
  const from = `point and slope from chance in ${comparisons} comparisons of ${sizes.indexed} photos of train`;
  stdout.write(`seen before: ${from}, ${JSON.stringify(seen)}\n`);
  return { seen, fitted: { ...calibration.fitted, seen: from } };
}
