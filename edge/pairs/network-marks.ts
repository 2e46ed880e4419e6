import { z } from "zod";
import { Sha256 } from "#contract/names.ts";
import type { Verdict } from "../classify/classifier.ts";

/** What the network saw in a photo, in bytes: small enough for a draft, and only comparable with the same model's. */
export interface NetworkMarks {
  /** SHA-256 of the model file. */
  readonly model: string;
  readonly embedding: Int8Array;
  readonly widthCells: number;
  /** One row of features for each cell, of length 127 after the mean over all cells was taken off. */
  readonly cells: readonly Int8Array[];
}

const MOST_CELLS = 32 * 32;

/** Marks as they lie in a draft. */
export const KeptNetworkMarks = z.object({
  v: z.literal(1),
  model: Sha256,
  embedding: z.base64().max(512),
  widthCells: z.number().int().min(1),
  channels: z.number().int().min(1).max(64),
  cells: z.base64().max(MOST_CELLS * 64 * 2),
});
export type KeptNetworkMarks = z.infer<typeof KeptNetworkMarks>;

/** What is kept of a verdict for a later photo to be compared with; null where no network looked. */
export function keepNetworkMarks({ embedding, local }: Verdict, model: string): KeptNetworkMarks | null {
  if (embedding === null || local === null) return null;
  const { channels, widthCells, heightCells, values } = local;
  const count = widthCells * heightCells;
  const cells = new Int8Array(count * channels);
  const means = Array.from({ length: channels }, (_, c) => meanOf(values.subarray(c * count, (c + 1) * count)));
  for (let cell = 0; cell < count; cell += 1) {
    const row = Float32Array.from(means, (mean, c) => (values[c * count + cell] ?? 0) - mean);
    cells.set(unitBytes(row), cell * channels);
  }
  const text = (bytes: Int8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");
  return { v: 1, model, embedding: text(unitBytes(embedding)), widthCells, channels, cells: text(cells) };
}

/** Reads what was kept. */
export function readNetworkMarks(kept: KeptNetworkMarks): NetworkMarks {
  const bytes = (text: string) => Int8Array.from(Buffer.from(text, "base64"));
  const all = bytes(kept.cells);
  const { channels, widthCells, model } = kept;
  const count = Math.floor(all.length / channels);
  const cells = Array.from({ length: count }, (_, i) => all.subarray(i * channels, (i + 1) * channels));
  return { model, embedding: bytes(kept.embedding), widthCells, cells };
}

/** How alike two embeddings are: their cosine. */
export function cosineOf(a: Int8Array, b: Int8Array): number {
  return dot(a, b) / (Math.sqrt(dot(a, a) * dot(b, b)) || 1);
}

/** Less than half alike is no counterpart. */
const LEAST_ALIKE = 0.5 * 127 * 127;

/**
 * The share of cells that have each other as the best counterpart and moved the same way, give or take a cell: what stays
 * in its place between two photos of one place.
 */
export function agreeingCells(a: NetworkMarks, b: NetworkMarks): number {
  const best = a.cells.map(() => ({ at: -1, value: LEAST_ALIKE }));
  const back = b.cells.map(() => ({ at: -1, value: LEAST_ALIKE }));
  for (const [i, row] of a.cells.entries()) {
    for (const [j, other] of b.cells.entries()) {
      const value = dot(row, other);
      const [forth, here] = [best[i], back[j]];
      if (forth && value > forth.value) [forth.at, forth.value] = [j, value];
      if (here && value > here.value) [here.at, here.value] = [i, value];
    }
  }
  const moves = best.flatMap(({ at: j }, i) => {
    if (j < 0 || back[j]?.at !== i) return [];
    const x = (j % b.widthCells) - (i % a.widthCells);
    return [{ x, y: Math.floor(j / b.widthCells) - Math.floor(i / a.widthCells) }];
  });
  const together = moves.map(
    (one) => moves.filter(({ x, y }) => Math.abs(x - one.x) <= 1 && Math.abs(y - one.y) <= 1).length,
  );
  return Math.max(0, ...together) / Math.max(1, a.cells.length);
}

const meanOf = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function unitBytes(values: Float32Array): Int8Array {
  const length = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0)) || 1;
  return Int8Array.from(values, (value) => Math.round((127 * value) / length));
}

function dot(a: Int8Array, b: Int8Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}
