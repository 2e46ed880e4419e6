import type { UnusableReason } from "#contract/messages.ts";
import type { Picture } from "./preprocess.ts";

/** Simple measures of a picture's brightness (0 to 255) at the model's size. */
export interface Luminance {
  readonly mean: number;
  /** Standard deviation. */
  readonly contrast: number;
  /** Variance of the Laplacian: how much fine detail there is. */
  readonly detail: number;
}

const DARK_MEAN = 12;
const UNIFORM_CONTRAST = 8;
const BLURRED_DETAIL = 12;

/** Measures the brightness of a picture; weights of Rec. 601. */
export function measureLuminance({ rgb, widthPx, heightPx }: Picture): Luminance {
  const pixels = widthPx * heightPx;
  const grey = new Float32Array(pixels);
  for (let i = 0; i < pixels; i += 1) {
    grey[i] = 0.299 * (rgb[i * 3] ?? 0) + 0.587 * (rgb[i * 3 + 1] ?? 0) + 0.114 * (rgb[i * 3 + 2] ?? 0);
  }
  const brightness = spread(grey);
  const laplacian = new Float32Array(Math.max(0, widthPx - 2) * Math.max(0, heightPx - 2));
  let at = 0;
  for (let y = 1; y < heightPx - 1; y += 1) {
    for (let x = 1; x < widthPx - 1; x += 1) {
      const i = y * widthPx + x;
      const around = (grey[i - 1] ?? 0) + (grey[i + 1] ?? 0) + (grey[i - widthPx] ?? 0) + (grey[i + widthPx] ?? 0);
      laplacian[at] = around - 4 * (grey[i] ?? 0);
      at += 1;
    }
  }
  return { mean: brightness.mean, contrast: Math.sqrt(brightness.variance), detail: spread(laplacian).variance };
}

/** Why nobody could judge a site from the picture; null where one could. */
export function troubleOf({ mean, contrast, detail }: Luminance): UnusableReason | null {
  if (mean < DARK_MEAN) return "dark";
  if (contrast < UNIFORM_CONTRAST) return "covered";
  return detail < BLURRED_DETAIL ? "blurred" : null;
}

function spread(values: Float32Array): { mean: number; variance: number } {
  let sum = 0;
  let squares = 0;
  for (const value of values) {
    sum += value;
    squares += value * value;
  }
  const mean = sum / values.length;
  return { mean, variance: squares / values.length - mean * mean };
}
