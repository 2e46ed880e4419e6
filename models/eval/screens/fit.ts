/**
 * Fits the curve of `screen` and writes edge/pairs/screen/screen.json with how it was made: photos of `train` as they are, some of them
 * photographed again from made screens and prints, and as many places through the same camera. Then judges it on photos of
 * `val`, `test` and `pairs`, which fitted nothing.
 *
 *     ./node26 models/eval/screens/fit.ts --photos ../shared/photos
 */
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { stdout } from "node:process";
import { parseArgs } from "node:util";
import { systemClock } from "#kit/clock.ts";
import { likelihoodOf } from "../../../edge/pairs/calibration.ts";
import { SCREEN_FIGURES } from "../../../edge/pairs/screen/screen-figures.ts";
import { randomFrom, shuffled } from "../../random.ts";
import { fitCurve } from "../pairs/curve-fit.ts";
import { listSet } from "../photos.ts";
import { tellProgress } from "../progress.ts";
import { makeRecaptures, readHonest, VISIBLE } from "./examples.ts";
import { reportScreens } from "./report-screens.ts";

const { values } = parseArgs({
  options: {
    photos: { type: "string", default: "../shared/photos" },
    /** How much of everything: 1 takes some ten minutes of one processor core. */
    size: { type: "string", default: "1" },
    /** At most so many held-out photos of each kind judge it. */
    limit: { type: "string" },
  },
});
const FILE = resolve(import.meta.dirname, "../../../edge/pairs/screen/screen.json");
const SEED = 21;
/** Of honest training photos at most so many may be marked: half of what held-out ones may, since a bound holds less well on others. */
const MARKED_SHARE = 0.005;

const size = Number(values.size);
const tell = (what: string) => tellProgress(what, () => systemClock.monotonicMs());
const train = shuffled(await listSet(values.photos, "train"), randomFrom(SEED));
const sites = train.filter(({ label }) => label !== "not_a_site");
const honest = await readHonest(train.slice(0, Math.round(3000 * size)), tell("honest photos"));
const perCase = Math.max(4, Math.round(40 * size));
// What is too fine to be seen has no part in the fit: it would teach the curve to call plain photos screens.
const made = await makeRecaptures(sites, VISIBLE, perCase, SEED, tell("made photos"));
const curve = fitCurve([...honest, ...made], SCREEN_FIGURES);

// The point: 0.5 is where the boldest few of the honest photos lie.
const sums = honest.map(({ figures }) => likelihoodOf(curve, figures)).map((p) => Math.log(p / (1 - p)));
const point = sums.sort((a, b) => b - a)[Math.floor(MARKED_SHARE * sums.length)] ?? 0;
const shifted = { ...curve, bias: Number((curve.bias - point).toPrecision(5)) };
const fitted = {
  at: new Date(systemClock.nowMs()).toISOString().slice(0, 10),
  from: `models/eval/screens/fit.ts --size ${values.size}: ${honest.length} photos of train as they are and ${made.length} photographed again by a made camera, seed ${SEED}`,
  point: `0.5 is reached by ${MARKED_SHARE * 100} % of the photos of train as they are`,
};
await writeFile(FILE, `${JSON.stringify({ fitted, curve: shifted }, null, 2)}\n`);
stdout.write(`${JSON.stringify(shifted)}\n`);
const { section } = await reportScreens({
  photos: values.photos,
  limit: values.limit === undefined ? undefined : Number(values.limit),
  seed: SEED + 1,
  progress: tell("held out"),
  curve: shifted,
});
stdout.write(`${section}\n`);
