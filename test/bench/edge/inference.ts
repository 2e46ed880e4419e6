import { readFile } from "node:fs/promises";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { systemClock } from "#kit/clock.ts";
import type { ModelInput } from "../../../edge/classify/manifest.ts";
import { SESSION } from "../../../edge/classify/network.ts";
import { openOnnxClassifier, readManifest } from "../../../edge/classify/onnx-classifier.ts";
import { drawSite } from "../../../models/samples/drawn-site.ts";
import { percentile } from "../percentile.ts";

/** Milliseconds, each alone on one thread. */
export interface Took {
  readonly what: string;
  readonly p50: number;
  readonly p99: number;
  readonly n: number;
}

const WARM_UP = 10;

async function timesOf(what: string, n: number, once: (i: number) => Promise<unknown>): Promise<Took> {
  const ms: number[] = [];
  for (let i = -WARM_UP; i < n; i++) {
    const start = performance.now();
    await once(Math.abs(i));
    if (i >= 0) ms.push(performance.now() - start);
  }
  return { what, p50: percentile(ms, 50), p99: percentile(ms, 99), n };
}

/** The network alone, from a tensor to its four outputs. */
async function measureNetwork(what: string, file: string, { width, height }: ModelInput, n: number): Promise<Took> {
  const session = await InferenceSession.create(await readFile(file), SESSION);
  const pixels = Float32Array.from({ length: 3 * height * width }, (_, i) => ((i * 7919) % 511) / 255 - 1);
  const input = new Tensor("float32", pixels, [1, 3, height, width]);
  const took = await timesOf(what, n, () => session.run({ input }));
  await session.release();
  return took;
}

/** int8 and, where a file is given, fp32; and a whole verdict of the shipped model: decode, shrink, look, judge. */
export async function measureInference(modelFolder: string, fp32: string | undefined, n: number): Promise<Took[]> {
  const { input } = await readManifest(`${modelFolder}/manifest.json`);
  const took = [await measureNetwork("int8, the network alone", `${modelFolder}/model.int8.onnx`, input, n)];
  if (fp32 !== undefined) took.push(await measureNetwork("fp32, the network alone", fp32, input, n));
  const photos = await Promise.all([1, 2, 3, 4].map((seed) => drawSite({ seed, state: "overflow" })));
  const classifier = await openOnnxClassifier(`${modelFolder}/manifest.json`, systemClock);
  const verdict = (i: number) => classifier.classify(photos[i % photos.length] ?? Buffer.of());
  took.push(await timesOf("a verdict of the shipped model, from JPEG", n, verdict));
  await classifier.close();
  return took;
}
