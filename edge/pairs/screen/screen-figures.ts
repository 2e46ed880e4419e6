import type { Picture } from "../../classify/preprocess.ts";
import { type Peaks, peaksOf } from "./peaks.ts";
import { powerOfBoth, powersOfBoth, transform } from "./spectrum.ts";

/** Side of the squares that are looked at, in the photo's own pixels: shrinking would wash away what is looked for. */
const SQUARE_PX = 128;
/** So many squares, spread over the photo: as many from a large one as from a small one. */
const [MOST_ALONG, MOST_ACROSS] = [3, 2];
/** Colour is looked at in half the detail: a JPEG keeps no more of it. */
const COLOUR_SIDE = SQUARE_PX / 2;
/** Waves of up to 12 px in brightness, of up to 20 px in colour, where few things repeat. */
const [BRIGHT_BAND, COLOUR_BAND] = [{ slowest: 1 / 12 }, { slowest: 1 / 10 }];
/** Mean square of what rounding to whole levels and a JPEG of good quality leave in a flat square. */
const ROUNDING = 0.25;

/** What is measured for the question whether a photo shows a screen or a print; heights of peaks as `Peaks` has them. */
export const SCREEN_FIGURES = [
  "aslantHalf",
  "aslantMost",
  "uprightHalf",
  "uprightMost",
  "colourAslantHalf",
  "colourAslantMost",
  "colourUprightHalf",
  "colourUprightMost",
] as const;
export type ScreenFigures = Readonly<Record<(typeof SCREEN_FIGURES)[number], number>>;

/**
 * Measures the repeating patterns of a photo, in brightness and in colour: of up to six squares, the height that half of them reach
 * (a screen is everywhere, a fence is somewhere) and the greatest. Null where not even one square fits in.
 */
export function screenFiguresOf(photo: Picture): ScreenFigures | null {
  const places = squaresOf(photo);
  if (places.length === 0) return null;
  const bright: Peaks[] = [];
  const colour: Peaks[] = [];
  for (let i = 0; i < places.length; i += 2) {
    const pair = places.slice(i, i + 2);
    bright.push(...brightPeaks(photo, pair).slice(0, pair.length));
  }
  for (const place of places) colour.push(colourPeaks(photo, place));
  const [aslant, upright] = [bright.map((one) => one.aslant), bright.map((one) => one.upright)];
  const [colourAslant, colourUpright] = [colour.map((one) => one.aslant), colour.map((one) => one.upright)];
  return {
    aslantHalf: reachedByHalf(aslant),
    aslantMost: Math.max(...aslant),
    uprightHalf: reachedByHalf(upright),
    uprightMost: Math.max(...upright),
    colourAslantHalf: reachedByHalf(colourAslant),
    colourAslantMost: Math.max(...colourAslant),
    colourUprightHalf: reachedByHalf(colourUpright),
    colourUprightMost: Math.max(...colourUpright),
  };
}

const reachedByHalf = (heights: readonly number[]): number =>
  heights.toSorted((a, b) => b - a)[Math.ceil(heights.length / 2) - 1] ?? 0;

/** The upper left corner of a square. */
interface Place {
  readonly left: number;
  readonly top: number;
}

/** Squares in the middles of the cells of a grid; on whole blocks of 16 px, as a JPEG's colours lie. */
function squaresOf({ widthPx, heightPx }: Picture): readonly Place[] {
  const isWide = widthPx >= heightPx;
  const columns = Math.min(Math.floor(widthPx / SQUARE_PX), isWide ? MOST_ALONG : MOST_ACROSS);
  const rows = Math.min(Math.floor(heightPx / SQUARE_PX), isWide ? MOST_ACROSS : MOST_ALONG);
  const from = (size: number, cells: number, cell: number) =>
    16 * Math.floor(((cell + 0.5) * size) / cells / 16 - SQUARE_PX / 32);
  return Array.from({ length: columns * rows }, (_, i) => ({
    left: Math.max(0, from(widthPx, columns, i % columns)),
    top: Math.max(0, from(heightPx, rows, Math.floor(i / columns))),
  }));
}

/** Cut out softly, or the square's edges would be waves themselves (Hann's window). */
const windowOf = (side: number): Float64Array =>
  Float64Array.from({ length: side }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / side));
const BRIGHT_WINDOW = windowOf(SQUARE_PX);
const COLOUR_WINDOW = windowOf(COLOUR_SIDE);
/** Power of rounding in a spectrum: the window's mean square is 3/8 along each side. */
const floorOf = (side: number): number => ROUNDING * (side * 0.375) ** 2;

function brightPeaks({ rgb, widthPx }: Picture, places: readonly Place[]): readonly Peaks[] {
  const side = SQUARE_PX;
  const parts = [new Float64Array(side * side), new Float64Array(side * side)] as const;
  for (const [n, { left, top }] of places.entries()) {
    const part = parts[n === 0 ? 0 : 1];
    for (let y = 0; y < side; y += 1) {
      let from = ((top + y) * widthPx + left) * 3;
      for (let x = 0; x < side; x += 1) {
        part[y * side + x] = 0.299 * (rgb[from] ?? 0) + 0.587 * (rgb[from + 1] ?? 0) + 0.114 * (rgb[from + 2] ?? 0);
        from += 3;
      }
    }
    cutOut(part, side, BRIGHT_WINDOW);
  }
  const square = { side, re: parts[0], im: parts[1] };
  transform(square);
  return powersOfBoth(square).map((power) => peaksOf(power, side, BRIGHT_BAND, floorOf(side)));
}

/** Red and blue against green, in half the detail, as one spectrum. */
function colourPeaks({ rgb, widthPx }: Picture, { left, top }: Place): Peaks {
  const side = COLOUR_SIDE;
  const [re, im] = [new Float64Array(side * side), new Float64Array(side * side)];
  for (let y = 0; y < SQUARE_PX; y += 1) {
    let from = ((top + y) * widthPx + left) * 3;
    for (let x = 0; x < SQUARE_PX; x += 1) {
      const to = (y >> 1) * side + (x >> 1);
      const green = rgb[from + 1] ?? 0;
      re[to] = (re[to] ?? 0) + ((rgb[from] ?? 0) - green) / 4;
      im[to] = (im[to] ?? 0) + ((rgb[from + 2] ?? 0) - green) / 4;
      from += 3;
    }
  }
  cutOut(re, side, COLOUR_WINDOW);
  cutOut(im, side, COLOUR_WINDOW);
  const square = { side, re, im };
  transform(square);
  return peaksOf(powerOfBoth(square), side, COLOUR_BAND, floorOf(side));
}

/** Takes the mean away and lets a square fade out towards its edges. */
function cutOut(values: Float64Array, side: number, window: Float64Array): void {
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) sum += values[i] ?? 0;
  const mean = sum / values.length;
  for (let i = 0; i < values.length; i += 1) {
    values[i] = ((values[i] ?? 0) - mean) * (window[Math.floor(i / side)] ?? 0) * (window[i % side] ?? 0);
  }
}
