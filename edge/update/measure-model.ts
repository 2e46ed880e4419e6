import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { SiteState } from "#contract/messages.ts";
import type { Clock } from "#kit/clock.ts";
import { openOnnxClassifier, readManifest } from "../classify/onnx-classifier.ts";

/** What a model did with the samples on this device. */
export const Measured = z.object({
  file: z.string(),
  sha256: z.string(),
  /** Samples whose verdict is not the one expected. */
  wrong: z.array(z.object({ file: z.string(), expected: SiteState, got: SiteState })),
  /** Of one photo, decoding included; `p99Ms` is the slowest of fifty. */
  p50Ms: z.number(),
  p99Ms: z.number(),
  /** The most resident memory of the process. */
  memoryMb: z.number(),
});
export type Measured = z.infer<typeof Measured>;

/** The slowest of so many is near enough to a p99, and they take less than a minute on the slowest board. */
const PHOTOS = 50;

/** Judges the samples beside a model with one of its files. Rejects with `model-unusable` where it cannot be loaded. */
export async function measureModel(folder: string, file: string, clock: Clock): Promise<Measured> {
  const path = join(folder, "manifest.json");
  const { selfTest } = await readManifest(path);
  const samples = await Promise.all(
    (selfTest?.samples ?? []).map(async ({ file: photo, state }) => {
      return { file: photo, state, jpeg: await readFile(join(folder, photo)) };
    }),
  );
  const classifier = await openOnnxClassifier(path, clock, file);
  const wrong: Measured["wrong"] = [];
  const tookMs: number[] = [];
  for (const sample of samples) {
    const { state } = await classifier.classify(sample.jpeg);
    if (state !== sample.state) wrong.push({ file: sample.file, expected: sample.state, got: state });
  }
  for (let i = 0; i < PHOTOS; i += 1) {
    const sample = samples[i % samples.length];
    if (sample !== undefined) tookMs.push((await classifier.classify(sample.jpeg)).tookMs);
  }
  await classifier.close();
  tookMs.sort((a, b) => a - b);
  const quantile = (at: number) => Math.round((tookMs[Math.floor(at * (tookMs.length - 1))] ?? 0) * 10) / 10;
  const memoryMb = Math.round(process.resourceUsage().maxRSS / 1024);
  return { file, sha256: classifier.model, wrong, p50Ms: quantile(0.5), p99Ms: quantile(1), memoryMb };
}
