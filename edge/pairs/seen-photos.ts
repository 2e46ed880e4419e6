import type { Closer } from "#kit/closer.ts";
import { CALIBRATION, likelihoodOf, WORD_BITS } from "./calibration.ts";
import type { PhotoMarks } from "./photo-marks.ts";
import { keptMarks, type Looked, layOverPlaced, placeIn, waysToLook } from "./repeats.ts";
import { openSeenFile, slotOf } from "./seen-file.ts";
import { decodeHead, encodeRecord, type Head, RECORD_BYTES, type SeenPhoto } from "./seen-record.ts";
import { createWordTable } from "./word-table.ts";

/** An earlier photo that another one is like, where the one was laid over the other. */
export interface Likeness {
  readonly sha: string;
  /** Whether it is the mirror image that is alike. */
  readonly isMirrored: boolean;
  /** Correlation of the grey values. */
  readonly whole: number;
  /** Correlation of edges and spots. */
  readonly fine: number;
  readonly votes: number;
  /** How many photos were looked through: in more of them chance finds more. */
  readonly among: number;
}

/**
 * What the probability of a repeat is made of. Fewer photos than 20,000 count as so many: chance finds less among them, but the same
 * place on another day looks as much alike in a small index as in a full one.
 */
export const repeatFigures = ({ whole, fine, votes, among }: Omit<Likeness, "sha" | "isMirrored">) => ({
  whole,
  fine,
  votes: Math.log2(1 + votes),
  among: Math.log(Math.max(among, LEAST_AMONG)),
});

/**
 * The probability that a photo is an earlier one again. It counts how many were looked through: at 0.5 chance alone is estimated
 * to make one false alarm in a thousand shots, with 20,000 photos as with a million (`models/eval/pairs/chance-curve.ts`).
 */
export const likelihoodOfRepeat = (likeness: Likeness): number =>
  likelihoodOf(CALIBRATION.seen, repeatFigures(likeness));

/** The photos of committed visits, the newest of them, to know one that is used again. */
export interface SeenPhotos extends Closer {
  readonly size: number;
  /** The earlier photos that this one is most like, the likest first, but for those `leftOut`; none where none comes near. */
  lookUp(marks: PhotoMarks, leftOut?: ReadonlySet<string>): Promise<readonly Likeness[]>;
  /** The records of a visit's photos, as a text to be committed with the visit. */
  recordsOf(photos: readonly { sha: string; marks: PhotoMarks }[]): string;
  /** Keeps the records of a visit that is committed; the same ones twice are kept once. */
  keep(records: string): Promise<void>;
}

const LEAST_AMONG = 20_000;

/** How many photos are looked at more closely, and over how many of them the photo is laid. */
const CANDIDATES = 48;
const LAID_OVER = 4;
/** Fewer words that agree say nothing, unless the photo has few. */
const LEAST_VOTES = 4;
/** Less of a photo that lies in another is no reuse of it, but a thing that both show. */
const LEAST_SHARE = 0.5;

/**
 * Opens the index of a file, of `slots` photos. `committed` are the records that were committed with the last visit: a crash may
 * have come before they were written here, so that a photo counts as seen exactly where its visit is committed.
 */
export async function openSeenPhotos(
  file: string,
  slots: number,
  committed: string | undefined,
  onBegunAnew: () => void,
): Promise<SeenPhotos> {
  const kept = await openSeenFile(file, slots, WORD_BITS, onBegunAnew);
  const table = createWordTable(slots);
  const heads = new Map<number, Pick<Head, "number" | "bodyCrc">>();
  let newest = 0;

  function remember({ number, bodyCrc, words }: Head): void {
    const slot = slotOf(number, slots);
    table.set(slot, words);
    heads.set(slot, { number, bodyCrc });
    newest = Math.max(newest, number);
  }

  async function keep(records: string): Promise<void> {
    const bytes = Buffer.from(records, "base64");
    for (let at = 0; at + RECORD_BYTES <= bytes.length; at += RECORD_BYTES) {
      const record = bytes.subarray(at, at + RECORD_BYTES);
      const head = decodeHead(record);
      if (head === undefined || head.number <= newest) continue;
      await kept.write(record);
      remember(head);
    }
  }

  async function photoAt(slot: number): Promise<SeenPhoto | undefined> {
    const head = heads.get(slot);
    return head && (await kept.read({ ...head, words: table.wordsOf(slot) }));
  }

  async function candidatesOf(
    looked: Looked,
    slots: readonly number[],
    isMirrored: boolean,
    leftOut: ReadonlySet<string> | undefined,
  ) {
    const least = Math.min(LEAST_VOTES, looked.marks.words.length / 2);
    const found = [];
    for (const slot of slots) {
      // One after another: reads that hang would each hold one of the process's few threads for files.
      const photo = await photoAt(slot);
      if (photo === undefined || leftOut?.has(photo.sha)) continue;
      const placed = placeIn(looked, photo.marks);
      if (placed.votes >= least) found.push({ looked, photo, placed, isMirrored });
    }
    return found;
  }

  for await (const head of kept.heads()) remember(head);
  if (committed !== undefined) await keep(committed);
  return {
    get size() {
      return heads.size;
    },
    lookUp: async (marks, leftOut) => {
      const [upright, mirrored] = waysToLook(marks, WORD_BITS);
      const [uprights, mirroreds] = table.best([upright.marks.words, mirrored.marks.words], CANDIDATES);
      const found = [
        ...(await candidatesOf(upright, uprights, false, leftOut)),
        ...(await candidatesOf(mirrored, mirroreds, true, leftOut)),
      ];
      found.sort((a, b) => b.placed.votes - a.placed.votes);
      const laid = found.slice(0, LAID_OVER).flatMap(({ looked, photo, placed, isMirrored }) => {
        const { whole, fine, share } = layOverPlaced(looked, photo.marks, placed);
        if (share < LEAST_SHARE) return [];
        return [{ sha: photo.sha, isMirrored, whole, fine, votes: placed.votes, among: heads.size }];
      });
      return laid.sort((a, b) => likelihoodOfRepeat(b) - likelihoodOfRepeat(a));
    },
    recordsOf: (photos) => {
      const records = photos.map(({ sha, marks }, i) =>
        encodeRecord(newest + 1 + i, { sha, marks: keptMarks(marks, WORD_BITS) }),
      );
      return Buffer.concat(records).toString("base64");
    },
    keep,
    close: () => kept.close(),
  };
}
