import { join } from "node:path";
import type { HealthFacts, SiteState, UnusableReason } from "#contract/messages.ts";
import type { Clock } from "#kit/clock.ts";
import type { Closer } from "#kit/closer.ts";
import { codeOf } from "#kit/errors.ts";
import { type Classifier, ModelUnusable, type Verdict } from "../classify/classifier.ts";
import { openOnnxClassifier } from "../classify/onnx-classifier.ts";
import { countVerdicts } from "./verdict-counts.ts";

/** Judges photos as long as there is a model. */
export interface Judge extends Closer {
  /** SHA-256 of the model file, or null when none could be loaded. */
  readonly model: string | null;
  /** Why there is no model, or null. */
  readonly trouble: string | null;
  /** What this model has said since it was loaded; undefined before its first photo. */
  readonly verdicts: HealthFacts["verdicts"];
  /** Why the last photo could not be judged; null where it could, or where there was none. */
  readonly unusable: UnusableReason | null;
  /** Rejects with `model-unusable` or `photo-unreadable`. A drawn picture counts as nothing that the camera has seen. */
  judge(jpeg: Uint8Array, source?: PictureSource): Promise<Verdict & { readonly model: string }>;
}

/** Where a picture comes from: the camera, or it was drawn to try the model. */
export type PictureSource = "camera" | "drawn";

/** Where a model lies; without `file` its manifest says which one is meant. */
export interface ModelPlace {
  readonly folder: string;
  readonly file?: string;
}

/** What became of one photo: its state, or the code of the error. */
export type Judged =
  | { readonly state: SiteState; readonly tookMs: number; readonly model: string }
  | { readonly error: string };

/** A judge that can be given another model while it works. */
export interface ReplaceableJudge extends Judge {
  /** Judges with another model from the next photo on; one that cannot be loaded becomes the `trouble`. */
  use(place: ModelPlace): Promise<void>;
}

/** Loads the model of a place; a device without a usable model still starts and says so. */
export async function openJudge(
  place: ModelPlace,
  clock: Clock,
  onJudged: (judged: Judged) => void = () => {},
): Promise<ReplaceableJudge> {
  let classifier = await open(place, clock);
  let verdicts = countVerdicts();
  let unusable: UnusableReason | null = null;
  const model = () => (classifier instanceof ModelUnusable ? null : classifier.model);
  return {
    get model() {
      return model();
    },
    get trouble() {
      return classifier instanceof ModelUnusable ? classifier.message : null;
    },
    get verdicts() {
      return verdicts.now();
    },
    get unusable() {
      return unusable;
    },
    judge: async (jpeg, source = "camera") => {
      const now = classifier;
      try {
        if (now instanceof ModelUnusable) throw now;
        const verdict = { ...(await now.classify(jpeg)), model: now.model };
        if (source === "camera") {
          if (now === classifier) verdicts.add(verdict);
          unusable = verdict.reason;
        }
        onJudged(verdict);
        return verdict;
      } catch (error) {
        onJudged({ error: codeOf(error) });
        throw error;
      }
    },
    use: async (next) => {
      const before = classifier;
      classifier = await open(next, clock);
      verdicts = countVerdicts();
      if (!(before instanceof ModelUnusable)) await before.close();
    },
    close: async () => {
      if (!(classifier instanceof ModelUnusable)) await classifier.close();
    },
  };
}

async function open({ folder, file }: ModelPlace, clock: Clock): Promise<Classifier | ModelUnusable> {
  return await openOnnxClassifier(join(folder, "manifest.json"), clock, file).catch((error: unknown) => {
    if (error instanceof ModelUnusable) return error;
    throw error;
  });
}
