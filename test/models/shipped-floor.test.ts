import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { JsonText } from "#kit/json-text.ts";
import { readManifest } from "../../edge/classify/onnx-classifier.ts";
import { fallsBelow, figuresBySet, ReportCard } from "../../models/eval/floor.ts";
import { judgePhotos, openModel } from "../../models/eval/judge.ts";
import { listPhotos } from "../../models/eval/photos.ts";
import { caughtOf, tryUnusable } from "../../models/eval/unusable-trial.ts";

const MODEL = "models/waste-site";
const PHOTOS = "../shared/photos";

/** Spoilt photos of each kind, and how far all 45 may fall below the card, which has 270: twice the standard error. */
const [SPOILT_PER_KIND, SPOILT_TOLERANCE] = [5, 0.1];

const readCard = async () => JsonText.pipe(ReportCard).parse(await readFile(join(MODEL, "report.json"), "utf8"));

async function theClassifier() {
  const classifier = await openModel(MODEL);
  onTestFinished(() => classifier.close());
  return classifier;
}

describe("the shipped model against its own card (run `npm run -s eval:model` after each new model)", () => {
  it("is the one that report.json and REPORT.md speak of", async () => {
    const { sha256 } = await readManifest(join(MODEL, "manifest.json"));

    expect((await readCard()).model.sha256).toBe(sha256);
    expect(await readFile(join(MODEL, "REPORT.md"), "utf8")).toContain(sha256);
  });

  it("judges each of its drawn samples right", { timeout: 240_000 }, async () => {
    const classifier = await theClassifier();
    const { selfTest } = await readManifest(join(MODEL, "manifest.json"));

    const seen = [];
    for (const { file } of selfTest?.samples ?? []) {
      seen.push({ file, state: (await classifier.classify(await readFile(join(MODEL, file)))).state });
    }

    expect(seen.length).toBeGreaterThan(0);
    expect(seen).toEqual(selfTest?.samples);
  });

  it("has a card of both sets, in which each figure is a floor", async () => {
    const { sets } = await readCard();

    expect(Object.keys(sets).sort()).toEqual(["test", "val"]);
    // Far below any model worth shipping: a card cannot be lowered to let a broken one through.
    for (const { fourWay, dirtyOrClean } of Object.values(sets)) {
      expect(fourWay).toBeGreaterThan(0.8);
      expect(dirtyOrClean).toBeGreaterThan(0.9);
    }
  });

  it.skipIf(!existsSync(PHOTOS))(
    `reaches the figures of its card on val/ and test/ (skipped where ${PHOTOS} is not at hand)`,
    { timeout: 900_000 },
    async () => {
      const { judged } = await judgePhotos(await theClassifier(), await listPhotos(PHOTOS), () => {});

      expect(fallsBelow(figuresBySet(judged), await readCard())).toEqual([]);
    },
  );

  it.skipIf(!existsSync(PHOTOS))(
    `refuses spoilt photos as often as its card says (skipped where ${PHOTOS} is not at hand)`,
    { timeout: 240_000 },
    async () => {
      const { unusableCaught } = await readCard();
      const photos = (await listPhotos(PHOTOS, 5)).filter(({ label }) => label !== "not_a_site");

      const caught = await tryUnusable(await theClassifier(), photos, SPOILT_PER_KIND, () => {});

      expect(unusableCaught).toBeGreaterThan(0.9);
      expect(caughtOf(caught).value).toBeGreaterThan((unusableCaught ?? 1) - SPOILT_TOLERANCE);
      // Each kind by itself, too: one that is let through as a whole would hide behind eight others.
      for (const { kind, caught: share } of caught) expect(share.value, kind).toBeGreaterThanOrEqual(0.6);
    },
  );
});
