import { MAX_PIXELS } from "../camera/check-jpeg.ts";
import { sharp } from "../camera/thrifty-sharp.ts";

/** Brightness of a picture in rows, 0 to 255. */
export interface GreyPicture {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly values: Float32Array;
}

/**
 * Decodes a JPEG upright as grey values, at most `longSidePx` long: a decoder that is asked for a small picture does a fraction
 * of the work. Rejects where the bytes are no picture.
 */
export async function decodeGrey(jpeg: Uint8Array, longSidePx: number): Promise<GreyPicture> {
  const { data, info } = await sharp(jpeg, { limitInputPixels: MAX_PIXELS, failOn: "error", ignoreIcc: true })
    .autoOrient()
    .resize({ width: longSidePx, height: longSidePx, fit: "inside", withoutEnlargement: true })
    .greyscale()
    .toColourspace("b-w")
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { widthPx: info.width, heightPx: info.height, values: Float32Array.from(data) };
}

/** The whole picture stretched to a new size, by bilinear reading of a picture that is blurred enough for it. */
export function stretchGrey(
  { widthPx, heightPx, values }: GreyPicture,
  toWidth: number,
  toHeight: number,
): GreyPicture {
  const out = new Float32Array(toWidth * toHeight);
  const [stepX, stepY] = [widthPx / toWidth, heightPx / toHeight];
  for (let y = 0; y < toHeight; y += 1) {
    const sourceY = Math.min(Math.max((y + 0.5) * stepY - 0.5, 0), heightPx - 1);
    const top = Math.min(Math.floor(sourceY), Math.max(0, heightPx - 2));
    const fy = heightPx > 1 ? sourceY - top : 0;
    for (let x = 0; x < toWidth; x += 1) {
      const sourceX = Math.min(Math.max((x + 0.5) * stepX - 0.5, 0), widthPx - 1);
      const left = Math.min(Math.floor(sourceX), Math.max(0, widthPx - 2));
      const fx = widthPx > 1 ? sourceX - left : 0;
      const at = top * widthPx + left;
      const a = values[at] ?? 0;
      const b = values[at + 1] ?? a;
      const c = values[at + widthPx] ?? a;
      const d = values[at + widthPx + 1] ?? c;
      out[y * toWidth + x] = (a * (1 - fx) + b * fx) * (1 - fy) + (c * (1 - fx) + d * fx) * fy;
    }
  }
  return { widthPx: toWidth, heightPx: toHeight, values: out };
}

/** The whole picture shrunk to a smaller size: each new value is the mean of the cells whose middle lies in it. */
export function shrinkGrey({ widthPx, heightPx, values }: GreyPicture, toWidth: number, toHeight: number): GreyPicture {
  if (widthPx < toWidth * 2 || heightPx < toHeight * 2) {
    return stretchGrey({ widthPx, heightPx, values }, toWidth, toHeight);
  }
  const sums = new Float32Array(toWidth * toHeight);
  const counts = new Float32Array(toWidth * toHeight);
  for (let y = 0; y < heightPx; y += 1) {
    const row = Math.floor(((y + 0.5) * toHeight) / heightPx) * toWidth;
    for (let x = 0; x < widthPx; x += 1) {
      const to = row + Math.floor(((x + 0.5) * toWidth) / widthPx);
      sums[to] = (sums[to] ?? 0) + (values[y * widthPx + x] ?? 0);
      counts[to] = (counts[to] ?? 0) + 1;
    }
  }
  return { widthPx: toWidth, heightPx: toHeight, values: sums.map((sum, i) => sum / (counts[i] ?? 1)) };
}

/** Blurred by the binomial weights 1 4 6 4 1 in both directions (standard deviation 1 px); edges are repeated. */
export function blurGrey({ widthPx: w, heightPx: h, values }: GreyPicture): GreyPicture {
  const across = new Float32Array(w * h);
  for (let y = 0; y < h; y += 1) {
    const row = y * w;
    for (let x = 0; x < w; x += 1) {
      const i = row + x;
      const l = x > 0 ? i - 1 : i;
      const ll = x > 1 ? i - 2 : row;
      const r = x < w - 1 ? i + 1 : i;
      const rr = x < w - 2 ? i + 2 : row + w - 1;
      const near = (values[l] ?? 0) + (values[r] ?? 0);
      across[i] = ((values[ll] ?? 0) + (values[rr] ?? 0) + 4 * near + 6 * (values[i] ?? 0)) / 16;
    }
  }
  const out = new Float32Array(w * h);
  for (let y = 0; y < h; y += 1) {
    const row = y * w;
    const up = y > 0 ? row - w : row;
    const upper = y > 1 ? row - 2 * w : 0;
    const down = y < h - 1 ? row + w : row;
    const lower = y < h - 2 ? row + 2 * w : (h - 1) * w;
    for (let x = 0; x < w; x += 1) {
      const near = (across[up + x] ?? 0) + (across[down + x] ?? 0);
      const far = (across[upper + x] ?? 0) + (across[lower + x] ?? 0);
      out[row + x] = (far + 4 * near + 6 * (across[row + x] ?? 0)) / 16;
    }
  }
  return { widthPx: w, heightPx: h, values: out };
}
