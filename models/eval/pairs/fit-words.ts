import { readFile } from "node:fs/promises";
import { DESCRIPTOR_LENGTH } from "../../../edge/pairs/descriptors.ts";
import { MARKS_LONG_SIDE_PX, type PhotoMarks, readMarks } from "../../../edge/pairs/photo-marks.ts";
import type { WordBit } from "../../../edge/pairs/words.ts";
import { randomFrom } from "../../random.ts";
import type { LabelledPhoto } from "../judged.ts";
import { CROP_SIDE, makeCopy } from "./make-copies.ts";

const BITS = 16;
const CANDIDATES = 600;
const BINS_ON_A_SIDE = 12;
const SAME_SPOT_PX = 1.5;

/** A spot's descriptor in a photo and in its cropped copy. */
type Twin = readonly [Uint8Array, Uint8Array];

/**
 * Chooses the sixteen bits of words: of some hundred random ones those that seldom differ between a photo and its cropped copy,
 * are set in half of all spots, and do not repeat each other.
 */
export async function fitWordBits(photos: readonly LabelledPhoto[], seed: number): Promise<WordBit[]> {
  const random = randomFrom(seed);
  const twins: Twin[] = [];
  for (const { path } of photos) twins.push(...(await twinsOf(await readFile(path), random)));
  const pick = () => Array.from({ length: BINS_ON_A_SIDE }, () => Math.floor(random() * DESCRIPTOR_LENGTH));
  const candidates = Array.from({ length: CANDIDATES }, () => {
    const [plus, minus] = [pick(), pick()];
    const sum = (values: Uint8Array) =>
      plus.reduce((all, bin) => all + (values[bin] ?? 0), 0) - minus.reduce((all, bin) => all + (values[bin] ?? 0), 0);
    const sums = twins.map(([a, b]) => [sum(a), sum(b)] as const);
    const ordered = sums.map(([a]) => a).sort((a, b) => a - b);
    const above = ordered[Math.floor(ordered.length / 2)] ?? 0;
    const set = Int8Array.from(sums, ([a]) => (a > above ? 1 : -1));
    const flips = sums.filter(([a, b]) => a > above !== b > above).length / sums.length;
    return { bit: { plus, minus, above }, set, flips };
  });
  candidates.sort((a, b) => a.flips - b.flips);
  const chosen: typeof candidates = [];
  for (let likeness = 0.1; chosen.length < BITS; likeness += 0.05) {
    for (const one of candidates) {
      if (chosen.length === BITS) break;
      if (!chosen.includes(one) && chosen.every(({ set }) => likenessOf(set, one.set) < likeness)) chosen.push(one);
    }
  }
  return chosen.map(({ bit }) => bit);
}

function likenessOf(a: Int8Array, b: Int8Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return Math.abs(sum / a.length);
}

async function twinsOf(jpeg: Uint8Array, random: () => number): Promise<Twin[]> {
  const copy = await makeCopy(jpeg, "cropped", random);
  const [original, copied] = [await readMarks(jpeg), await readMarks(copy.jpeg)];
  const row = ({ descriptors }: PhotoMarks, i: number) =>
    descriptors.subarray(i * DESCRIPTOR_LENGTH, (i + 1) * DESCRIPTOR_LENGTH);
  const near = SAME_SPOT_PX / MARKS_LONG_SIDE_PX;
  return copied.keypoints.flatMap(({ x, y, level }, j) => {
    const [toX, toY] = [copy.left + x * CROP_SIDE, copy.top + y * CROP_SIDE];
    const i = original.keypoints.findIndex(
      (one) =>
        Math.abs(one.x - toX) < near * 2 ** (one.level / 2) &&
        Math.abs(one.y - toY) < near * 2 ** (one.level / 2) &&
        Math.abs(one.level + 1 - level) <= 1,
    );
    return i < 0 ? [] : [[row(original, i), row(copied, j)] as const];
  });
}
