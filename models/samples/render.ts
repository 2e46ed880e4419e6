/**
 * Draws the sample photos of the shipped model and writes them, with the verdicts that a device must come to, beside it.
 * Run again after a new model was exported; it refuses samples on which the model is not sure by a wide margin.
 *
 *     ./node26 models/samples/render.ts [--model models/waste-site]
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stdout } from "node:process";
import { parseArgs } from "node:util";
import sharp from "sharp";
import { z } from "zod";
import type { SiteState } from "#contract/messages.ts";
import { systemClock } from "#kit/clock.ts";
import type { SelfTest } from "../../edge/classify/manifest.ts";
import { openOnnxClassifier } from "../../edge/classify/onnx-classifier.ts";
import { drawSite } from "./drawn-site.ts";

/** Small enough to travel with each model; the model looks at 256 by 256. */
const SIZE = { widthPx: 320, heightPx: 240 };
const QUALITY = 72;
/** A verdict needs 0.6: fp32 and int8, or two machines, may differ by some hundredths. */
const LEAST_PROBABILITY = 0.8;
/** Generous for the slowest board (Zero 2 W, some 0.3 s): a model beyond it keeps a driver waiting. */
const BOUNDS = { p99Ms: 3_000, memoryMb: 320 };

/** The surest of the first forty of each state, of which the model of 2026.11.23 sees 118 of 120 right. */
const SITES = [
  { state: "clean", seed: 11 },
  { state: "clean", seed: 24 },
  { state: "overflow", seed: 8 },
  { state: "overflow", seed: 14 },
  { state: "scattered", seed: 18 },
  { state: "scattered", seed: 25 },
] as const;

/** A lens at night: nothing that anybody could judge. */
const night = () =>
  sharp({ create: { width: SIZE.widthPx, height: SIZE.heightPx, channels: 3, background: "#050506" } })
    .jpeg({ quality: QUALITY })
    .toBuffer();

interface Sample {
  readonly file: string;
  readonly state: SiteState;
  readonly jpeg: Uint8Array;
}

async function drawAll(): Promise<readonly Sample[]> {
  const sites = SITES.map(async ({ state, seed }): Promise<Sample> => {
    const drawn = await drawSite({ seed, state, widthPx: 2 * SIZE.widthPx, heightPx: 2 * SIZE.heightPx });
    const jpeg = await sharp(drawn).resize(SIZE.widthPx, SIZE.heightPx).jpeg({ quality: QUALITY }).toBuffer();
    return { file: `sample-${state}-${seed}.jpg`, state, jpeg };
  });
  return [...(await Promise.all(sites)), { file: "sample-night.jpg", state: "unusable", jpeg: await night() }];
}

const { values } = parseArgs({ options: { model: { type: "string", default: "models/waste-site" } } });
const manifestPath = join(values.model, "manifest.json");
const classifier = await openOnnxClassifier(manifestPath, systemClock);
const samples = await drawAll();
for (const { file, state, jpeg } of samples) {
  const verdict = await classifier.classify(jpeg);
  const best = state === "unusable" ? 1 : Math.max(...Object.values(verdict.probabilities ?? { none: 0 }));
  stdout.write(`${file} ${jpeg.length} bytes: ${verdict.state} ${best.toFixed(3)}\n`);
  if (verdict.state !== state || best < LEAST_PROBABILITY) throw new Error(`${file}: choose another seed`);
  await writeFile(join(values.model, file), jpeg);
}
await classifier.close();
const selfTest: SelfTest = { samples: samples.map(({ file, state }) => ({ file, state })), ...BOUNDS };
const manifest = z.record(z.string(), z.unknown()).parse(JSON.parse(await readFile(manifestPath, "utf8")));
await writeFile(manifestPath, `${JSON.stringify({ ...manifest, selfTest }, null, 2)}\n`);
