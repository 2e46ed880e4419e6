import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readMarks } from "../../../edge/pairs/photo-marks.ts";
import { openSeenPhotos, repeatFigures } from "../../../edge/pairs/seen-photos.ts";
import { sha256Of } from "../../../edge/visits/photo-messages.ts";
import { randomFrom, shuffled } from "../../random.ts";
import type { LabelledPhoto } from "../judged.ts";
import type { Example } from "./made-pairs.ts";
import { COPIES, makeCopy } from "./make-copies.ts";

/** What an index answered to photos that it should know, by kind of copy, and to photos that it cannot know. */
export interface ReuseTrial {
  /** Copies (group: the kind) and strangers (group `stranger`), by the likest photo that was found. */
  readonly examples: readonly Example[];
  /** The likest mirrored photo of each photo that was looked up before it was kept, where there was one: chance alone. */
  readonly chance: readonly Example[];
  /** Photos in the index when copies and strangers are looked up. */
  readonly indexed: number;
  /** Comparisons behind `chance`: each photo was looked up among those before it. */
  readonly comparisons: number;
  /** Strangers that are an indexed photo pixel by pixel: the data has it under two names. */
  readonly doubles: number;
}

/** Beyond both an original is an indexed photo under another name, whole or cut: all of these that we looked at were. */
const DOUBLE = { whole: 0.9, fine: 0.75 };
const NOTHING = { whole: 0, fine: 0, votes: 0, among: 0 };

/**
 * Lives a device's life with photos (each is looked up among those before it, then kept), then looks up changed copies of some of
 * them and other photos of the same sources (series of the same containers at the same places are among them).
 */
export async function tryReuse(
  photos: readonly LabelledPhoto[],
  sizes: { indexed: number; copied: number; strangers: number },
  seed: number,
): Promise<ReuseTrial> {
  const random = randomFrom(seed);
  const order = shuffled(photos, random);
  const folder = await mkdtemp(join(tmpdir(), "dvornik-reuse-"));
  const index = await openSeenPhotos(join(folder, "seen"), 20_000, undefined, () => {});
  const examples: Example[] = [];
  const chance: Example[] = [];
  let [comparisons, doubles] = [0, 0];
  async function live(jpeg: Uint8Array): Promise<void> {
    const marks = await readMarks(jpeg);
    const mirrored = (await index.lookUp(marks)).find(({ isMirrored }) => isMirrored);
    comparisons += index.size;
    if (mirrored !== undefined) chance.push({ isTrue: false, group: "chance", figures: repeatFigures(mirrored) });
    await index.keep(index.recordsOf([{ sha: sha256Of(jpeg), marks }]));
  }
  async function ask(jpeg: Uint8Array, group: string, sha: string | undefined): Promise<void> {
    const [likest] = await index.lookUp(await readMarks(jpeg));
    const { whole, fine } = likest ?? NOTHING;
    const isDouble = whole > DOUBLE.whole && fine > DOUBLE.fine && likest?.sha !== sha;
    if (isDouble) doubles += 1;
    if (isDouble || (sha !== undefined && likest !== undefined && likest.sha !== sha && whole > 0.9)) return;
    const isFound = likest !== undefined && (sha === undefined || likest.sha === sha);
    examples.push({ isTrue: sha !== undefined, group, figures: isFound ? repeatFigures(likest) : NOTHING });
  }
  try {
    const indexed = order.slice(0, sizes.indexed);
    for (const { path } of indexed) await live(await readFile(path));
    for (const { path } of indexed.slice(0, sizes.copied)) {
      const jpeg = await readFile(path);
      for (const copy of COPIES) await ask((await makeCopy(jpeg, copy, random)).jpeg, copy, sha256Of(jpeg));
    }
    const strangers = order.slice(sizes.indexed, sizes.indexed + sizes.strangers);
    for (const { path } of strangers) await ask(await readFile(path), "stranger", undefined);
    return { examples, chance, indexed: indexed.length, comparisons, doubles };
  } finally {
    await index.close();
    await rm(folder, { recursive: true });
  }
}
