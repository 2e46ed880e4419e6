import sharp from "sharp";
import { limits } from "#contract/limits.ts";
import { messageOf } from "#kit/errors.ts";
import { PhotoUnreadable } from "../classify/classifier.ts";
import { MAX_PIXELS } from "./check-jpeg.ts";

/** Tried in turn until the photo fits its budget; below the last one a smaller picture is worth more. */
const QUALITIES = [85, 75, 65, 50, 35] as const;
const SHRINK = 0.7;
const SMALLEST_LONG_SIDE_PX = 160;

/**
 * A photo within the contract's limits: upright, at most 1280 px long, at most 200 KiB, without EXIF (which may say
 * where and by whom). Rejects with `photo-unreadable` what is not a whole picture.
 */
export async function encodePhoto(jpeg: Uint8Array): Promise<Uint8Array> {
  for (let longSidePx: number = limits.photoLongSidePx; longSidePx >= SMALLEST_LONG_SIDE_PX; longSidePx *= SHRINK) {
    const picture = await decodeUpright(jpeg, Math.round(longSidePx));
    for (const quality of QUALITIES) {
      const photo = await sharp(picture.data, { raw: picture.info }).jpeg({ quality }).toBuffer();
      if (photo.length <= limits.photoBytes) return photo;
    }
  }
  throw new PhotoUnreadable(`the photo does not fit into ${limits.photoBytes} bytes`);
}

async function decodeUpright(jpeg: Uint8Array, longSidePx: number) {
  const image = sharp(jpeg, { failOn: "error", limitInputPixels: MAX_PIXELS })
    .autoOrient()
    .resize({ width: longSidePx, height: longSidePx, fit: "inside", withoutEnlargement: true })
    .toColourspace("srgb")
    .removeAlpha();
  const { data, info } = await image
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch((cause: unknown) => {
      throw new PhotoUnreadable(`the photo cannot be decoded: ${messageOf(cause)}`, { cause });
    });
  return { data, info: { width: info.width, height: info.height, channels: info.channels } };
}
