import { mirrorDescriptors } from "./descriptors.ts";
import { layOver, mirrorThumb, type Overlay, type Placement, type Sheet, sheetOf } from "./overlay.ts";
import type { PhotoMarks } from "./photo-marks.ts";
import { bitsApart, type WordBit, wordsOf } from "./words.ts";

/** Words that are kept of a photo. */
export const KEPT_WORDS = 96;
/** Words that a photo is looked for by: more, since what is kept of the earlier one may be among its weaker ones. */
const LOOKED_WORDS = 128;

/** What is kept of a photo to know it again. */
export interface KeptMarks {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly words: Uint16Array;
  /** x, y (of 255) and level of each word. */
  readonly spots: Uint8Array;
  readonly thumb: Uint8Array;
}

/** What one photo must look like to repeat another: itself, or its mirror image. */
export interface Looked {
  readonly marks: KeptMarks;
  readonly sheet: Sheet;
}

/** What is kept of a photo. */
export function keptMarks(marks: PhotoMarks, bits: readonly WordBit[]): KeptMarks {
  return marksFor(marks, bits, KEPT_WORDS, false);
}

/** A photo as it is looked for: upright, and mirrored. */
export function waysToLook(marks: PhotoMarks, bits: readonly WordBit[]): readonly [Looked, Looked] {
  const look = (isMirrored: boolean): Looked => {
    const one = marksFor(marks, bits, LOOKED_WORDS, isMirrored);
    return { marks: one, sheet: sheetOf(one.thumb) };
  };
  return [look(false), look(true)];
}

function marksFor(marks: PhotoMarks, bits: readonly WordBit[], most: number, isMirrored: boolean): KeptMarks {
  const { widthPx, heightPx, keypoints, thumb } = marks;
  const all = [...keypoints.keys()];
  // The finest spots come last: in a photo that is cut and enlarged, or made smaller, they have no counterpart.
  const isFine = (row: number) => keypoints[row]?.level === 0;
  const rows = [...all.filter((row) => !isFine(row)), ...all.filter(isFine)].slice(0, most);
  const descriptors = isMirrored ? mirrorDescriptors(marks.descriptors) : marks.descriptors;
  const spots = new Uint8Array(rows.length * 3);
  for (const [i, row] of rows.entries()) {
    const { x, y, level } = keypoints[row] ?? { x: 0, y: 0, level: 0 };
    spots.set([Math.floor((isMirrored ? 1 - x : x) * 255), Math.floor(y * 255), level], i * 3);
  }
  const words = wordsOf(descriptors, rows, bits);
  return { widthPx, heightPx, words, spots, thumb: isMirrored ? mirrorThumb(thumb) : thumb };
}

/** A pair of words of two photos that may be the same spot, and where that would put the one photo in the other. */
interface Vote extends Placement {
  readonly word: number;
  /** How much larger the spot is in the photo, as a power of two. */
  readonly size: number;
  readonly x: number;
  readonly y: number;
  readonly toX: number;
  readonly toY: number;
}

const NEAR_BITS = 2;
/** A word with more counterparts than this is of a pattern, a fence or a wall, and says nothing of where it is. */
const MOST_COUNTERPARTS = 4;
/** Of the other's width or height: keypoints are half a cell of their level off. */
const NEAR = 0.05;
/** Placements whose sizes differ by less (as powers of two) may be the same: a level is half of one. */
const SAME_SIZE = 0.6;

/** Where an earlier photo's words put a photo in it, and how many of them agree on that. */
export interface Placed {
  readonly placement: Placement;
  readonly votes: number;
}

/** Places a photo in an earlier one by their words. */
export function placeIn(looked: Looked, earlier: KeptMarks): Placed {
  return placeBy(votesOf(looked.marks, earlier));
}

/** Lays a photo over an earlier one where the words put it; without enough of them, whole over whole. */
export function layOverPlaced(looked: Looked, earlier: KeptMarks, { placement, votes }: Placed): Overlay {
  const start = votes >= 3 ? placement : { ax: 1, bx: 0, ay: 1, by: 0 };
  return layOver(looked.sheet, sheetOf(earlier.thumb), start);
}

/** The votes of all words, those of one word one after another. Plain loops: it is asked of some hundred photos a look-up. */
function votesOf(photo: KeptMarks, earlier: KeptMarks): Vote[] {
  const found: Vote[] = [];
  const [words, others] = [photo.words, earlier.words];
  const counterparts: number[] = [];
  for (let i = 0; i < words.length; i += 1) {
    const word = words[i] ?? 0;
    counterparts.length = 0;
    for (let j = 0; j < others.length; j += 1) if (bitsApart(word, others[j] ?? 0) <= NEAR_BITS) counterparts.push(j);
    if (counterparts.length > MOST_COUNTERPARTS) continue;
    for (const j of counterparts) found.push(voteOf(photo, i, earlier, j));
  }
  return found;
}

function voteOf(photo: KeptMarks, i: number, earlier: KeptMarks, j: number): Vote {
  const at = (spots: Uint8Array, n: number) => (spots[n] ?? 0) / 255;
  const [x, y] = [at(photo.spots, i * 3), at(photo.spots, i * 3 + 1)];
  const [toX, toY] = [at(earlier.spots, j * 3), at(earlier.spots, j * 3 + 1)];
  const size = ((photo.spots[i * 3 + 2] ?? 0) - (earlier.spots[j * 3 + 2] ?? 0)) / 2;
  const ax = photo.widthPx / (2 ** size * earlier.widthPx);
  const ay = photo.heightPx / (2 ** size * earlier.heightPx);
  return { word: i, size, x, y, toX, toY, ax, ay, bx: toX - ax * x, by: toY - ay * y };
}

/** The placement that most words agree on, and how many they are. */
function placeBy(all: readonly Vote[]): Placed {
  let best: Vote | undefined;
  let votes = 0;
  for (const one of all) {
    let agreeing = 0;
    let last = -1;
    for (const other of all) {
      if (other.word === last || !isAgreeing(one, other)) continue;
      last = other.word;
      agreeing += 1;
    }
    if (agreeing > votes) [best, votes] = [one, agreeing];
  }
  if (best === undefined) return { placement: { ax: 1, bx: 0, ay: 1, by: 0 }, votes: 0 };
  const chosen = best;
  const agreeing = all.filter((other) => isAgreeing(chosen, other));
  const [ax, bx] = fitLine(
    agreeing.map(({ x, toX }) => [x, toX] as const),
    chosen.ax,
  );
  const [ay, by] = fitLine(
    agreeing.map(({ y, toY }) => [y, toY] as const),
    chosen.ay,
  );
  return { placement: { ax, bx, ay, by }, votes };
}

function isAgreeing(one: Vote, other: Vote): boolean {
  const offX = one.ax * other.x + one.bx - other.toX;
  const offY = one.ay * other.y + one.by - other.toY;
  return Math.abs(offX) < NEAR && Math.abs(offY) < NEAR && Math.abs(one.size - other.size) < SAME_SIZE;
}

/** The line through points by least squares; where they lie too close for a slope, that of the guess. */
function fitLine(points: readonly (readonly [number, number])[], guess: number): readonly [number, number] {
  const n = points.length || 1;
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / n;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / n;
  const xx = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  const xy = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  const fitted = xx / n > 0.01 ? xy / xx : guess;
  const slope = fitted > guess / 1.5 && fitted < guess * 1.5 ? fitted : guess;
  return [slope, meanY - slope * meanX];
}
