import { blurGrey, type GreyPicture, stretchGrey } from "./grey-picture.ts";

/** A spot that can be found again in another photo of the same thing. */
export interface Keypoint {
  /** Of the picture's width and height, 0 to 1. */
  readonly x: number;
  readonly y: number;
  /** Its size: each level is √2 coarser than the one before. */
  readonly level: number;
  readonly strength: number;
}

/** One level of the pyramid: a picture √2 smaller than the level before, and its difference of blurs. */
export interface Level {
  readonly picture: GreyPicture;
  readonly blobs: Float32Array;
}

const LEAST_SIDE_PX = 24;
const MOST_LEVELS = 8;
/** Grey values: below it a blob is the noise of a camera or of JPEG. */
const LEAST_STRENGTH = 1.2;
/** Lowe 2004, 4.1: a blob whose curvatures differ more lies on an edge and slides along it. */
const EDGE_RATIO = 10;
const EDGE_LIMIT = (EDGE_RATIO + 1) ** 2 / EDGE_RATIO;
const CELLS = 8;

/** The pyramid of a picture: blurred and made smaller by √2 from level to level. */
export function pyramidOf(grey: GreyPicture): readonly Level[] {
  const levels: Level[] = [];
  let base = grey;
  while (levels.length < MOST_LEVELS && Math.min(base.widthPx, base.heightPx) >= LEAST_SIDE_PX) {
    const picture = blurGrey(base);
    const coarse = blurGrey(picture);
    levels.push({ picture, blobs: picture.values.map((value, i) => value - (coarse.values[i] ?? 0)) });
    base = stretchGrey(coarse, Math.round(base.widthPx / Math.SQRT2), Math.round(base.heightPx / Math.SQRT2));
  }
  return levels;
}

/**
 * The strongest spots of a pyramid, coarse ones too and spread over the picture, so that one crown of leaves does not take all of
 * them: extrema of the difference of blurs that do not lie on an edge (Lowe 2004, sections 3 and 4.1, without the search
 * between scales). In a photo that was cut and enlarged, fine spots are found again one or two levels up.
 */
export function findKeypoints(levels: readonly Level[], most: number): readonly Keypoint[] {
  const shares = levels.map((_, i) => 2 ** (-i / 2));
  const all = shares.reduce((sum, share) => sum + share, 0);
  const kept: Keypoint[] = [];
  // From the coarsest level on: what one has too few of goes to the finer ones.
  for (let i = levels.length - 1, left = 1; i >= 0; i -= 1) {
    const level = levels[i];
    const share = (shares[i] ?? 0) / all;
    if (level !== undefined)
      kept.push(...spread(extremaOf(level, i), Math.round(((most - kept.length) * share) / left)));
    left -= share;
  }
  return kept.sort((a, b) => b.strength - a.strength);
}

function spread(found: Keypoint[], most: number): Keypoint[] {
  found.sort((a, b) => b.strength - a.strength);
  const perCell = Math.ceil((2.5 * most) / (CELLS * CELLS));
  const taken = new Uint16Array(CELLS * CELLS);
  return found
    .filter(({ x, y }) => {
      const cell = Math.floor(y * CELLS) * CELLS + Math.floor(x * CELLS);
      const count = taken[cell] ?? 0;
      taken[cell] = count + 1;
      return count < perCell;
    })
    .slice(0, most);
}

function extremaOf({ picture, blobs }: Level, level: number): Keypoint[] {
  const { widthPx: w, heightPx: h } = picture;
  const found: Keypoint[] = [];
  for (let y = 3; y < h - 3; y += 1) {
    for (let x = 3; x < w - 3; x += 1) {
      const i = y * w + x;
      const value = blobs[i] ?? 0;
      const strength = Math.abs(value);
      if (strength < LEAST_STRENGTH || !isExtremum(blobs, i, w, value) || isOnEdge(blobs, i, w)) continue;
      found.push({ x: (x + 0.5) / w, y: (y + 0.5) / h, level, strength });
    }
  }
  return found;
}

function isExtremum(blobs: Float32Array, i: number, w: number, value: number): boolean {
  const sign = value > 0 ? 1 : -1;
  const peak = value * sign;
  for (let row = i - w; row <= i + w; row += w) {
    for (let at = row - 1; at <= row + 1; at += 1) if (at !== i && (blobs[at] ?? 0) * sign >= peak) return false;
  }
  return true;
}

function isOnEdge(blobs: Float32Array, i: number, w: number): boolean {
  const at = (index: number) => blobs[index] ?? 0;
  const xx = at(i - 1) + at(i + 1) - 2 * at(i);
  const yy = at(i - w) + at(i + w) - 2 * at(i);
  const xy = (at(i + w + 1) - at(i + w - 1) - at(i - w + 1) + at(i - w - 1)) / 4;
  const determinant = xx * yy - xy * xy;
  return determinant <= 0 || (xx + yy) ** 2 / determinant > EDGE_LIMIT;
}
