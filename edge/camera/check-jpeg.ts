import { messageOf } from "#kit/errors.ts";
import { PhotoUnreadable } from "../classify/classifier.ts";
import { sharp } from "./thrifty-sharp.ts";

/** A Raspberry Pi camera gives 12 megapixels; more is a mistake or an attack. */
export const MAX_PIXELS = 50_000_000;

/** More is no photo of a camera that we know: 12 megapixels at the best quality take some 10 MiB. */
export const MAX_JPEG_BYTES = 32 * 1024 * 1024;

/** Whether bytes begin as a JPEG does; the library would also read SVG and a dozen other formats, which no camera sends. */
export const startsLikeJpeg = (bytes: Uint8Array): boolean =>
  bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;

/** Rejects with `photo-unreadable`, naming the photo, unless the bytes are one whole JPEG (every line is decoded). */
export async function checkJpeg(bytes: Uint8Array, name: string): Promise<void> {
  if (!startsLikeJpeg(bytes)) throw new PhotoUnreadable(`${name} is not a JPEG`);
  const decode = sharp(bytes, { failOn: "error", limitInputPixels: MAX_PIXELS })
    // Reading small lets libjpeg skip most of the arithmetic, but none of the data.
    .resize(64, 64, { fit: "inside" })
    .raw()
    .toBuffer();
  await decode.catch((cause: unknown) => {
    throw new PhotoUnreadable(`${name} cannot be decoded: ${messageOf(cause)}`, { cause });
  });
}
