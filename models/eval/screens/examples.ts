import { readFile } from "node:fs/promises";
import { decodePicture } from "../../../edge/classify/preprocess.ts";
import { type ScreenFigures, screenFiguresOf } from "../../../edge/pairs/screen/screen-figures.ts";
import { randomFrom, shuffled } from "../../random.ts";
import type { Progress } from "../judge.ts";
import type { LabelledPhoto } from "../judged.ts";
import { evenly } from "../photos.ts";
import { photograph, type Strength, type Subject } from "./recapture.ts";

/** A photo file and who took it. */
export type SourcedPhoto = Pick<LabelledPhoto, "path" | "source">;

/** What was measured of one photo, and whether it shows a screen or a print. */
export interface ScreenExample {
  readonly isTrue: boolean;
  /** The source of a real photo; of a made one, what it shows and how strongly. */
  readonly group: string;
  readonly figures: ScreenFigures;
}

/** Real photos as they are: none of them is taken from a screen, as far as anybody knows. Ones too small to tell are left out. */
export async function readHonest(photos: readonly SourcedPhoto[], progress: Progress): Promise<ScreenExample[]> {
  const examples: ScreenExample[] = [];
  for (const [n, { path, source }] of photos.entries()) {
    const figures = screenFiguresOf(await decodePicture(await readFile(path)));
    if (figures !== null) examples.push({ isTrue: false, group: source, figures });
    progress(n + 1, photos.length);
  }
  return examples;
}

/** All strengths, or those of which something can be seen. */
export const ALL: readonly Strength[] = ["near", "usual", "fine"];
export const VISIBLE: readonly Strength[] = ["near", "usual"];

const casesOf = (
  strengths: readonly Strength[],
): readonly { readonly subject: Subject; readonly strength: Strength }[] => [
  ...(["screen", "print"] as const).flatMap((subject) => strengths.map((strength) => ({ subject, strength }))),
  { subject: "place", strength: "usual" },
];

/** The name of a made example's group. */
const groupOf = (subject: Subject, strength: Strength): string =>
  subject === "place" ? subject : `${subject}, ${strength}`;

/** So many photos photographed again from screens and prints of each strength, and as many places through the same camera. */
export async function makeRecaptures(
  photos: readonly SourcedPhoto[],
  strengths: readonly Strength[],
  perCase: number,
  seed: number,
  progress: Progress,
  aslant = 1,
): Promise<ScreenExample[]> {
  const random = randomFrom(seed);
  const order = shuffled(photos, random);
  const cases = casesOf(strengths);
  const examples: ScreenExample[] = [];
  for (const [n, { subject, strength }] of cases.entries()) {
    // Each case has other photos, as far as there are enough.
    const chosen = evenly(order.slice(n * perCase).concat(order), perCase);
    for (const [i, { path }] of chosen.entries()) {
      const jpeg = await photograph(await readFile(path), subject, strength, random, aslant);
      const figures = screenFiguresOf(await decodePicture(jpeg));
      if (figures !== null) examples.push({ isTrue: subject !== "place", group: groupOf(subject, strength), figures });
      progress(n * perCase + i + 1, cases.length * perCase);
    }
  }
  return examples;
}
