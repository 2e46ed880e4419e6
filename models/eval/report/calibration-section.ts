import {
  adaptiveError,
  BINS,
  type Claim,
  equalWidthBins,
  errorByChance,
  expectedError,
  fourWayClaims,
  sideClaims,
} from "../calibration.ts";
import type { Judged } from "../judged.ts";
import { bootstrap } from "../statistics.ts";
import { estimate, figure, table } from "./markdown.ts";
import type { Part } from "./parts.ts";

/** Whether probabilities hold. */
export function calibrationSection(parts: readonly Part[], all: readonly Judged[], seed: number): string {
  const sets = parts.filter(({ kind }) => kind === "all" || kind === "set");
  const rows = sets.flatMap(({ name, judged }) => [
    errorRow(name, "best of four", fourWayClaims(judged), seed),
    errorRow(name, "dirty or clean", sideClaims(judged), seed),
  ]);
  return `## Calibration

Of the photos about which the device is 80 % sure, four in five should be right. *ECE* is the mean gap between confidence and
accuracy over ${BINS} bins of equal width, weighed by their photos (Guo et al. 2017, arXiv 1706.04599); *adaptive* the same over ${BINS} bins of
equal numbers (Nguyen & O'Connor 2015, arXiv 1508.05154). Bins of few photos miss their mean by chance, so the column *by chance* says
what a perfectly calibrated model would show on so many photos with these confidences (mean of 300 draws). The
intervals (bootstrap, 1,000 draws, seed ${seed}) lean upwards for the same reason.

${table(["photos", "answer", "n", "ECE", "by chance", "adaptive", "by chance"], rows)}

Reliability, best of four, all photos:

${table(
  ["confidence", "photos", "mean confidence", "right"],
  equalWidthBins(fourWayClaims(all)).map(({ from, to, n, confidence, accuracy }) => [
    `${figure(from, 2)}–${figure(to, 2)}`,
    n,
    figure(confidence),
    figure(accuracy),
  ]),
)}`;
}

function errorRow(name: string, answer: string, claims: readonly Claim[], seed: number): readonly (string | number)[] {
  return [
    name,
    answer,
    claims.length,
    estimate(bootstrap([claims], expectedError, seed)),
    figure(errorByChance(claims, expectedError, seed)),
    estimate(bootstrap([claims], adaptiveError, seed)),
    figure(errorByChance(claims, adaptiveError, seed)),
  ];
}
