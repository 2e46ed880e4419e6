/**
 * Judges the shipped model as the device would, and writes its card.
 *
 *     ./node26 models/train/evaluate.ts --photos ../shared/photos --fp32 /tmp/train/model.fp32.onnx
 */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { InferenceSession, Tensor } from "onnxruntime-node";
import type { Probabilities } from "#contract/messages.ts";
import { ModelManifest } from "../../edge/classify/manifest.ts";
import { decodePicture, stretchByArea, toTensor } from "../../edge/classify/preprocess.ts";
import { isUsable, measureLuminance } from "../../edge/classify/usable.ts";
import { probabilitiesOf, stateOf } from "../../edge/classify/verdict.ts";
import { type Judged, writeCard } from "./card.ts";

const MODEL_FOLDER = join(dirname(fileURLToPath(import.meta.url)), "../waste-site");

/** Runs one network on one thread, like the device. */
type Network = (tensor: Float32Array) => Promise<{ probabilities: Probabilities; ms: number }>;

async function openNetwork(path: string, { input, output }: ModelManifest): Promise<Network> {
  const session = await InferenceSession.create(path, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  return async (values) => {
    const tensor = new Tensor("float32", values, [1, 3, input.height, input.width]);
    const startedMs = performance.now();
    const outputs = await session.run({ [input.name]: tensor });
    const ms = performance.now() - startedMs;
    const logits = outputs[output.name]?.data;
    if (!(logits instanceof Float32Array)) throw new Error(`${path} has no output ${output.name}`);
    return { probabilities: probabilitiesOf([...logits]), ms };
  };
}

async function listJpegs(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  return names.filter((name) => name.endsWith(".jpg")).sort();
}

async function judge(path: string, manifest: ModelManifest, networks: { fp32: Network; int8: Network }) {
  const startedMs = performance.now();
  const { input, thresholds } = manifest;
  const square = stretchByArea(await decodePicture(await readFile(path)), input.width, input.height);
  const isUsablePicture = isUsable(measureLuminance(square));
  const tensor = toTensor(square, input.mean, input.std);
  const prepareMs = performance.now() - startedMs;
  const fp32 = await networks.fp32(tensor);
  const int8 = await networks.int8(tensor);
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
  for (const label of manifest.labels) {
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
