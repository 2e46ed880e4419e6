import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { signUpdate } from "#contract/updates.ts";
import { systemClock } from "#kit/clock.ts";
import { openOnnxClassifier, readManifest } from "../../../edge/classify/onnx-classifier.ts";
import { checkModel } from "../../../edge/update/check-model.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { JsonObject } from "../support/fakes.ts";
import { copyModel, MODEL, operator, publishModel } from "./updates-support.ts";

/** The network before it was quantised: it is not in the repository (models/train/README.md says how it is made). */
const FP32 = process.env.BENCH_FP32 ?? "";
const hasFp32 = FP32 !== "" && existsSync(FP32);

const sha256Of = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** A model with both precisions in a folder, and its signed manifest. */
async function bothPrecisions() {
  const folder = await copyModel(await tempFolder());
  const bytes = await readFile(FP32);
  await writeFile(join(folder, "model.fp32.onnx"), bytes);
  const put = (name: string, content: Uint8Array) => ({ name, sha256: sha256Of(content), bytes: content.length });
  const variant = put("model.fp32.onnx", bytes);
  const path = join(folder, "manifest.json");
  const shipped = JsonObject.parse(JSON.parse(await readFile(path, "utf8")));
  await writeFile(path, JSON.stringify({ ...shipped, variants: [{ ...variant, file: variant.name }] }));
  const { update } = await publishModel({ put }, 2, { network: (own) => own });
  const { manifest } = signUpdate(
    { ...update.manifest, files: [...update.manifest.files, variant] },
    operator.privateKeyPem,
  );
  return { folder, path, manifest };
}

describe.skipIf(!hasFp32)("int8 and fp32 in one update (BENCH_FP32 names the fp32 file)", () => {
  it("both see the samples right, with room to the bounds", async () => {
    const { path } = await bothPrecisions();
    const { selfTest, thresholds } = await readManifest(path);
    const margins: string[] = [];
    for (const file of ["model.int8.onnx", "model.fp32.onnx"]) {
      const classifier = await openOnnxClassifier(path, systemClock, file);
      onTestFinished(() => classifier.close());
      for (const sample of selfTest?.samples ?? []) {
        const { state, probabilities } = await classifier.classify(await readFile(join(MODEL, sample.file)));
        expect([file, sample.file, state]).toEqual([file, sample.file, sample.state]);
        if (probabilities === null || !(state in thresholds)) continue;
        const best = Math.max(...Object.values(probabilities));
        margins.push(`${file} ${sample.file} ${best.toFixed(3)}`);
        expect(best, `${file} ${sample.file}`).toBeGreaterThan(0.7);
      }
    }
    process.stdout.write(`${margins.join("\n")}\n`);
  });

  it("the one that is faster on this machine is taken", async () => {
    const { folder, manifest } = await bothPrecisions();

    const { measured, why } = await checkModel(folder, manifest, new AbortController().signal);

    process.stdout.write(`${why}; ${measured.memoryMb} MB\n`);
    const [, taken, itsMs, otherMs] = /^(\S+) takes ([\d.]+) ms; \S+ takes ([\d.]+) ms/.exec(why)?.map(String) ?? [];
    expect(measured.file).toBe(taken);
    expect(Number(itsMs)).toBeLessThanOrEqual(Number(otherMs));
  }, 120_000);
});
