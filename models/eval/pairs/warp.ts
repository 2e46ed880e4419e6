import { sharp } from "../../../edge/camera/thrifty-sharp.ts";

/** A colour picture in rows of RGB bytes. */
export interface ColourPicture {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly rgb: Uint8Array;
}

/** Rows of a homography: from places in the new picture (0 to 1) to places in the old one. */
export type Homography = readonly [number, number, number, number, number, number, number, number];

export async function decodeColour(jpeg: Uint8Array): Promise<ColourPicture> {
  const image = sharp(jpeg).autoOrient().removeAlpha().toColourspace("srgb");
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  return { widthPx: info.width, heightPx: info.height, rgb: data };
}

export async function encodeColour({ widthPx, heightPx, rgb }: ColourPicture, quality: number): Promise<Uint8Array> {
  return await sharp(rgb, { raw: { width: widthPx, height: heightPx, channels: 3 } })
    .jpeg({ quality })
    .toBuffer();
}

/** The picture through another camera: what lies outside of it is folded back from it. */
export function warp(picture: ColourPicture, h: Homography, widthPx: number, heightPx: number): ColourPicture {
  const rgb = new Uint8Array(widthPx * heightPx * 3);
  for (let y = 0; y < heightPx; y += 1) {
    for (let x = 0; x < widthPx; x += 1) {
      const [u, v] = [(x + 0.5) / widthPx, (y + 0.5) / heightPx];
      const w = h[6] * u + h[7] * v + 1;
      const sx = ((h[0] * u + h[1] * v + h[2]) / w) * picture.widthPx - 0.5;
      const sy = ((h[3] * u + h[4] * v + h[5]) / w) * picture.heightPx - 0.5;
      sample(picture, mirrored(sx, picture.widthPx), mirrored(sy, picture.heightPx), rgb, (y * widthPx + x) * 3);
    }
  }
  return { widthPx, heightPx, rgb };
}

/** A place outside of a picture, folded back into it. */
function mirrored(at: number, size: number): number {
  const span = 2 * (size - 1);
  const folded = ((at % span) + span) % span;
  return folded < size - 1 ? folded : span - folded;
}

function sample({ widthPx, heightPx, rgb }: ColourPicture, x: number, y: number, out: Uint8Array, to: number): void {
  const left = Math.min(Math.max(Math.floor(x), 0), widthPx - 2);
  const top = Math.min(Math.max(Math.floor(y), 0), heightPx - 2);
  const [fx, fy] = [x - left, y - top];
  const at = (top * widthPx + left) * 3;
  const below = at + widthPx * 3;
  for (let c = 0; c < 3; c += 1) {
    const upper = (rgb[at + c] ?? 0) * (1 - fx) + (rgb[at + 3 + c] ?? 0) * fx;
    const lower = (rgb[below + c] ?? 0) * (1 - fx) + (rgb[below + 3 + c] ?? 0) * fx;
    out[to + c] = upper * (1 - fy) + lower * fy;
  }
}
