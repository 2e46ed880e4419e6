import { readFile } from "node:fs/promises";
import type { Probabilities } from "#contract/messages.ts";
import type { Classifier } from "../../../edge/classify/classifier.ts";
import { cleanerFigures } from "../../../edge/pairs/cleaner.ts";
import { randomFrom, shuffled } from "../../random.ts";
import type { LabelledPhoto } from "../judged.ts";
import type { Example } from "./made-pairs.ts";
import { listRealPairs } from "./real-pairs.ts";

/**
 * Two photos of one source each, by their labels: dirty then clean is cleaner, clean then dirty and twice the same is not. The
 * photos must not be those that the network was trained with: of them it is too sure.
 */
export async function makeCleanerPairs(
  photos: readonly LabelledPhoto[],
  most: number,
  seed: number,
  classifier: Classifier,
): Promise<Example[]> {
  const random = randomFrom(seed);
  const judged: { label: string; source: string; probabilities: Probabilities }[] = [];
  for (const { path, label, source } of shuffled(photos, random).slice(0, most)) {
    if (label === "not_a_site") continue;
    const { probabilities } = await classifier.classify(await readFile(path));
    if (probabilities !== null) judged.push({ label: label === "clean" ? "clean" : "dirty", source, probabilities });
  }
  return judged.flatMap((before, i) =>
    [1, 2, 3, 4, 5].flatMap((step) => {
      const same = judged.filter(({ source }) => source === before.source);
      const after = same[(same.indexOf(before) + step * 7 + i) % same.length];
      if (after === undefined || after === before) return [];
      const isTrue = before.label === "dirty" && after.label === "clean";
      return [{ isTrue, group: before.source, figures: cleanerFigures(before.probabilities, after.probabilities) }];
    }),
  );
}

/** The real pairs as they were taken (cleaner), and the other way round (not cleaner). */
export async function readRealCleaner(photos: string, classifier: Classifier): Promise<Example[]> {
  const examples: Example[] = [];
  for (const { before, after } of await listRealPairs(photos, "both")) {
    const [first, second] = [
      await classifier.classify(await readFile(before)),
      await classifier.classify(await readFile(after)),
    ];
    if (first.probabilities === null || second.probabilities === null) continue;
    examples.push({ isTrue: true, group: "real", figures: cleanerFigures(first.probabilities, second.probabilities) });
    examples.push({ isTrue: false, group: "real", figures: cleanerFigures(second.probabilities, first.probabilities) });
  }
  return examples;
}
