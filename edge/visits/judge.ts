import { join } from "node:path";
import type { Clock } from "#kit/clock.ts";
import type { Closer } from "#kit/closer.ts";
import { ModelUnusable, type Verdict } from "../classify/classifier.ts";
import { openOnnxClassifier } from "../classify/onnx-classifier.ts";

/** Judges photos as long as there is a model. */
export interface Judge extends Closer {
  /** SHA-256 of the model file, or null when none could be loaded. */
  readonly model: string | null;
  /** Why there is no model, or null. */
  readonly trouble: string | null;
  /** Rejects with `model-unusable` or `photo-unreadable`. */
  judge(jpeg: Uint8Array): Promise<Verdict & { readonly model: string }>;
}

/** Loads the model of a folder; a device without a usable model still starts and says so. */
export async function openJudge(modelFolder: string, clock: Clock): Promise<Judge> {
  const manifest = join(modelFolder, "manifest.json");
  const classifier = await openOnnxClassifier(manifest, clock).catch((error: unknown) => {
    if (error instanceof ModelUnusable) return error;
    throw error;
  });
  if (classifier instanceof ModelUnusable) {
    return {
      model: null,
      trouble: classifier.message,
      judge: () => Promise.reject(classifier),
      close: async () => {},
    };
  }
  const { model } = classifier;
  return {
    model,
    trouble: null,
    judge: async (jpeg) => ({ ...(await classifier.classify(jpeg)), model }),
    close: () => classifier.close(),
  };
}
