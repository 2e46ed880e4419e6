import { readFile } from "node:fs/promises";
import type { Classifier } from "../../../edge/classify/classifier.ts";
import { keepNetworkMarks, readNetworkMarks } from "../../../edge/pairs/network-marks.ts";
import { readMarks } from "../../../edge/pairs/photo-marks.ts";
import { type PlaceMarks, samePlaceFigures } from "../../../edge/pairs/same-place.ts";
import { randomFrom, shuffled } from "../../random.ts";
import type { LabelledPhoto } from "../judged.ts";
import { heapWaste, makeView } from "./make-views.ts";
import { type Half, listRealPairs } from "./real-pairs.ts";
import { decodeColour } from "./warp.ts";

/** Figures of one pair, and whether it is what is looked for. */
export interface Example {
  readonly isTrue: boolean;
  readonly group: string;
  readonly figures: Readonly<Record<string, number>>;
}

/** What a photo is compared by, as a device would read it. */
async function lookAt(jpeg: Uint8Array, classifier: Classifier): Promise<PlaceMarks> {
  const kept = keepNetworkMarks(await classifier.classify(jpeg), classifier.model);
  return { marks: await readMarks(jpeg), network: kept && readNetworkMarks(kept) };
}

/**
 * Pairs of one place made from single photos (waste before, none after, another view and light), and as many of two
 * places: two photos of one source, so that neither camera nor city tells them apart.
 */
export async function makePlacePairs(
  photos: readonly LabelledPhoto[],
  count: number,
  seed: number,
  classifier: Classifier,
): Promise<Example[]> {
  const random = randomFrom(seed);
  const sites = photos.filter(({ label }) => label !== "not_a_site");
  const dirty = sites.filter(({ label }) => label !== "clean");
  const colour = async (photo: LabelledPhoto | undefined) => decodeColour(await readFile(photo?.path ?? ""));
  const pick = (from: readonly LabelledPhoto[]) => from[Math.floor(random() * from.length)];
  const examples: Example[] = [];
  for (const photo of shuffled(sites, random).slice(0, count)) {
    const picture = await colour(photo);
    const heaped = heapWaste(picture, await colour(pick(dirty)), random);
    const before = await lookAt(await makeView(heaped, random), classifier);
    const after = await lookAt(await makeView(picture, random), classifier);
    const others = sites.filter((one) => one.source === photo.source && one.name !== photo.name);
    const other = await lookAt(await makeView(await colour(pick(others)), random), classifier);
    const group = photo.source;
    examples.push({ isTrue: true, group, figures: samePlaceFigures(before, after) });
    examples.push({ isTrue: false, group, figures: samePlaceFigures(before, other) });
  }
  return examples;
}

/** The real pairs of a half, and befores with the afters of other pairs of it: each before with three of them. */
export async function readRealPairs(photos: string, half: Half, classifier: Classifier): Promise<Example[]> {
  const sides: { before: PlaceMarks; after: PlaceMarks }[] = [];
  for (const { before, after } of await listRealPairs(photos, half)) {
    sides.push({
      before: await lookAt(await readFile(before), classifier),
      after: await lookAt(await readFile(after), classifier),
    });
  }
  return sides.flatMap(({ before, after }, i) => {
    const others = [5, 11, 17].flatMap((step) => sides[(i + step) % sides.length] ?? []);
    return [
      { isTrue: true, group: "real", figures: samePlaceFigures(before, after) },
      ...others.map((other) => ({ isTrue: false, group: "real", figures: samePlaceFigures(before, other.after) })),
    ];
  });
}
