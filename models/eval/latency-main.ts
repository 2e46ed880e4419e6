/**
 * Measures one thing in a process of its own; latency.ts starts it and reads the JSON that it prints.
 *
 *     latency-main.ts verdicts MODEL N PHOTO…      |      latency-main.ts networks MODEL [FP32]
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { argv, stdout } from "node:process";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { systemClock } from "#kit/clock.ts";
import { SESSION } from "../../edge/classify/network.ts";
import { openOnnxClassifier, readManifest } from "../../edge/classify/onnx-classifier.ts";
import type { Timed } from "./latency.ts";
import { quantile } from "./statistics.ts";

const WARM_UP = 10;
const NETWORK_RUNS = 200;
const MIB = 1024 * 1024;

const rounded = (value: number): number => Math.round(value * 100) / 100;

function timesOf(ms: readonly number[]) {
  const ascending = ms.toSorted((a, b) => a - b);
  const at = (share: number) => rounded(quantile(ascending, share));
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99) };
}

async function measureVerdicts(model: string, n: number, paths: readonly string[]): Promise<Timed> {
  const photos = await Promise.all(paths.map((path) => readFile(path)));
  const classifier = await openOnnxClassifier(join(model, "manifest.json"), systemClock);
  const ms: number[] = [];
  let cpu = process.cpuUsage();
  for (let i = -Math.min(WARM_UP, n); i < n; i += 1) {
    if (i === 0) cpu = process.cpuUsage();
    const photo = photos[(i + photos.length * WARM_UP) % photos.length];
    if (photo === undefined) throw new Error("no photo to judge");
    const startedMs = performance.now();
    await classifier.classify(photo);
    if (i >= 0) ms.push(performance.now() - startedMs);
  }
  const used = process.cpuUsage(cpu);
  const memory = { residentMb: process.memoryUsage.rss() / MIB, peakMb: process.resourceUsage().maxRSS / 1024 };
  await classifier.close();
  return {
    n,
    ...timesOf(ms),
    cpu: rounded((used.user + used.system) / 1000 / n),
    residentMb: Math.round(memory.residentMb),
    peakMb: Math.round(memory.peakMb),
  };
}

/** The networks take turns, so that what else the machine does falls on both alike. */
async function measureNetworks(model: string, fp32: string | undefined) {
  const { file, input } = await readManifest(join(model, "manifest.json"));
  const paths = [join(model, file), ...(fp32 === undefined ? [] : [fp32])];
  const { width, height } = input;
  const pixels = Float32Array.from({ length: 3 * width * height }, (_, i) => ((i * 7919) % 511) / 255 - 1);
  const feeds = { [input.name]: new Tensor("float32", pixels, [1, 3, height, width]) };
  const networks = await Promise.all(
    paths.map(async (path) => {
      const took: number[] = [];
      return { session: await InferenceSession.create(await readFile(path), SESSION), took };
    }),
  );
  for (let i = -WARM_UP; i < NETWORK_RUNS; i += 1) {
    for (const { session, took } of networks) {
      const startedMs = performance.now();
      await session.run(feeds);
      if (i >= 0) took.push(performance.now() - startedMs);
    }
  }
  for (const { session } of networks) await session.release();
  return networks.map(({ took }) => timesOf(took));
}

const [what, model = "", ...rest] = argv.slice(2);
if (what === "verdicts") {
  const [n, ...photos] = rest;
  stdout.write(JSON.stringify(await measureVerdicts(model, Number(n), photos)));
} else {
  stdout.write(JSON.stringify(await measureNetworks(model, rest[0])));
}
