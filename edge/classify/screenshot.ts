import type { Picture } from "./preprocess.ts";

/** Neighbours that differ by so little are one flat colour: JPEG keeps flat blocks flat, a sensor's noise never is. */
const FLAT = 1;
/** From one flat colour to another: the edge of a bar, a bubble, a button. */
const STEP = 12;
/** Of a line's pixels, so many must be part of a step for the line to be drawn. */
const LINE_SHARE = 0.25;
const EVERY_PX = 3;

/**
 * Share of a picture's rows that are the edge of something flat which a computer drew, as screenshots have and photos have
 * not: a quarter of the row is flat, the row two below is flat too, and another colour.
 */
export function screenLines({ rgb, widthPx, heightPx }: Picture): number {
  const rows = heightPx - 2;
  if (rows < 1 || widthPx < 4 * EVERY_PX) return 0;
  const differ = (a: number, b: number, most: number) =>
    Math.abs((rgb[a] ?? 0) - (rgb[b] ?? 0)) > most ||
    Math.abs((rgb[a + 1] ?? 0) - (rgb[b + 1] ?? 0)) > most ||
    Math.abs((rgb[a + 2] ?? 0) - (rgb[b + 2] ?? 0)) > most;
  const isFlat = (i: number) => !differ(i, i + 3, FLAT) && !differ(i, i + 3 * EVERY_PX, FLAT);
  // In a photo hardly anything is flat: what is asked first answers nearly every time.
  const points = Math.floor((widthPx - EVERY_PX - 1) / EVERY_PX);
  let lines = 0;
  for (let y = 0; y < rows; y += 1) {
    let steps = 0;
    for (let point = 0; point < points; point += 1) {
      const here = (y * widthPx + point * EVERY_PX) * 3;
      const below = here + 2 * widthPx * 3;
      if (isFlat(here) && differ(here, below, STEP) && isFlat(below)) steps += 1;
    }
    if (steps >= LINE_SHARE * points) lines += 1;
  }
  return lines / rows;
}
