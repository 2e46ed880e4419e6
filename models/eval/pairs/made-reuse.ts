import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type PhotoMarks, readMarks } from "../../../edge/pairs/photo-marks.ts";
import { openSeenPhotos, repeatFigures } from "../../../edge/pairs/seen-photos.ts";
import { sha256Of } from "../../../edge/visits/photo-messages.ts";
import { randomFrom, shuffled } from "../../random.ts";
import type { LabelledPhoto } from "../judged.ts";
import type { Example } from "./made-pairs.ts";
import { COPIES, makeCopy } from "./make-copies.ts";

/** What an index answered to photos that it should know, by kind of copy, and to photos that it cannot know. Nothing is left out. */
export interface ReuseTrial {
  /** Copies (group: the kind), by the likest photo that was found; one that another photo was taken for is not found. */
  readonly copies: readonly Example[];
  /** The likest upright photo of each honest look-up: the same place, the same photo under another name, or chance. */
  readonly upright: readonly Example[];
  /** The likest mirrored photo of each honest look-up: chance alone. */
  readonly chance: readonly Example[];
  /** Honest look-ups: photos that were not kept yet, each among those that were. */
  readonly lookUps: number;
  /** How many comparisons these were. */
  readonly comparisons: number;
}

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
  const [copies, upright, chance]: [Example[], Example[], Example[]] = [[], [], []];
  let [lookUps, comparisons] = [0, 0];
  async function askHonestly(marks: PhotoMarks): Promise<void> {
    const found = await index.lookUp(marks);
    lookUps += 1;
    comparisons += index.size;
    for (const [likenesses, group, isMirrored] of [
      [upright, "upright", false] as const,
      [chance, "chance", true] as const,
    ]) {
      const likest = found.find((one) => one.isMirrored === isMirrored);
      if (likest !== undefined) likenesses.push({ isTrue: false, group, figures: repeatFigures(likest) });
    }
  }
  async function askCopy(jpeg: Uint8Array, copy: string, sha: string): Promise<void> {
    const [likest] = await index.lookUp(await readMarks(jpeg));
    copies.push({ isTrue: true, group: copy, figures: likest?.sha === sha ? repeatFigures(likest) : NOTHING });
  }
  try {
    const indexed = order.slice(0, sizes.indexed);
    for (const { path } of indexed) {
      const jpeg = await readFile(path);
      const marks = await readMarks(jpeg);
      await askHonestly(marks);
      await index.keep(index.recordsOf([{ sha: sha256Of(jpeg), marks }]));
    }
    for (const { path } of indexed.slice(0, sizes.copied)) {
      const jpeg = await readFile(path);
      for (const copy of COPIES) await askCopy((await makeCopy(jpeg, copy, random)).jpeg, copy, sha256Of(jpeg));
    }
    const strangers = order.slice(sizes.indexed, sizes.indexed + sizes.strangers);
    for (const { path } of strangers) await askHonestly(await readMarks(await readFile(path)));
    return { copies, upright, chance, lookUps, comparisons };
  } finally {
    await index.close();
    await rm(folder, { recursive: true });
  }
}
