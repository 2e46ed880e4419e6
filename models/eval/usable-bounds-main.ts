/**
 * Shows what edge/classify/usable.ts measures of good photos, of the same ones spoilt and of the same ones poor but to be judged, so
 * that its bounds can be set again: quantiles of each measure, and how many of each kind are refused for which reason, before any
 * network is asked. With `--grain` all are enlarged to a device's 1,280 px with so much of a sensor's grain (0, 3, 8 levels).
 *
 *     ./node26 models/eval/usable-bounds-main.ts [--photos ../shared/photos/val] [--every 10] [--spoil-every 5] [--grain 3]
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { stdout } from "node:process";
import { parseArgs } from "node:util";
import { z } from "zod";
import { readManifest } from "../../edge/classify/onnx-classifier.ts";
import { decodePicture, fitPicture } from "../../edge/classify/preprocess.ts";
import { type Look, lookAt, troubleOf } from "../../edge/classify/usable.ts";
import { withGrain } from "./camera-grain.ts";
import { makePoor, POOR_KINDS, POOR_STRENGTHS } from "./poor.ts";
import { makeUnusable, UNUSABLE_KINDS } from "./unusable.ts";

const POOR = POOR_KINDS.flatMap((poor) =>
  POOR_STRENGTHS.map((strength) => ({ name: `${poor}, ${strength}`, poor, strength })),
);
const MEASURES = ["shortSidePx", "brightest", "blown", "busy", "blurLoss", "drawn"] as const;
const QUANTILES = [0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1];

const { values } = parseArgs({
  options: {
    photos: { type: "string", default: "../shared/photos/val" },
    every: { type: "string", default: "10" },
    "spoil-every": { type: "string", default: "5" },
    grain: { type: "string" },
    model: { type: "string", default: "models/waste-site" },
  },
});
const Step = z.coerce.number().int().min(1);
const [every, spoilEvery] = [Step.parse(values.every), Step.parse(values["spoil-every"])];
const grain = values.grain === undefined ? undefined : z.coerce.number().min(0).parse(values.grain);
const { input } = await readManifest(join(values.model, "manifest.json"));

const looks = new Map<string, Look[]>(
  ["good", ...UNUSABLE_KINDS, ...POOR.map(({ name }) => name)].map((kind) => [kind, []]),
);
async function measure(kind: string, jpeg: Uint8Array): Promise<void> {
  const taken = grain === undefined ? jpeg : await withGrain(jpeg, grain, 1);
  const picture = await decodePicture(taken, Math.max(input.width, input.height));
  looks.get(kind)?.push(lookAt(picture, fitPicture(picture, input)));
}

const names = (await readdir(values.photos, { recursive: true })).filter((name) => name.endsWith(".jpg")).sort();
for (const [index, name] of names.filter((_, at) => at % every === 0).entries()) {
  const jpeg = await readFile(join(values.photos, name));
  await measure("good", jpeg);
  if (index % spoilEvery !== 0) continue;
  for (const kind of UNUSABLE_KINDS) await measure(kind, await makeUnusable(jpeg, kind, index));
  for (const { name: kind, poor, strength } of POOR) await measure(kind, await makePoor(jpeg, poor, strength, index));
}

const row = (cells: readonly string[]) => stdout.write(`| ${cells.join(" | ")} |\n`);
for (const measured of MEASURES) {
  row([measured, ...QUANTILES.map((at) => `${at * 100} %`)]);
  row(Array.from({ length: QUANTILES.length + 1 }, () => "---"));
  for (const [kind, of] of looks) {
    const sorted = of.map((look) => look[measured]).sort((a, b) => a - b);
    const quantile = (at: number) => sorted[Math.min(sorted.length - 1, Math.floor(at * sorted.length))] ?? Number.NaN;
    row([`${kind} (${of.length})`, ...QUANTILES.map((at) => quantile(at).toFixed(3))]);
  }
  stdout.write("\n");
}
row(["photos", "refused", "reasons"]);
row(["---", "---", "---"]);
for (const [kind, of] of looks) {
  const reasons = of.flatMap((look) => troubleOf(look) ?? []);
  const counts = [...new Set(reasons)].map((reason) => `${reason} ${reasons.filter((one) => one === reason).length}`);
  row([`${kind} (${of.length})`, (reasons.length / of.length).toFixed(3), counts.join(", ")]);
}
