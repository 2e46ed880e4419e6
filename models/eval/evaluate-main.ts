import { writeFile } from "node:fs/promises";
import { cpus, loadavg } from "node:os";
import { basename, dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { systemClock } from "#kit/clock.ts";
import { runCommand } from "#kit/run-command.ts";
import { readManifest } from "../../edge/classify/onnx-classifier.ts";
import { parseCount } from "./arguments.ts";
import { figuresBySet, type ReportCard } from "./floor.ts";
import { judgePhotos, openModel, withNetwork } from "./judge.ts";
import { type LabelledPhoto, placeOf } from "./judged.ts";
import { measureLatency } from "./latency.ts";
import type { PairOptions } from "./pair-report.ts";
import { reportPairs } from "./pairs/report-pairs.ts";
import { listPhotos } from "./photos.ts";
import { tellProgress } from "./progress.ts";
import { goalsOf, goalsSection } from "./report/goals-section.ts";
import { pairUp } from "./report/precision-section.ts";
import { type Evaluation, writeReport } from "./report/report.ts";
import { reportScreens } from "./screens/report-screens.ts";
import { caughtOf, tryPoor, tryUnusable } from "./unusable-trial.ts";

const SEED = 7;
const SPOILT_PER_KIND = 30;
const MODEL = join(import.meta.dirname, "../waste-site");

const HELP = `Judges photos of known label with a model, in the device's own code, and writes a report.

  npm run -s eval:model -- [--photos DIR] [--model DIR] [--fp32 FILE] [--report FILE] [--limit N] [--no-latency] [--no-pairs]

--photos DIR   clean|overflow|scattered|not_a_site/*.jpg, or {val,test}/class/*.jpg (train/ where it is alone). The source
               is the first word of a file's name (street-0017.jpg), else the folder's name. Default: ../shared/photos
--model DIR    folder with manifest.json and the model file. Default: models/waste-site
--fp32 FILE    the network before it was quantised: compares both, photo by photo, and their times
--report FILE  where the report goes, and the figures beside it as .json. Default: REPORT.md in the model's folder when
               the photos have val/ or test/, else nothing is written and the report is printed
--limit N      at most N photos of each class of each set, evenly taken, for a quick look
--no-latency   leaves the times out
--no-pairs     leaves out how good the pair checks and the check for photos of screens are: it takes some minutes; pairs/ID-before.jpg and -after.jpg may lie in DIR
`;

async function main(): Promise<string> {
  const { values } = parseArgs({
    options: {
      photos: { type: "string", default: "../shared/photos" },
      model: { type: "string", default: MODEL },
      fp32: { type: "string" },
      report: { type: "string" },
      limit: { type: "string" },
      "no-latency": { type: "boolean", default: false },
      "no-pairs": { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return HELP;
  const limit = parseCount("--limit", values.limit);
  const photos = await listPhotos(values.photos, limit);
  const spoiltPerKind = Math.min(SPOILT_PER_KIND, limit ?? SPOILT_PER_KIND);
  const hasSets = photos.some(({ set }) => set !== "");
  const pairs = values["no-pairs"] ? null : { photos: values.photos, limit };
  const withLatency = !values["no-latency"];
  const options = { model: values.model, fp32: values.fp32, spoiltPerKind, withLatency, pairs };
  const evaluation = await evaluate(photos, options);
  const report = writeReport(evaluation);
  const path = values.report ?? (hasSets ? join(values.model, "REPORT.md") : undefined);
  if (path === undefined) return report;
  const figures = join(dirname(path), `${basename(path, ".md").toLowerCase()}.json`);
  await writeFile(path, report);
  await writeFile(figures, `${JSON.stringify(cardOf(evaluation), null, 2)}\n`);
  const goals = goalsOf(evaluation, SEED);
  return `${goalsSection(goals)}\n\nWritten: ${path}, ${figures}\n`;
}

interface Options {
  readonly model: string;
  readonly fp32: string | undefined;
  readonly spoiltPerKind: number;
  readonly withLatency: boolean;
  /** Null leaves the pair checks out. */
  readonly pairs: Pick<PairOptions, "photos" | "limit"> | null;
}

async function evaluate(photos: readonly LabelledPhoto[], options: Options): Promise<Evaluation> {
  const { model, fp32, spoiltPerKind, withLatency } = options;
  const tell = (what: string) => tellProgress(what, () => systemClock.monotonicMs());
  const manifest = await readManifest(join(model, "manifest.json"));
  const machine = { model: cpus()[0]?.model ?? "unknown", cores: cpus().length, load: loadavg()[0] ?? 0 };
  // Times first: the machine is at its quietest before the photos are read.
  const latency = withLatency ? await measureLatency(model, fp32, AbortSignal.timeout(30 * 60_000)) : null;
  const classifier = await openModel(model);
  const { judged, unread } = await judgePhotos(classifier, photos, tell("photos"));
  const good = new Set(judged.filter(({ state }) => state !== "unusable").map(({ photo }) => placeOf(photo)));
  const spoilable = photos.filter((photo) => good.has(placeOf(photo)));
  const caught = await tryUnusable(classifier, spoilable, spoiltPerKind, tell("spoilt photos"));
  const poor = await tryPoor(classifier, spoilable, Math.ceil(spoiltPerKind / 2), tell("poor photos"));
  await classifier.close();
  const precision =
    fp32 === undefined
      ? null
      : await withNetwork(model, fp32, async (lent) => {
          const network = await openModel(lent);
          const other = await judgePhotos(network, photos, tell("photos in fp32"));
          await network.close();
          return pairUp(other.judged, judged);
        });
  const pairs =
    options.pairs && (await reportPairs({ ...options.pairs, model, seed: SEED, progress: tell("pair checks") }));
  const screens =
    options.pairs && (await reportScreens({ ...options.pairs, seed: SEED, progress: tell("photos of screens") }));
  const day = new Date(systemClock.nowMs()).toISOString().slice(0, 10);
  return { manifest, judged, unread, precision, caught, poor, latency, pairs, screens, machine, day, seed: SEED };
}

/** What the shipped file is held against from then on. */
function cardOf({ manifest, judged, caught, latency, pairs, screens, day }: Evaluation): ReportCard {
  const { name, version, file, sha256 } = manifest;
  return {
    model: { name, version, file, sha256 },
    day,
    sets: figuresBySet(judged),
    unusableCaught: caught.length === 0 ? null : Math.round(caughtOf(caught).value * 10_000) / 10_000,
    latency,
    pairs: pairs?.figures ?? null,
    screens: screens?.figures ?? null,
  };
}

await runCommand("eval:model", main);
