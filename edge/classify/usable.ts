import type { UnusableReason } from "#contract/messages.ts";
import type { Fitted, Photo } from "./preprocess.ts";
import { screenLines } from "./screenshot.ts";

/** What can be measured of a picture before any network looks at it. */
export interface Look {
  /** Of the photo as it came, in pixels. */
  readonly shortSidePx: number;
  /** Brightness (0 to 255) below which 99 of 100 pixels lie. */
  readonly brightest: number;
  /** Share of pixels that are as good as white. */
  readonly blown: number;
  /** Share of tiles in which anything can be seen. */
  readonly busy: number;
  /** How much of the changes between neighbours goes when the picture is blurred once more, 0 to 1; least along either axis. */
  readonly blurLoss: number;
  /** Share of lines that are drawn by a computer; see screenshot.ts. */
  readonly drawn: number;
}

/** Below this a person sees a stamp, not a site: a refuse container two metres off is then some ten pixels wide. */
const LEAST_SIDE_PX = 80;
/*
 * The bounds below lie in the gap between good photos and spoilt ones that models/eval/usable-bounds-main.ts shows; the
 * comments say what 319 and 132 good photos had. Poor photos (evening, sun in the lens, a little blur) shall get through.
 */
/** Good: 86 and more; by a tenth of the light, which a person can judge, 11 and more; without light 13 at most: the network sees those. */
const DARK_BRIGHTEST = 15;
/** Good: 0.40 at most; far too much light: 0.56 and more. */
const BLOWN_SHARE = 0.6;
/** Good: 0.41 and more for 99 of 100; a hand or a glove before the lens: under 0.3 for a third of them; the network sees the others. */
const LEAST_BUSY = 0.3;
/**
 * Good: 0.51 and more for all but 1 of 457 (384 px); out of focus by 4.5 % of the picture: 0.38 at most;
 * moved by 12 to 22 %: half of them under 0.36. The same at 1,280 px, with a sensor's grain too: see `halved`.
 */
const LEAST_BLUR_LOSS = 0.5;
/** Soft and without any light: a hand, a cap. Out of focus: 131 and more. */
const COVER_BRIGHTEST = 110;
/** Good: 0.005 at most; screenshots: 0.043 and more. */
const DRAWN_SHARE = 0.02;

/** Why nobody could judge a site from the picture; null where one could. */
export function troubleOf(look: Look): UnusableReason | null {
  if (look.shortSidePx < LEAST_SIDE_PX) return "too-small";
  if (look.drawn >= DRAWN_SHARE) return "screenshot";
  if (look.brightest < DARK_BRIGHTEST) return "dark";
  if (look.blown >= BLOWN_SHARE) return "overexposed";
  if (look.busy < LEAST_BUSY) return "covered";
  if (look.blurLoss >= LEAST_BLUR_LOSS) return null;
  return look.brightest < COVER_BRIGHTEST ? "covered" : "blurred";
}

/** Dirt on the lens: 0.57 at most; drops on it: 0.60 at most for 9 of 10; good: 0.584 and more for 98 of 100. */
const SOFT_BELOW = 0.585;
/** Fog, snow, rain before the lens, dusk: 0.61 and more, 0.62 for 98 of 100. */
const SHARP_FROM = 0.62;
/** How many times the odds of the model's threshold a soft picture needs, and a sharp one. */
const [ODDS_OF_SOFT, ODDS_OF_SHARP] = [8, 0.1];

/** Whether a picture lacks detail, though not so much that nobody could judge it. */
export const isSoft = ({ blurLoss }: Pick<Look, "blurLoss">): boolean => blurLoss < SOFT_BELOW;

/**
 * How likely usable the network must call a picture, from its own threshold and from how sharp the picture is.
 *
 * What spoils a photo, as drops and dirt on the lens do, makes it soft; weather that a person sees through (fog, snow, rain, dusk)
 * leaves it sharp, and the network doubts both alike. Between the two the model's own threshold holds. Found on 457 good photos of train
 * and val and 57 of each made kind, as they are (384 px) and enlarged to 1,280 px with a sensor's grain of 3 and of 8 levels.
 */
export function leastUsable(threshold: number, look: Pick<Look, "blurLoss">): number {
  const weighed = threshold * oddsOf(look);
  return weighed / (weighed + 1 - threshold);
}

function oddsOf(look: Pick<Look, "blurLoss">): number {
  if (isSoft(look)) return ODDS_OF_SOFT;
  return look.blurLoss < SHARP_FROM ? 1 : ODDS_OF_SHARP;
}

const AS_GOOD_AS_WHITE = 245;
const BINS_PER_LEVEL = 8;
/** Brightest minus darkest of a photo by daylight: contrast is measured as if each photo had so much. */
const USUAL_RANGE = 220;
const LEAST_RANGE = 20;
const TILE_PX = 16;
const BUSY_DEVIATION = 5;
/** Of the halved picture. */
const BLUR_RADIUS_PX = 3;

/** Measures a photo, as it came and as it lies in the network's input. */
export function lookAt(photo: Photo, fitted: Fitted): Look {
  const grey = greyOf(fitted);
  const calm = halved(grey);
  const spread = spreadOf(grey.values);
  const brightest = brightnessAt(0.99, spread, grey.values.length);
  const gain = Math.max(LEAST_RANGE, brightest - brightnessAt(0.01, spread, grey.values.length)) / USUAL_RANGE;
  const blown = spread.subarray(AS_GOOD_AS_WHITE * BINS_PER_LEVEL).reduce((sum, count) => sum + count, 0);
  return {
    shortSidePx: photo.shortSidePx,
    brightest,
    blown: blown / grey.values.length,
    busy: busyTiles(grey, BUSY_DEVIATION * gain),
    blurLoss: Math.min(blurLoss(calm, 1, calm.widthPx), blurLoss(calm, calm.widthPx, 1)),
    drawn: screenLines(photo),
  };
}

interface Grey {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly values: Float32Array;
}

/** Brightness of the photo within the network's input, without the padding; weights of Rec. 601. */
function greyOf({ picture, photo }: Fitted): Grey {
  const left = Math.round(photo.left * picture.widthPx);
  const top = Math.round(photo.top * picture.heightPx);
  const widthPx = Math.round(photo.width * picture.widthPx);
  const heightPx = Math.round(photo.height * picture.heightPx);
  const values = new Float32Array(widthPx * heightPx);
  const { rgb } = picture;
  for (let y = 0; y < heightPx; y += 1) {
    let from = ((top + y) * picture.widthPx + left) * 3;
    for (let x = 0; x < widthPx; x += 1) {
      values[y * widthPx + x] = 0.299 * (rgb[from] ?? 0) + 0.587 * (rgb[from + 1] ?? 0) + 0.114 * (rgb[from + 2] ?? 0);
      from += 3;
    }
  }
  return { widthPx, heightPx, values };
}

/** Means of 2 by 2 pixels: a sensor's grain, which no lens blurs, halves, and what a blurred picture shows stays. */
function halved({ widthPx, heightPx, values }: Grey): Grey {
  const half = { widthPx: widthPx >> 1, heightPx: heightPx >> 1 };
  const means = new Float32Array(half.widthPx * half.heightPx);
  for (let i = 0; i < means.length; i += 1) {
    const at = 2 * (Math.floor(i / half.widthPx) * widthPx + (i % half.widthPx));
    const upper = (values[at] ?? 0) + (values[at + 1] ?? 0);
    means[i] = (upper + (values[at + widthPx] ?? 0) + (values[at + widthPx + 1] ?? 0)) / 4;
  }
  return { ...half, values: means };
}

/** How many pixels have which brightness, in bins of an eighth of a level: exact enough, and much cheaper than to sort. */
function spreadOf(values: Float32Array): Uint32Array {
  const counts = new Uint32Array(256 * BINS_PER_LEVEL);
  for (let i = 0; i < values.length; i += 1) {
    const bin = Math.floor((values[i] ?? 0) * BINS_PER_LEVEL);
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts;
}

/** Brightness below which such a share of all pixels lies. */
function brightnessAt(share: number, spread: Uint32Array, pixels: number): number {
  const below = Math.min(pixels - 1, Math.floor(share * pixels));
  let bin = 0;
  for (let sum = spread[0] ?? 0; sum <= below; sum += spread[bin] ?? 0) bin += 1;
  return bin / BINS_PER_LEVEL;
}

/** Share of tiles whose brightness deviates by more than so much. */
function busyTiles({ widthPx, heightPx, values }: Grey, deviation: number): number {
  const [columns, rows] = [Math.floor(widthPx / TILE_PX), Math.floor(heightPx / TILE_PX)];
  let busy = 0;
  for (let tile = 0; tile < columns * rows; tile += 1) {
    const start = Math.floor(tile / columns) * TILE_PX * widthPx + (tile % columns) * TILE_PX;
    let sum = 0;
    let squares = 0;
    for (let y = 0; y < TILE_PX; y += 1) {
      for (let x = 0; x < TILE_PX; x += 1) {
        const value = values[start + y * widthPx + x] ?? 0;
        sum += value;
        squares += value * value;
      }
    }
    const n = TILE_PX * TILE_PX;
    if (squares / n - (sum / n) ** 2 > deviation ** 2) busy += 1;
  }
  return busy / Math.max(1, columns * rows);
}

/**
 * How much of the changes between neighbours a further blur takes away: much from a sharp picture, little from one that is
 * blurred already, whatever it shows (Crete et al., The Blur Effect, SPIE 2007). Neighbours lie `step` apart, lines `across`.
 */
function blurLoss({ widthPx, heightPx, values }: Grey, step: number, across: number): number {
  const [length, lines] = step === 1 ? [widthPx, heightPx] : [heightPx, widthPx];
  const width = 2 * BLUR_RADIUS_PX + 1;
  let [changes, losses] = [0, 0];
  for (let line = 0; line < lines; line += 1) {
    for (let at = BLUR_RADIUS_PX + 1; at < length - BLUR_RADIUS_PX; at += 1) {
      const i = line * across + at * step;
      const change = Math.abs((values[i] ?? 0) - (values[i - step] ?? 0));
      // The difference of two neighbouring means over the same width is that of the pixels at their ends.
      const ahead = values[i + BLUR_RADIUS_PX * step] ?? 0;
      const behind = values[i - (BLUR_RADIUS_PX + 1) * step] ?? 0;
      changes += change;
      losses += Math.max(0, change - Math.abs(ahead - behind) / width);
    }
  }
  return changes === 0 ? 0 : losses / changes;
}
