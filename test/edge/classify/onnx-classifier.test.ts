import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "#kit/clock.ts";
import type { Classifier } from "../../../edge/classify/classifier.ts";
import { openOnnxClassifier } from "../../../edge/classify/onnx-classifier.ts";
import { drawSite } from "../../../models/samples/drawn-site.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const SHIPPED = "models/waste-site";

describe("the shipped classifier", () => {
  let classifier: Classifier;

  beforeAll(async () => {
    classifier = await openOnnxClassifier(`${SHIPPED}/manifest.json`, systemClock);
  });

  afterAll(async () => {
    await classifier.close();
  });

  it("gives a drawn site a verdict whose probabilities sum to 1", async () => {
    const photo = await drawSite({ seed: 1, state: "clean", widthPx: 640, heightPx: 480 });

    const verdict = await classifier.classify(photo);

    const sum = Object.values(verdict.probabilities ?? {}).reduce((total, value) => total + value, 0);
    expect(sum).toBeCloseTo(1, 6);
    expect(verdict.tookMs).toBeGreaterThan(0);
  });

  it("judges the same photo the same way, also side by side", async () => {
    const photo = await drawSite({ seed: 2, state: "overflow", widthPx: 640, heightPx: 480 });

    const verdicts = await Promise.all([1, 2, 3].map(() => classifier.classify(photo)));

    const distinct = new Set(verdicts.map(({ probabilities }) => JSON.stringify(probabilities)));
    expect(distinct.size).toBe(1);
  });

  it("calls a black picture unusable without asking the model", async () => {
    const create = { width: 320, height: 240, channels: 3 as const, background: "#000" };
    const black = await sharp({ create }).jpeg().toBuffer();

    const verdict = await classifier.classify(black);

    expect(verdict).toMatchObject({ state: "unusable", probabilities: null });
  });

  it("calls a badly blurred photo unusable", async () => {
    const photo = await drawSite({ seed: 3, state: "clean", widthPx: 640, heightPx: 480 });
    const blurred = await sharp(photo).blur(20).jpeg().toBuffer();

    const verdict = await classifier.classify(blurred);

    expect(verdict.state).toBe("unusable");
  });

  it("rejects a text file as unreadable and goes on judging", async () => {
    const photo = await drawSite({ seed: 4, state: "clean", widthPx: 320, heightPx: 240 });

    await expect(classifier.classify(Buffer.from("not a photo"))).rejects.toMatchObject({ code: "photo-unreadable" });
    const verdict = await classifier.classify(photo);

    expect(verdict.probabilities).not.toBeNull();
  });
});

describe("openOnnxClassifier", () => {
  let folder: string;

  beforeEach(async () => {
    folder = await tempFolder();
    await copyFile(`${SHIPPED}/manifest.json`, join(folder, "manifest.json"));
  });

  const opening = () => openOnnxClassifier(join(folder, "manifest.json"), systemClock);

  it("names the file when the model is missing", async () => {
    await expect(opening()).rejects.toMatchObject({
      code: "model-unusable",
      message: expect.stringContaining("model.int8.onnx"),
    });
  });

  it("refuses a model that is not the one in the manifest", async () => {
    const bytes = await readFile(`${SHIPPED}/model.int8.onnx`);
    bytes[1000] = (bytes[1000] ?? 0) ^ 1;
    await writeFile(join(folder, "model.int8.onnx"), bytes);

    await expect(opening()).rejects.toMatchObject({
      code: "model-unusable",
      message: expect.stringContaining("SHA-256"),
    });
  });

  it.each([
    ["no JSON", "{"],
    ["no manifest", '{"name": "waste-site"}'],
  ])("refuses a manifest that is %s", async (_, text) => {
    await writeFile(join(folder, "manifest.json"), text);

    await expect(opening()).rejects.toMatchObject({ code: "model-unusable" });
  });

  it("may be closed twice and waits for the photo in hand", async () => {
    const classifier = await openOnnxClassifier(`${SHIPPED}/manifest.json`, systemClock);
    const photo = await drawSite({ seed: 5, state: "clean", widthPx: 320, heightPx: 240 });

    const verdict = classifier.classify(photo);
    await Promise.all([classifier.close(), classifier.close()]);

    await expect(verdict).resolves.toHaveProperty("state");
  });
});
