import { CALIBRATION, likelihoodOf } from "./calibration.ts";
import { structureOf } from "./matches.ts";
import { agreeingCells, cosineOf, type NetworkMarks } from "./network-marks.ts";
import type { PhotoMarks } from "./photo-marks.ts";

/** What one photo of a place is compared by. */
export interface PlaceMarks {
  readonly marks: PhotoMarks;
  /** Null where no network looked. */
  readonly network: NetworkMarks | null;
}

/** With fewer spots a photo is too dark or too plain for a comparison. */
const LEAST_KEYPOINTS = 24;

/**
 * The probability that two photos show one place, or null where one of them shows too little. What the network saw counts where
 * the one model that the curve was fitted for looked at both; else the structure of the pictures alone.
 */
export function likelihoodOfSamePlace(before: PlaceMarks, after: PlaceMarks): number | null {
  if (Math.min(before.marks.keypoints.length, after.marks.keypoints.length) < LEAST_KEYPOINTS) return null;
  const { structure, withModel } = CALIBRATION.samePlace;
  const figures = samePlaceFigures(before, after);
  const isFitted = withModel !== null && [before, after].every(({ network }) => network?.model === withModel.model);
  return likelihoodOf(isFitted ? withModel.curve : structure, figures);
}

/** Names of the figures that need no network, and of all. */
export const STRUCTURE_FIGURES = ["agreeing", "share"] as const;
export const PLACE_FIGURES = [...STRUCTURE_FIGURES, "cosine", "cells"] as const;

/** What the likelihood is made of; spots as a logarithm, since twice as many of them say as much at any number. */
export function samePlaceFigures(
  before: PlaceMarks,
  after: PlaceMarks,
): Readonly<Record<(typeof PLACE_FIGURES)[number], number>> {
  const { matches, agreeing } = structureOf(before.marks, after.marks);
  const [one, other] = [before.network, after.network];
  const isSeen = one !== null && other !== null && one.model === other.model;
  return {
    agreeing: Math.log2(1 + agreeing),
    share: agreeing / (matches + 4),
    cosine: isSeen ? cosineOf(one.embedding, other.embedding) : 0,
    cells: isSeen ? agreeingCells(one, other) : 0,
  };
}

/** Whether a network saw both photos that figures are of: two photos whose embeddings stand at exactly a right angle do not occur. */
export const isSeenByNetwork = ({ cosine = 0 }: Readonly<Record<string, number>>): boolean => cosine !== 0;
