import type { Sharp } from "sharp";
import { messageOf } from "#kit/errors.ts";
import { MAX_PIXELS, requireSaneJpeg } from "../camera/check-jpeg.ts";
import { sharp } from "../camera/thrifty-sharp.ts";
import { type Part, PhotoUnreadable } from "./classifier.ts";
import type { ModelInput } from "./manifest.ts";

/** A picture as rows of RGB values, 0 to 255. */
export interface Picture {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly rgb: Uint8Array | Float32Array;
}

/** A decoded photo. */
export interface Photo extends Picture {
  /** Of the photo as it came. */
  readonly shortSidePx: number;
}

/** A photo with so many times the pixels of what it is brought to, along its long side, is halved first. */
const HALVED_FROM = 4;

/**
 * Decodes a JPEG and turns it upright by its EXIF; rejects with `photo-unreadable`.
 *
 * `forPx` is the long side that it will be brought to. A photo at least four times as long is halved on the way, by the library's
 * own code while it decodes: what follows has a quarter of the pixels to go over, and what the network sees stays the same but for
 * a level or two. The rule, for Python to repeat to the letter: where max(w, h) >= 4·forPx and w and h are even, new
 * pixels are means of 8 rows, then of 8 columns of the picture as it is stored, with the (cubic) weights -3 -9 29 111 111 29 -9 -3
 * of 256; edges are repeated, and both steps round half up to a byte.
 *
 * A colour profile is ignored, because the training ignored it too. A warning of libjpeg counts as an error: data that ends too
 * early before a marker of the end is only that to it, and the rest of the picture is then grey.
 */
export async function decodePicture(jpeg: Uint8Array, forPx = Number.POSITIVE_INFINITY): Promise<Photo> {
  const { widthPx, heightPx } = requireSaneJpeg(jpeg, "the photo");
  const longSidePx = Math.max(widthPx, heightPx);
  const isHalved = longSidePx >= HALVED_FROM * forPx && widthPx % 2 === 0 && heightPx % 2 === 0;
  const image = sharp(jpeg, { limitInputPixels: MAX_PIXELS, failOn: "warning", ignoreIcc: true });
  const { data, info } = await (isHalved ? halved(image, longSidePx / 2) : image)
    .autoOrient()
    .removeAlpha()
    .toColourspace("srgb")
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch((cause: unknown) => {
      throw new PhotoUnreadable(`the photo cannot be decoded: ${messageOf(cause)}`, { cause });
    });
  if (info.channels !== 3) throw new PhotoUnreadable(`the photo has ${info.channels} channels instead of 3`);
  return { widthPx: info.width, heightPx: info.height, rgb: data, shortSidePx: Math.min(widthPx, heightPx) };
}

/** Not by libjpeg (`fastShrinkOnLoad`): the library resamples what libjpeg has shrunk once more, and Python could not repeat it. */
const halved = (image: Sharp, longSidePx: number): Sharp =>
  image.resize({ width: longSidePx, height: longSidePx, fit: "inside", kernel: "cubic", fastShrinkOnLoad: false });

/**
 * Stretches the whole picture to a new size: each new pixel is the mean of the area that it covers.
 *
 * Written here rather than left to an image library, so that Python (`models/train/picture.py`) computes the very same
 * and nothing at the picture's edges, where litter lies, is cut off.
 */
export function stretchByArea(picture: Picture, widthPx: number, heightPx: number): Picture {
  const columns = coverage(picture.widthPx, widthPx);
  const rows = coverage(picture.heightPx, heightPx);
  const rgb = new Float32Array(widthPx * heightPx * 3);
  // Rows first: adding up whole rows is the cheapest thing that can be done to each pixel of a large photo.
  const merged = new Float32Array(picture.widthPx * 3);
  for (const [targetY, row] of rows.entries()) {
    mergeRows(picture, row, merged);
    narrowRow(merged, columns, rgb.subarray(targetY * widthPx * 3, (targetY + 1) * widthPx * 3));
  }
  return { widthPx, heightPx, rgb };
}

/**
 * Shrinks or enlarges the whole picture until it just fits, its aspect kept, and lays it in the middle of a grey one.
 *
 * The rule, for Python to repeat to the letter: where W·h <= H·w the new sides are W and h·W/w, else w·H/h and H, each
 * rounded half up (`floor(x + 0.5)`) and at least 1; the picture lies floor((W-w')/2) from the left and floor((H-h')/2)
 * from the top; every other pixel has the value `pad` in all colours; averaging as in `stretchByArea`.
 */
export function letterboxByArea(picture: Picture, widthPx: number, heightPx: number, pad: number): Fitted {
  const { widthPx: w, heightPx: h } = picture;
  const rounded = (side: number) => Math.max(1, Math.floor(side + 0.5));
  const isWide = widthPx * h <= heightPx * w;
  const inner = isWide
    ? stretchByArea(picture, widthPx, rounded((h * widthPx) / w))
    : stretchByArea(picture, rounded((w * heightPx) / h), heightPx);
  const left = Math.floor((widthPx - inner.widthPx) / 2);
  const top = Math.floor((heightPx - inner.heightPx) / 2);
  const rgb = new Float32Array(widthPx * heightPx * 3).fill(pad);
  for (let y = 0; y < inner.heightPx; y += 1) {
    const row = inner.rgb.subarray(y * inner.widthPx * 3, (y + 1) * inner.widthPx * 3);
    rgb.set(row, ((top + y) * widthPx + left) * 3);
  }
  const photo = {
    left: left / widthPx,
    top: top / heightPx,
    width: inner.widthPx / widthPx,
    height: inner.heightPx / heightPx,
  };
  return { picture: { widthPx, heightPx, rgb }, photo };
}

/** A picture of the network's size, and which part of it shows the photo. */
export interface Fitted {
  readonly picture: Picture;
  readonly photo: Part;
}

const WHOLE: Part = { left: 0, top: 0, width: 1, height: 1 };

/** Brings a picture to the size of a network's input, by the rule that its manifest names. */
export function fitPicture(picture: Picture, { width, height, resize, pad }: ModelInput): Fitted {
  if (resize === "letterbox-area") return letterboxByArea(picture, width, height, pad);
  return { picture: stretchByArea(picture, width, height), photo: WHOLE };
}

/** Which source cells one target cell covers, and how much of it each fills. */
interface Coverage {
  readonly first: number;
  readonly weights: readonly number[];
}

function coverage(source: number, target: number): Coverage[] {
  const scale = source / target;
  return Array.from({ length: target }, (_, index) => {
    const from = index * scale;
    const to = Math.min(source, from + scale);
    const first = Math.floor(from);
    const count = Math.max(1, Math.ceil(to) - first);
    const weights = Array.from({ length: count }, (__, offset) => {
      const cell = first + offset;
      return Math.max(0, Math.min(to, cell + 1) - Math.max(from, cell)) / scale;
    });
    return { first, weights };
  });
}

function mergeRows({ rgb, widthPx }: Picture, { first, weights }: Coverage, merged: Float32Array): void {
  merged.fill(0);
  const length = widthPx * 3;
  for (const [offset, weight] of weights.entries()) {
    const from = (first + offset) * length;
    for (let i = 0; i < length; i += 1) merged[i] = (merged[i] ?? 0) + weight * (rgb[from + i] ?? 0);
  }
}

function narrowRow(row: Float32Array, columns: readonly Coverage[], narrowed: Float32Array): void {
  let to = 0;
  for (const { first, weights } of columns) {
    let red = 0;
    let green = 0;
    let blue = 0;
    let from = first * 3;
    for (let at = 0; at < weights.length; at += 1) {
      const weight = weights[at] ?? 0;
      red += weight * (row[from] ?? 0);
      green += weight * (row[from + 1] ?? 0);
      blue += weight * (row[from + 2] ?? 0);
      from += 3;
    }
    narrowed[to] = red;
    narrowed[to + 1] = green;
    narrowed[to + 2] = blue;
    to += 3;
  }
}

/** The model's input: one plane per colour, each value `(value - mean) / std`. */
export function toTensor({ rgb, widthPx, heightPx }: Picture, mean: number, std: number): Float32Array {
  const plane = widthPx * heightPx;
  const tensor = new Float32Array(plane * 3);
  for (let pixel = 0, from = 0; pixel < plane; pixel += 1, from += 3) {
    tensor[pixel] = ((rgb[from] ?? 0) - mean) / std;
    tensor[plane + pixel] = ((rgb[from + 1] ?? 0) - mean) / std;
    tensor[2 * plane + pixel] = ((rgb[from + 2] ?? 0) - mean) / std;
  }
  return tensor;
}
