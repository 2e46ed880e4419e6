import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { Clock } from "#kit/clock.ts";
import { messageOf } from "#kit/errors.ts";
import { releaseBytes } from "#kit/release-bytes.ts";
import { type Classifier, ModelUnusable, type Verdict } from "./classifier.ts";
import { ModelManifest, type NetworkFile, networksOf } from "./manifest.ts";
import { openNetwork } from "./network.ts";
import { decodePicture, fitPicture } from "./preprocess.ts";
import { lookAt, troubleOf } from "./usable.ts";
import { verdictOf } from "./verdict.ts";
import { drawWarmUpPhoto } from "./warm-up.ts";

/**
 * Loads the model that a manifest names, or a variant of it by its file, and judges photos with it on one thread.
 *
 * One drawn picture is judged at once, so that the first photo waits no longer than the later ones.
 * Rejects with `model-unusable` before anything is loaded when the file is missing or is not the one in the manifest.
 */
export async function openOnnxClassifier(manifestPath: string, clock: Clock, file?: string): Promise<Classifier> {
  const manifest = await readManifest(manifestPath);
  const found = networksOf(manifest).find((one) => file === undefined || one.file === file);
  if (found === undefined) throw new ModelUnusable(`${manifestPath} does not know ${file}`);
  const bytes = await readModel(manifestPath, found);
  const network = await openNetwork(bytes, manifest).catch((cause: unknown) => {
    throw new ModelUnusable(`${found.file} cannot be used: ${messageOf(cause)}`, { cause });
  });
  releaseBytes(bytes);
  const inHand = new Set<Promise<Verdict>>();
  let closing: Promise<void> | undefined;

  async function judge(jpeg: Uint8Array): Promise<Verdict> {
    const startedMs = clock.monotonicMs();
    const took = () => clock.monotonicMs() - startedMs;
    const picture = await decodePicture(jpeg, Math.max(manifest.input.width, manifest.input.height));
    const fitted = fitPicture(picture, manifest.input);
    try {
      const look = lookAt(picture, fitted);
      const reason = troubleOf(look);
      releaseBytes(picture.rgb);
      if (reason !== null) return { ...UNSEEN, state: "unusable", reason, tookMs: took() };
      const { answers, ...seen } = await network.look(fitted);
      return { ...seen, ...verdictOf(answers, manifest, look), tookMs: took() };
    } finally {
      releaseBytes(fitted.picture.rgb);
    }
  }

  await judge(await drawWarmUpPhoto()).catch(async (cause: unknown) => {
    await network.close();
    throw new ModelUnusable(`${found.file} cannot judge a drawn picture: ${messageOf(cause)}`, { cause });
  });

  return {
    model: found.sha256,
    classify: (jpeg) => {
      const verdict = judge(jpeg);
      inHand.add(verdict);
      const forget = () => inHand.delete(verdict);
      verdict.then(forget, forget);
      return verdict;
    },
    close: () => {
      closing ??= Promise.allSettled(inHand).then(() => network.close());
      return closing;
    },
  };
}

/** What is said of a photo that no network has looked at. */
const UNSEEN = { probabilities: null, usable: null, embedding: null, local: null, heat: null } as const;

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

async function readModel(manifestPath: string, network: NetworkFile): Promise<Uint8Array> {
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
