import {
  balancedFourWay,
  balancedSides,
  classFigures,
  confusionOf,
  fourWay,
  isGroupRight,
  macroOverSources,
  sourceFigures,
} from "../accuracy.ts";
import { type Judged, LABELS } from "../judged.ts";
import { estimate, estimateOf, figure, table } from "./markdown.ts";
import type { Part } from "./parts.ts";

/** Below this median brightness (0 to 255) a photo counts as taken in the dark: night, street lamps, deep dusk. */
const DARK_BELOW = 64;

/** Accuracy of each set, of each source in it, by light, and by class. */
export function accuracySection(parts: readonly Part[], all: readonly Judged[]): string {
  return `## Accuracy

The device's choice of four (the class it would name without thresholds) against the label. *Balanced* is the mean of the hit
rates of the classes that occur. *Dirty or clean* takes overflow and scattered as one and asks which of dirty and clean is the
likelier, mean of the hit rates on both; *strictly* counts the answer "not a site" for a site as wrong. A good photo that is
refused as unusable counts as wrong everywhere. Intervals are of 95 %: Wilson's for shares of photos, for means of shares what follows
from those (Zou & Donner 2008). Photos of one street on one day are alike, so the true uncertainty is larger.

${table(
  ["photos", LABELS.join(" + "), "four-way", "four-way, balanced", "dirty or clean", "dirty or clean, strictly"],
  parts.map(overallRow),
)}

### By light

Dark: median brightness of the picture below ${DARK_BELOW} of 255 (night, street lamps, deep dusk).

${table(
  ["photos", LABELS.join(" + "), "four-way", "four-way, balanced", "dirty or clean", "dirty or clean, strictly"],
  byLight(all).map(overallRow),
)}

### Confusion

${parts
  .filter(({ kind }) => kind !== "source-of-set")
  .map(confusionTable)
  .join("\n\n")}

### By class (all photos)

${table(
  ["class", "found of its photos (recall)", "true of those so named (precision)"],
  classFigures(all).map(({ label, recall, precision }) => [label, estimateOf(recall), estimateOf(precision)]),
)}

### By source, over the classes that others have, too

Class and source are mixed up in the training photos: whoever knows the source knows much of the class. So this is the mean hit
rate over the classes that a source shares with another one; what only one source has stands apart. Mean over sources: **${figure(macroOverSources(all))}**.

${sourceTable(all)}`;
}

const counts = (judged: readonly Judged[]): string =>
  LABELS.map((label) => judged.filter(({ photo }) => photo.label === label).length).join(" + ");

function overallRow({ name, judged }: Pick<Part, "name" | "judged">): readonly string[] {
  return [
    name,
    counts(judged),
    estimate(fourWay(judged)),
    estimate(balancedFourWay(judged)),
    estimate(balancedSides(judged)),
    estimate(balancedSides(judged, isGroupRight)),
  ];
}

function byLight(all: readonly Judged[]) {
  const isDark = ({ brightness }: Judged) => brightness < DARK_BELOW;
  return [
    { name: "dark", judged: all.filter(isDark) },
    { name: "light", judged: all.filter((one) => !isDark(one)) },
  ].filter(({ judged }) => judged.length > 0);
}

function confusionTable({ name, judged }: Part): string {
  const rows = confusionOf(judged).map(({ label, answers, refused }) => [
    label,
    ...LABELS.map((answer) => answers[answer]),
    refused,
  ]);
  return table([`${name}: truth ↓ answer →`, ...LABELS, "refused"], rows);
}

function sourceTable(all: readonly Judged[]): string {
  const rows = sourceFigures(all).map(({ source, shared, alone }) => {
    const words = (recalls: typeof shared) =>
      recalls.map(({ label, recall }) => `${label} ${figure(recall.value)} of ${recall.n}`).join(", ") || "–";
    const mean = shared.reduce((sum, { recall }) => sum + recall.value, 0) / shared.length;
    return [source, figure(mean), words(shared), words(alone)];
  });
  return table(["source", "mean over shared classes", "shared classes", "classes that only this source has"], rows);
}
