import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Probabilities } from "#contract/messages.ts";
import { systemClock } from "#kit/clock.ts";
import { ModelManifest } from "../../edge/classify/manifest.ts";
import { openOnnxClassifier } from "../../edge/classify/onnx-classifier.ts";
import { decodePicture, fitPicture } from "../../edge/classify/preprocess.ts";

const FOLDER = "models/waste-site";
const PHOTOS = "../shared/photos";
const MAX_BYTES = 6_000_000;
// Rounding to a byte in the reference file, and nothing else: both sides compute the same in float32.
const TOLERANCE = 0.501;
const PHOTOS_PER_LABEL = 15;
const ACCURACY_FLOOR = 0.8;

async function readManifest(): Promise<ModelManifest> {
  return ModelManifest.parse(JSON.parse(await readFile(join(FOLDER, "manifest.json"), "utf8")));
}

describe("the shipped model", () => {
  it("is the file that its manifest names, and small enough for a radio", async () => {
    const manifest = await readManifest();

    const bytes = await readFile(join(FOLDER, manifest.file));

    expect(createHash("sha256").update(bytes).digest("hex")).toBe(manifest.sha256);
    expect(bytes.length).toBe(manifest.bytes);
    expect(bytes.length).toBeLessThanOrEqual(MAX_BYTES);
  });

  it("has a card that speaks of this very file", async () => {
    const manifest = await readManifest();

    const card = await readFile(join(FOLDER, "MODEL-CARD.md"), "utf8");

    expect(card).toContain(manifest.sha256);
  });

  it.skipIf(!existsSync(PHOTOS))("judges a slice of real photos above the floor", { timeout: 120_000 }, async () => {
    const labels = Probabilities.keyof().options;
    const classifier = await openOnnxClassifier(join(FOLDER, "manifest.json"), systemClock);

    let right = 0;
    for (const label of labels) {
      const names = (await readdir(join(PHOTOS, "val", label))).sort();
      const step = Math.floor(names.length / PHOTOS_PER_LABEL);
      for (const name of names.filter((_, index) => index % step === 0).slice(0, PHOTOS_PER_LABEL)) {
        const { state } = await classifier.classify(await readFile(join(PHOTOS, "val", label, name)));
        if (state === label) right += 1;
      }
    }
    await classifier.close();

    expect(right / (labels.length * PHOTOS_PER_LABEL)).toBeGreaterThanOrEqual(ACCURACY_FLOOR);
  });
});

describe("preprocessing", () => {
  it.each([
    ["a small photo, turned", "drawn-turned"],
    ["a large one, turned, that is halved first", "drawn-large"],
  ])("is the same on the device and in the training: %s", async (_, name) => {
    const python = await readFile(`test/models/reference/${name}.rgb`);
    const { input } = await readManifest();

    const picture = await decodePicture(await readFile(`test/models/reference/${name}.jpg`), input.width);
    const { rgb } = fitPicture(picture, input).picture;

    expect(rgb.length).toBe(python.length);
    const worst = python.reduce((most, byte, index) => Math.max(most, Math.abs(byte - (rgb[index] ?? 0))), 0);
    expect(worst).toBeLessThanOrEqual(TOLERANCE);
  });
});
