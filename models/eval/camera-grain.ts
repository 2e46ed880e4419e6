import { encodePhoto } from "../../edge/camera/encode-photo.ts";
import { sharp } from "../../edge/camera/thrifty-sharp.ts";
import { randomFrom } from "../random.ts";
import { clamp } from "./raw-picture.ts";

/** The long side of a device's photo. */
const LONG_SIDE_PX = 1280;

/**
 * A small photo as a camera would give it: enlarged to the size of a device's, with a sensor's grain in each colour
 * (`levels`, standard deviation of 255), which no lens blurs, and encoded as the device does. The same seed gives the same bytes.
 */
export async function withGrain(jpeg: Uint8Array, levels: number, seed: number): Promise<Uint8Array> {
  const random = randomFrom(seed);
  // Three even chances between 0 and 1 have a variance of a quarter together.
  const grain = () => levels * 2 * (random() + random() + random() - 1.5);
  const enlarged = sharp(jpeg).resize(LONG_SIDE_PX, LONG_SIDE_PX, { fit: "inside" }).removeAlpha().raw();
  const { data, info } = await enlarged.toBuffer({ resolveWithObject: true });
  const raw = { width: info.width, height: info.height, channels: info.channels };
  const grained = sharp(
    data.map((value) => clamp(value + grain())),
    { raw },
  );
  return await encodePhoto(await grained.jpeg({ quality: 92 }).toBuffer());
}
