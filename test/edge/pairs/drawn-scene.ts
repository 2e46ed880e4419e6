import { sharp } from "../../../edge/camera/thrifty-sharp.ts";
import { randomFrom } from "../../../models/random.ts";

/** Part of a scene that a photo shows, of its width and height. */
interface Frame {
  readonly left?: number;
  readonly top?: number;
  readonly size?: number;
}

const WIDTH_PX = 640;
const HEIGHT_PX = 480;

/** A photo of a drawn street: boxes and posts of many sizes, the same ones for the same seed. */
export async function drawScene(seed: number, { left = 0, top = 0, size = 1 }: Frame = {}): Promise<Uint8Array> {
  const random = randomFrom(seed);
  const shapes = Array.from({ length: 160 }, () => {
    const [x, y] = [random() * WIDTH_PX, random() * HEIGHT_PX];
    const [w, h] = [8 + random() * 90, 8 + random() * 70];
    const grey = () => Math.floor(random() * 255);
    return `<rect x="${x}" y="${y}" width="${w}" height="${h}" rx="${random() * 9}" fill="rgb(${grey()},${grey()},${grey()})"/>`;
  });
  const box = `${left * WIDTH_PX} ${top * HEIGHT_PX} ${size * WIDTH_PX} ${size * HEIGHT_PX}`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH_PX}" height="${HEIGHT_PX}" viewBox="${box}"><rect width="${WIDTH_PX}" height="${HEIGHT_PX}" fill="#888"/>${shapes.join("")}</svg>`;
  return await sharp(Buffer.from(svg)).jpeg({ quality: 85 }).toBuffer();
}
