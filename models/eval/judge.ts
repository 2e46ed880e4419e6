import { createHash } from "node:crypto";
import { copyFile, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { systemClock } from "#kit/clock.ts";
import { codeOf, messageOf } from "#kit/errors.ts";
import { sharp } from "../../edge/camera/thrifty-sharp.ts";
import type { Classifier } from "../../edge/classify/classifier.ts";
import { openOnnxClassifier, readManifest } from "../../edge/classify/onnx-classifier.ts";
import type { Judged, LabelledPhoto } from "./judged.ts";
import { quantile } from "./statistics.ts";

/** A photo that the device cannot decode. */
export interface Unread {
  readonly name: string;
  readonly why: string;
}

export interface Judgement {
  readonly judged: readonly Judged[];
  readonly unread: readonly Unread[];
}

/** Says how far a long work has come. */
export type Progress = (done: number, all: number) => void;

/** Judges photos one after the other with the device's own classifier; a photo that cannot be decoded is told, not thrown. */
export async function judgePhotos(
  classifier: Classifier,
  photos: readonly LabelledPhoto[],
  progress: Progress,
): Promise<Judgement> {
  const judged: Judged[] = [];
  const unread: Unread[] = [];
  for (const [index, { path, ...photo }] of photos.entries()) {
    const jpeg = await readFile(path);
    try {
      const { state, reason, probabilities } = await classifier.classify(jpeg);
      judged.push({ photo, state, reason, probabilities, brightness: await brightnessOf(jpeg) });
    } catch (error) {
      if (codeOf(error) !== "photo-unreadable") throw error;
      unread.push({ name: photo.name, why: messageOf(error) });
    }
    progress(index + 1, photos.length);
  }
  return { judged, unread };
}

/** Opens a model's folder as a device does. Rejects with `model-unusable`. */
export const openModel = (folder: string): Promise<Classifier> =>
  openOnnxClassifier(join(folder, "manifest.json"), systemClock);

/**
 * Lends a folder in which a manifest names another file of the same network (fp32), so that all else stays the device's:
 * preprocessing, temperatures, thresholds.
 */
export async function withNetwork<Result>(
  folder: string,
  file: string,
  use: (folder: string) => Promise<Result>,
): Promise<Result> {
  const manifest = await readManifest(join(folder, "manifest.json"));
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new Error(`the fp32 network cannot be read (${messageOf(cause)}): name it with --fp32, or leave that out`);
  });
  const lent = await mkdtemp(join(tmpdir(), "dvornik-eval-"));
  try {
    const named = basename(file).replace(/[^\w.-]/g, "_");
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const { variants: _, ...rest } = manifest;
    await copyFile(file, join(lent, named));
    const { size } = await stat(file);
    await writeFile(join(lent, "manifest.json"), JSON.stringify({ ...rest, file: named, sha256, bytes: size }));
    return await use(lent);
  } finally {
    await rm(lent, { recursive: true });
  }
}

const SIDE_PX = 64;

/** Median brightness of the whole picture, 0 to 255 (Rec. 601 weights, at 64 by 64). */
export async function brightnessOf(jpeg: Uint8Array): Promise<number> {
  const rgb = await sharp(jpeg)
    .resize(SIDE_PX, SIDE_PX, { fit: "fill" })
    .toColourspace("srgb")
    .removeAlpha()
    .raw()
    .toBuffer();
  const grey = Array.from({ length: SIDE_PX * SIDE_PX }, (_, i) => {
    return 0.299 * (rgb[3 * i] ?? 0) + 0.587 * (rgb[3 * i + 1] ?? 0) + 0.114 * (rgb[3 * i + 2] ?? 0);
  });
  return quantile(
    grey.sort((a, b) => a - b),
    0.5,
  );
}
