/**
 * Judges the shipped model as the device would, and writes its card.
 *
 *     ./node26 models/train/evaluate.ts --photos ../shared/photos --fp32 /tmp/train/model.fp32.onnx
 */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Probabilities } from "#contract/messages.ts";
import { ModelManifest } from "../../edge/classify/manifest.ts";
import { openNetwork as openSession } from "../../edge/classify/network.ts";
import { decodePicture, type Fitted, fitPicture } from "../../edge/classify/preprocess.ts";
import { lookAt, troubleOf } from "../../edge/classify/usable.ts";
import { probabilitiesOf, stateOf } from "../../edge/classify/verdict.ts";
import { type Judged, writeCard } from "./card.ts";

const MODEL_FOLDER = join(dirname(fileURLToPath(import.meta.url)), "../waste-site");

/** Runs one network on one thread, like the device. */
type Network = (fitted: Fitted) => Promise<{ probabilities: Probabilities; ms: number }>;

async function openNetwork(path: string, manifest: ModelManifest): Promise<Network> {
  const session = await openSession(await readFile(path), manifest);
  return async (fitted) => {
    const startedMs = performance.now();
    const { answers } = await session.look(fitted);
    const ms = performance.now() - startedMs;
    return { probabilities: probabilitiesOf(answers, manifest.temperatures), ms };
  };
}

async function listJpegs(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  return names.filter((name) => name.endsWith(".jpg")).sort();
}

async function judge(path: string, manifest: ModelManifest, networks: { fp32: Network; int8: Network }) {
  const startedMs = performance.now();
  const { input, thresholds } = manifest;
  const picture = await decodePicture(await readFile(path));
  const fitted = fitPicture(picture, input);
  const isUsablePicture = troubleOf(lookAt(picture, fitted)) === null;
  const prepareMs = performance.now() - startedMs;
  const fp32 = await networks.fp32(fitted);
  const int8 = await networks.int8(fitted);
  return {
    fp32: fp32.probabilities,
    int8: int8.probabilities,
    state: isUsablePicture ? stateOf(int8.probabilities, thresholds) : ("unusable" as const),
    prepareMs,
    fp32Ms: fp32.ms,
    int8Ms: int8.ms,
  };
}

const { values } = parseArgs({
  options: {
    photos: { type: "string", default: "../shared/photos" },
    fp32: { type: "string", default: "/tmp/train/model.fp32.onnx" },
    model: { type: "string", default: MODEL_FOLDER },
    card: { type: "string" },
  },
});
const manifest = ModelManifest.parse(JSON.parse(await readFile(join(values.model, "manifest.json"), "utf8")));
const networks = {
  fp32: await openNetwork(values.fp32, manifest),
  int8: await openNetwork(join(values.model, manifest.file), manifest),
};
const judged: Judged[] = [];
for (const split of ["val", "test"] as const) {
  for (const label of Probabilities.keyof().options) {
    const folder = join(values.photos, split, label);
    for (const name of await listJpegs(folder).catch(() => [])) {
      const result = await judge(join(folder, name), manifest, networks);
      judged.push({ split, label, source: name.split("-")[0] ?? "", name, ...result });
    }
  }
}
for (const name of await listJpegs(join(values.photos, "pairs"))) {
  const label = name.endsWith("-before.jpg") ? "overflow" : "clean";
  const result = await judge(join(values.photos, "pairs", name), manifest, networks);
  judged.push({ split: "pairs", label, source: "pairs", name, ...result });
}
const card = writeCard(manifest, judged);
await writeFile(values.card ?? join(values.model, "MODEL-CARD.md"), card);
process.stdout.write(card);
