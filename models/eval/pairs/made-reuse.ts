import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readMarks } from "../../../edge/pairs/photo-marks.ts";
import { openSeenPhotos } from "../../../edge/pairs/seen-photos.ts";
import { sha256Of } from "../../../edge/visits/photo-messages.ts";
import { randomFrom, shuffled } from "../../random.ts";
import type { LabelledPhoto } from "../judged.ts";
import type { Example } from "./made-pairs.ts";
import { COPIES, makeCopy } from "./make-copies.ts";

/** What an index answered to photos that it should know, by kind of copy, and to photos that it cannot know. */
export interface ReuseTrial {
  readonly examples: readonly Example[];
  /** Photos in the index: each look-up is as many comparisons. */
  readonly indexed: number;
  /** Photos that are not in the index. */
  readonly strangers: number;
  /** Strangers that are an indexed photo pixel by pixel: the data has it under two names. */
  readonly doubles: number;
}

/** Beyond both an original is an indexed photo under another name, whole or cut: all of these that we looked at were. */
const DOUBLE = { whole: 0.9, fine: 0.75 };

/**
 * Puts photos into an index as a device keeps it, then looks up changed copies of some of them (group: the kind) and other photos
 * of the same sources (group `stranger`: series of the same containers at the same places are among them).
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
  let doubles = 0;
  async function ask(jpeg: Uint8Array, group: string, sha: string | undefined): Promise<void> {
    const marks = await readMarks(jpeg);
    const likest = await index.lookUp(marks);
    const { whole = 0, fine = 0, votes = 0 } = likest ?? {};
    const isDouble = whole > DOUBLE.whole && fine > DOUBLE.fine && likest?.sha !== sha;
    if (isDouble) doubles += 1;
    if (isDouble || (sha !== undefined && likest !== null && likest.sha !== sha && whole > 0.9)) return;
    const isFound = likest !== null && (sha === undefined || likest.sha === sha);
    examples.push({
      isTrue: sha !== undefined,
      group,
      figures: isFound ? { whole, fine, votes: Math.log2(1 + votes) } : { whole: 0, fine: 0, votes: 0 },
    });
  }
  try {
    const indexed = order.slice(0, sizes.indexed);
    for (const { path } of indexed) {
      const jpeg = await readFile(path);
      await index.keep(index.recordsOf([{ sha: sha256Of(jpeg), marks: await readMarks(jpeg) }]));
    }
    for (const { path } of indexed.slice(0, sizes.copied)) {
      const jpeg = await readFile(path);
      for (const copy of COPIES) await ask((await makeCopy(jpeg, copy, random)).jpeg, copy, sha256Of(jpeg));
    }
    const strangers = order.slice(sizes.indexed, sizes.indexed + sizes.strangers);
    for (const { path } of strangers) await ask(await readFile(path), "stranger", undefined);
    return { examples, indexed: indexed.length, strangers: strangers.length, doubles };
  } finally {
    await index.close();
    await rm(folder, { recursive: true });
  }
}
