import { sharp } from "../../edge/camera/thrifty-sharp.ts";
import type { Random } from "../random.ts";

/** A photo as rows of RGB bytes. */
export interface Raw {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

const QUALITY = 85;
// As large as the photos of the training set. Larger ones are made smaller first; what is wrong with them stays the same.
const LONG_SIDE_PX = 384;

export async function readRaw(jpeg: Uint8Array): Promise<Raw> {
  const size = { width: LONG_SIDE_PX, height: LONG_SIDE_PX, fit: "inside", withoutEnlargement: true } as const;
  return await toRaw(sharp(jpeg, { ignoreIcc: true }).autoOrient().resize(size).removeAlpha());
}

export async function toRaw(image: ReturnType<typeof sharp>): Promise<Raw> {
  const { data, info } = await image.toColourspace("srgb").raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, rgb: data };
}

export const imageOf = ({ width, height, rgb }: Raw) => sharp(rgb, { raw: { width, height, channels: 3 } });

export const encodeRaw = (photo: Raw): Promise<Uint8Array> => imageOf(photo).jpeg({ quality: QUALITY }).toBuffer();

export const longSideOf = ({ width, height }: Raw): number => Math.max(width, height);

export const clamp = (value: number): number => Math.min(255, Math.max(0, Math.round(value)));

/** Lays a drawing over the photo. */
export async function overlay(photo: Raw, svg: string): Promise<Raw> {
  return await toRaw(
    imageOf(photo)
      .composite([{ input: Buffer.from(svg) }])
      .removeAlpha(),
  );
}

export const svgOf = ({ width, height }: { width: number; height: number }, inside: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${inside}</svg>`;

export function pick(random: Random, choices: readonly string[]): string {
  return choices[Math.floor(random() * choices.length)] ?? "#000000";
}
