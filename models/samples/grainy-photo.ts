import { sharp } from "../../edge/camera/thrifty-sharp.ts";
import { between, randomFrom } from "../random.ts";
import { drawSite } from "./drawn-site.ts";

/** As many as a prime, so that no pattern shows. */
const GRAINS = 65_521;
const GRAIN = 7;

/** A drawn site with a sensor's grain, as JPEG, to measure with: enlarged, because drawing one of 12 MP takes a minute. */
export async function grainyPhoto(seed: number, width: number, height: number): Promise<Uint8Array> {
  const drawn = await drawSite({ seed, state: "overflow" });
  const rgb = await sharp(drawn).resize(width, height, { fit: "fill" }).removeAlpha().raw().toBuffer();
  const random = randomFrom(seed);
  const grain = Int8Array.from({ length: GRAINS }, () => between(random, -GRAIN, GRAIN));
  for (let i = 0; i < rgb.length; i += 1) {
    rgb[i] = Math.min(255, Math.max(0, (rgb[i] ?? 0) + (grain[i % GRAINS] ?? 0)));
  }
  return await sharp(rgb, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 80 })
    .toBuffer();
}
