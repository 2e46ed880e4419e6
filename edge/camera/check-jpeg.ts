import { messageOf } from "#kit/errors.ts";
import { PhotoUnreadable } from "../classify/classifier.ts";
import { type JpegHeader, readJpegHeader } from "./jpeg-header.ts";
import { sharp } from "./thrifty-sharp.ts";

/** A Raspberry Pi camera gives 12 megapixels; more is a mistake or an attack. */
export const MAX_PIXELS = 50_000_000;
/** A progressive picture lies in memory whole, 2 bytes for each coefficient: 100 MB for so many pixels in three colours. */
const MAX_PROGRESSIVE_PIXELS = 16_000_000;

/** More is no photo of a camera that we know: 12 megapixels at the best quality take some 10 MiB. */
export const MAX_JPEG_BYTES = 32 * 1024 * 1024;

/** Encoders make some ten passes; what a picture may cost is passes times pixels. */
const MAX_SCANS = 64;
const MAX_SCANNED_PIXELS = 500_000_000;

/** Whether bytes begin as a JPEG does; the library would also read SVG and a dozen other formats, which no camera sends. */
export const startsLikeJpeg = (bytes: Uint8Array): boolean =>
  bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;

/**
 * Reads what a photo says of itself. Throws `photo-unreadable`, naming the photo, for what would cost too much to decode or is no
 * photo of a camera: by what the file says of itself, before anything is set aside for it.
 *
 * What lies behind a picture's end (a film of a phone, a ZIP, a page) is never looked at and never kept: the photo that is
 * judged is the one that any viewer shows, and it is encoded anew before it is proof.
 */
export function requireSaneJpeg(bytes: Uint8Array, name: string): JpegHeader {
  const refused = (why: string) => new PhotoUnreadable(`${name} cannot be judged: ${why}`);
  if (!startsLikeJpeg(bytes)) throw new PhotoUnreadable(`${name} is not a JPEG`);
  if (bytes.length > MAX_JPEG_BYTES) throw refused(`it has more than ${MAX_JPEG_BYTES} bytes`);
  const header = readJpegHeader(bytes);
  if (typeof header === "string") throw refused(header);
  const trouble = troubleOf(header);
  if (trouble !== undefined) throw refused(trouble);
  return header;
}

function troubleOf(header: JpegHeader): string | undefined {
  const { widthPx, heightPx, components, bits, isProgressive, scans, isIndexed, goesOn } = header;
  const pixels = widthPx * heightPx;
  if (pixels === 0) return "it has no size";
  if (pixels > MAX_PIXELS) return `it says that it has ${widthPx} by ${heightPx} pixels, too many`;
  if (isProgressive && pixels > MAX_PROGRESSIVE_PIXELS) return "it is progressive and too large for that";
  if (bits !== 8) return `it has ${bits} bits a colour instead of 8`;
  if (components !== 1 && components !== 3) return `it has ${components} colours instead of 1 or 3`;
  if (scans > MAX_SCANS || scans * pixels > MAX_SCANNED_PIXELS) return `it is made of ${scans} passes, too many`;
  if (goesOn && !isIndexed) return "it is a film, not a photo";
  return undefined;
}

/** Rejects with `photo-unreadable`, naming the photo, unless the bytes are one whole JPEG (every line is decoded). */
export async function checkJpeg(bytes: Uint8Array, name: string): Promise<void> {
  requireSaneJpeg(bytes, name);
  const decode = sharp(bytes, { failOn: "error", limitInputPixels: MAX_PIXELS })
    // Reading small lets libjpeg skip most of the arithmetic, but none of the data.
    .resize(64, 64, { fit: "inside" })
    .raw()
    .toBuffer();
  await decode.catch((cause: unknown) => {
    throw new PhotoUnreadable(`${name} cannot be decoded: ${messageOf(cause)}`, { cause });
  });
}
