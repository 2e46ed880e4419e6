import { limits } from "#contract/limits.ts";
import { messageOf } from "#kit/errors.ts";
import { PhotoUnreadable } from "../classify/classifier.ts";
import { MAX_PIXELS, requireSaneJpeg } from "./check-jpeg.ts";
import { sharp } from "./thrifty-sharp.ts";

/** Tried in turn until the photo fits its budget; below the last one a smaller picture is worth more. */
const QUALITIES = [85, 75, 65, 50, 35] as const;
const SHRINK = 0.7;
const SMALLEST_LONG_SIDE_PX = 160;

/**
 * A photo within the contract's limits: upright, at most 1280 px long, at most 200 KiB, without EXIF (which may say
 * where and by whom). Rejects with `photo-unreadable` what is not a whole picture, also where libjpeg only warns of it.
 */
export async function encodePhoto(jpeg: Uint8Array): Promise<Uint8Array> {
  requireSaneJpeg(jpeg, "the photo");
  for (let longSidePx: number = limits.photoLongSidePx; longSidePx >= SMALLEST_LONG_SIDE_PX; longSidePx *= SHRINK) {
    for (const quality of QUALITIES) {
      const photo = await encodeUpright(jpeg, Math.round(longSidePx), quality);
      if (photo.length <= limits.photoBytes) return photo;
    }
  }
  throw new PhotoUnreadable(`the photo does not fit into ${limits.photoBytes} bytes`);
}

/** Decoded anew for each quality: few photos need a second one, and so the whole picture never lies in memory. */
async function encodeUpright(jpeg: Uint8Array, longSidePx: number, quality: number): Promise<Uint8Array> {
  return await sharp(jpeg, { failOn: "warning", limitInputPixels: MAX_PIXELS })
    .autoOrient()
    .resize({ width: longSidePx, height: longSidePx, fit: "inside", withoutEnlargement: true })
    .toColourspace("srgb")
    .removeAlpha()
    .jpeg({ quality })
    .toBuffer()
    .catch((cause: unknown) => {
      throw new PhotoUnreadable(`the photo cannot be decoded: ${messageOf(cause)}`, { cause });
    });
}
