import { sharp } from "../camera/thrifty-sharp.ts";

const WIDTH_PX = 640;
const HEIGHT_PX = 480;

/**
 * Draws a picture that goes the whole way of a photo, to be judged once before the first one comes: the decoder is loaded
 * and the loops over pixels are compiled then.
 */
export async function drawWarmUpPhoto(): Promise<Uint8Array> {
  const rgb = Uint8Array.from({ length: WIDTH_PX * HEIGHT_PX * 3 }, (_, i) => (i * 7919) % 251);
  return await sharp(rgb, { raw: { width: WIDTH_PX, height: HEIGHT_PX, channels: 3 } })
    .jpeg()
    .toBuffer();
}
