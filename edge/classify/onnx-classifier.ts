import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { z } from "zod";
import type { Clock } from "#kit/clock.ts";
import { messageOf } from "#kit/errors.ts";
import { releaseBytes } from "#kit/release-bytes.ts";
import { type Classifier, ModelUnusable, type Verdict } from "./classifier.ts";
import { ModelManifest, type Network, networksOf } from "./manifest.ts";
import { decodePicture, stretchByArea, toTensor } from "./preprocess.ts";
import { isUsable, measureLuminance } from "./usable.ts";
import { probabilitiesOf, stateOf } from "./verdict.ts";

const Logits = z.instanceof(Float32Array).refine((values) => values.length === 4, "expected four outputs");

/** How a network runs on a device; a benchmark of one runs it the same way. */
export const SESSION = {
  executionProviders: ["cpu"],
  executionMode: "sequential",
  // The device has four slow cores and other work; one picture takes few milliseconds on one of them.
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  graphOptimizationLevel: "all",
  // One picture now and then: what it needs is given back behind it, not kept for the next.
  enableCpuMemArena: false,
  enableMemPattern: false,
} satisfies InferenceSession.SessionOptions;

/**
 * Loads the model that a manifest names, or a variant of it by its file, and judges photos with it on one thread.
 *
 * Rejects with `model-unusable` before anything is loaded when the file is missing or is not the one in the manifest.
 */
export async function openOnnxClassifier(manifestPath: string, clock: Clock, file?: string): Promise<Classifier> {
  const manifest = await readManifest(manifestPath);
  const network = networksOf(manifest).find((one) => file === undefined || one.file === file);
  if (network === undefined) throw new ModelUnusable(`${manifestPath} does not know ${file}`);
  const bytes = await readModel(manifestPath, network);
  const session = await InferenceSession.create(bytes, SESSION).catch((cause: unknown) => {
    throw new ModelUnusable(`${network.file} cannot be loaded: ${messageOf(cause)}`, { cause });
  });
  releaseBytes(bytes);
  const { input, output, thresholds } = manifest;
  const inHand = new Set<Promise<Verdict>>();
  let closing: Promise<void> | undefined;

  async function judge(jpeg: Uint8Array): Promise<Verdict> {
    const startedMs = clock.monotonicMs();
    const picture = await decodePicture(jpeg);
    const square = stretchByArea(picture, input.width, input.height);
    releaseBytes(picture.rgb);
    if (!isUsable(measureLuminance(square))) {
      return { state: "unusable", probabilities: null, tookMs: clock.monotonicMs() - startedMs };
    }
    const values = toTensor(square, input.mean, input.std);
    releaseBytes(square.rgb);
    const tensor = new Tensor("float32", values, [1, 3, input.height, input.width]);
    const outputs = await session.run({ [input.name]: tensor });
    releaseBytes(values);
    const probabilities = probabilitiesOf([...Logits.parse(outputs[output.name]?.data)]);
    return { state: stateOf(probabilities, thresholds), probabilities, tookMs: clock.monotonicMs() - startedMs };
  }

  return {
    model: network.sha256,
    classify: (jpeg) => {
      const verdict = judge(jpeg);
      inHand.add(verdict);
      const forget = () => inHand.delete(verdict);
      verdict.then(forget, forget);
      return verdict;
    },
    close: () => {
      closing ??= Promise.allSettled(inHand).then(() => session.release());
      return closing;
    },
  };
}

/** Reads a model's manifest; rejects with `model-unusable`. */
export async function readManifest(path: string): Promise<ModelManifest> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new ModelUnusable(`the model's manifest cannot be read: ${path}`, { cause });
  });
  const parsed = ModelManifest.safeParse(parseJson(text, path));
  if (!parsed.success) throw new ModelUnusable(`${path} is not a manifest: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ModelUnusable(`${path} is not JSON`, { cause });
  }
}

async function readModel(manifestPath: string, network: Network): Promise<Uint8Array> {
  const path = join(dirname(manifestPath), network.file);
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new ModelUnusable(`the model cannot be read: ${path}`, { cause });
  });
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  if (sha256 !== network.sha256) {
    throw new ModelUnusable(`${path} has SHA-256 ${sha256}, the manifest says ${network.sha256}`);
  }
  return bytes;
}
