import { join } from "node:path";
import type { UpdateManifest } from "#contract/updates.ts";
import { messageOf } from "#kit/errors.ts";
import { runProgram } from "#kit/run-program.ts";
import { LOW_MEMORY } from "../../firmware-config/bundle/low-memory.ts";
import { ModelUnusable } from "../classify/classifier.ts";
import { type ModelManifest, networksOf, type SelfTest } from "../classify/manifest.ts";
import { readManifest } from "../classify/onnx-classifier.ts";
import { Measured } from "./measure-model.ts";
import { UpdateRefused } from "./update-refused.ts";

/** Beside this file, as source or as the JavaScript of a bundle. */
const PROGRAM = join(import.meta.dirname, "measure-model-main.ts");
/** Fifty photos, and what it takes to load, at the slowest that any bound should allow. */
const WITHIN_MS = 10 * 60_000;
const MAX_OUTPUT_BYTES = 64 * 1024;

/** Which file of a model this device will use, what was measured of it, and why it is this one. */
export interface ChosenNetwork {
  readonly measured: Measured;
  readonly bounds: SelfTest;
  readonly why: string;
}

/**
 * Tries each file of a model on its samples, in a process of its own, and chooses the fastest that sees them right within
 * the bounds of the manifest. Rejects with `UpdateRefused` when none does.
 */
export async function checkModel(folder: string, update: UpdateManifest, signal: AbortSignal): Promise<ChosenNetwork> {
  const manifest = await readManifest(join(folder, "manifest.json")).catch((cause: unknown) => {
    throw cause instanceof ModelUnusable ? new UpdateRefused(cause.message, { cause }) : cause;
  });
  const { selfTest } = manifest;
  if (selfTest === undefined) throw new UpdateRefused("its manifest.json has no samples to try it on");
  requireFiles(manifest, selfTest, update);
  const tried: Tried[] = [];
  for (const { file } of networksOf(manifest)) tried.push(await measure(folder, file, signal));
  return chooseNetwork(tried, selfTest);
}

/** A file of a model that was tried: what was measured, or how its process failed. */
export type Tried = Measured | { readonly file: string; readonly trouble: string };

/** The fastest that is right on all samples and within the bounds. Throws `UpdateRefused` when there is none. */
export function chooseNetwork(tried: readonly Tried[], bounds: SelfTest): ChosenNetwork {
  const judged = tried.map((one) => ({ one, fault: faultOf(one, bounds) }));
  const [best, next] = judged
    .flatMap(({ one, fault }) => ("trouble" in one || fault !== undefined ? [] : [one]))
    .sort((a, b) => a.p50Ms - b.p50Ms);
  const faults = judged.flatMap(({ one, fault }) => (fault === undefined ? [] : [`${one.file} ${fault}`]));
  if (best === undefined) throw new UpdateRefused(`it failed its test here: ${faults.join("; ")}`.slice(0, 190));
  const others = next === undefined ? faults : [`${next.file} takes ${next.p50Ms} ms`, ...faults];
  return { measured: best, bounds, why: [`${best.file} takes ${best.p50Ms} ms`, ...others].join("; ") };
}

function faultOf(tried: Tried, { p99Ms, memoryMb }: SelfTest): string | undefined {
  if ("trouble" in tried) return tried.trouble;
  const [wrong] = tried.wrong;
  if (wrong !== undefined) return `sees ${wrong.got} in ${wrong.file}, which shows ${wrong.expected}`;
  if (tried.p99Ms > p99Ms) return `needs ${tried.p99Ms} ms for a photo, more than ${p99Ms}`;
  if (tried.memoryMb > memoryMb) return `needs ${tried.memoryMb} MB, more than ${memoryMb}`;
  return undefined;
}

/** What the manifest names must have been signed: nothing beside it is taken from the folder. */
function requireFiles(manifest: ModelManifest, { samples }: SelfTest, { files }: UpdateManifest): void {
  for (const { file, sha256 } of networksOf(manifest)) {
    const signed = files.find(({ name }) => name === file);
    if (signed === undefined || signed.sha256 !== sha256) throw new UpdateRefused(`${file} is not among its files`);
  }
  const missing = samples.find(({ file }) => !files.some(({ name }) => name === file));
  if (missing !== undefined) throw new UpdateRefused(`${missing.file} is not among its files`);
}

/**
 * What tries one file. It shares the memory of the device's unit with the program, so it holds as little as that one (a
 * network of fp32 takes 151 MB, 72 of them anonymous, instead of 198 and 119), and is timed as it will run.
 */
export const measuringProgram = (folder: string, file: string) => ({
  command: process.execPath,
  args: [PROGRAM, folder, file],
  environment: LOW_MEMORY,
  withinMs: WITHIN_MS,
  maxOutputBytes: MAX_OUTPUT_BYTES,
});

async function measure(folder: string, file: string, signal: AbortSignal): Promise<Tried> {
  try {
    const { status, output, complaints } = await runProgram(measuringProgram(folder, file), signal);
    if (status !== 0) return { file, trouble: `ended with ${status}: ${lastLine(complaints)}` };
    return Measured.parse(JSON.parse(output.toString("utf8")));
  } catch (error) {
    signal.throwIfAborted();
    return { file, trouble: `could not be tried: ${messageOf(error)}` };
  }
}

const lastLine = (text: string): string =>
  (text.split("\n").find((line) => /error/i.test(line)) ?? "it said nothing").trim().slice(0, 100);
