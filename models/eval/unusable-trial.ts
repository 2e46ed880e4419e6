import { readFile } from "node:fs/promises";
import type { UnusableReason } from "#contract/messages.ts";
import type { Classifier } from "../../edge/classify/classifier.ts";
import type { Progress } from "./judge.ts";
import type { LabelledPhoto } from "./judged.ts";
import { evenly } from "./photos.ts";
import { makePoor, POOR_KINDS, POOR_STRENGTHS, type PoorKind, type PoorStrength } from "./poor.ts";
import { type Estimate, shareOf } from "./statistics.ts";
import { makeUnusable, UNUSABLE_KINDS, type UnusableKind } from "./unusable.ts";

/** What became of the photos that were spoilt in one way. */
export interface Caught {
  readonly kind: UnusableKind;
  readonly caught: Estimate;
  /** The reasons that the device gave, with how often. */
  readonly reasons: Readonly<Partial<Record<UnusableReason, number>>>;
}

/** Spoils `perKind` of the photos in each way, evenly over them, and asks the device about each. Seeded by their order. */
export async function tryUnusable(
  classifier: Classifier,
  photos: readonly LabelledPhoto[],
  perKind: number,
  progress: Progress,
): Promise<readonly Caught[]> {
  const chosen = evenly(photos, perKind);
  const all = chosen.length * UNUSABLE_KINDS.length;
  const results: Caught[] = [];
  for (const kind of UNUSABLE_KINDS) {
    const reasons: Partial<Record<UnusableReason, number>> = {};
    let caught = 0;
    for (const [seed, { path }] of chosen.entries()) {
      const { state, reason } = await classifier.classify(await makeUnusable(await readFile(path), kind, seed));
      if (state === "unusable") caught += 1;
      if (reason !== null) reasons[reason] = (reasons[reason] ?? 0) + 1;
      progress(results.length * chosen.length + seed + 1, all);
    }
    results.push({ kind, caught: shareOf(caught, chosen.length), reasons });
  }
  return results;
}

/** What became of photos of one kind of weather or light that a person can still judge. */
export interface PoorRefused {
  readonly kind: PoorKind;
  readonly strength: PoorStrength;
  readonly refused: Estimate;
  readonly reasons: Caught["reasons"];
}

/** Makes `perCase` of the photos poor in each way and strength, and asks the device about each: none should be refused. */
export async function tryPoor(
  classifier: Classifier,
  photos: readonly LabelledPhoto[],
  perCase: number,
  progress: Progress,
): Promise<readonly PoorRefused[]> {
  const chosen = evenly(photos, perCase);
  const cases = POOR_KINDS.flatMap((kind) => POOR_STRENGTHS.map((strength) => ({ kind, strength })));
  const results: PoorRefused[] = [];
  for (const { kind, strength } of cases) {
    const reasons: Partial<Record<UnusableReason, number>> = {};
    let refused = 0;
    for (const [seed, { path }] of chosen.entries()) {
      const { state, reason } = await classifier.classify(await makePoor(await readFile(path), kind, strength, seed));
      if (state === "unusable") refused += 1;
      if (reason !== null) reasons[reason] = (reasons[reason] ?? 0) + 1;
      progress(results.length * chosen.length + seed + 1, cases.length * chosen.length);
    }
    results.push({ kind, strength, refused: shareOf(refused, chosen.length), reasons });
  }
  return results;
}

/** All kinds together. */
export const caughtOf = (results: readonly Caught[]): Estimate => {
  const n = results.reduce((sum, { caught }) => sum + caught.n, 0);
  return shareOf(Math.round(results.reduce((sum, { caught }) => sum + caught.value * caught.n, 0)), n);
};
