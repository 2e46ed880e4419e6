import sharp from "sharp";
import { limits } from "#contract/limits.ts";

/** A JPEG with more pixels than this is a bomb, not a photo: devices send at most 1280 px on the long side. */
const MAX_PIXELS = (2 * limits.photoLongSidePx) ** 2;

/** Whether the bytes are a JPEG that decodes to its end. */
export async function isWholeJpeg(bytes: Uint8Array): Promise<boolean> {
  try {
    const image = sharp(bytes, { failOn: "error", limitInputPixels: MAX_PIXELS, sequentialRead: true });
    const { format } = await image.metadata();
    if (format !== "jpeg") return false;
    await image.raw().toBuffer();
    return true;
  } catch {
    // Whatever sharp objects to, it is not a picture that can be shown.
    return false;
  }
}
