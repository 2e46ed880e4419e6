import { z } from "zod";
import type { StillOptions } from "../../firmware-config/settings/still-options.ts";

/** The one name that a photo has, in a folder of its own: no path of ours ever becomes part of the shell's line. */
export const PHOTO_NAME = "photo.jpg";

const number = (least: number, most: number) => z.number().min(least).max(most).optional();

/**
 * All that `node-libcamera` ever gets. The package joins names and values into one line for a shell and quotes nothing,
 * so the names are a closed set and the values are numbers within ranges, words of closed sets or `true`. Nothing is
 * ever `false` or undefined: the package writes those out as `--hflip false`.
 */
export const LibcameraOptions = z.strictObject({
  nopreview: z.literal(true),
  encoding: z.literal("jpg"),
  output: z.literal(PHOTO_NAME),
  timeout: z.int().min(1).max(4_000),
  width: number(64, 10_000),
  height: number(64, 10_000),
  quality: number(1, 100),
  rotation: z.union([z.literal(0), z.literal(180)]).optional(),
  hflip: z.literal(true).optional(),
  vflip: z.literal(true).optional(),
  exposure: z.enum(["normal", "sport"]).optional(),
  metering: z.enum(["centre", "spot", "average"]).optional(),
  ev: number(-10, 10),
  shutter: number(1, 10_000_000),
  gain: number(0, 64),
  awb: z.enum(["auto", "incandescent", "tungsten", "fluorescent", "indoor", "daylight", "cloudy"]).optional(),
  brightness: number(-1, 1),
  contrast: number(0, 15.99),
  saturation: number(0, 15.99),
  sharpness: number(0, 15.99),
  denoise: z.enum(["auto", "off", "cdn_off", "cdn_fast", "cdn_hq"]).optional(),
});
export type LibcameraOptions = z.infer<typeof LibcameraOptions>;

/** Our options as the package's. Throws where one is outside the allow-list. */
export function libcameraOptions(options: StillOptions): LibcameraOptions {
  const { warmup, rotation, hflip, vflip, hdr: _, autofocus: __, lens: ___, flicker: ____, ...same } = options;
  const wanted = {
    ...{ nopreview: true, encoding: "jpg", output: PHOTO_NAME, timeout: warmup, ...same },
    ...(rotation !== undefined && { rotation: Number(rotation) }),
    ...(hflip === true && { hflip }),
    ...(vflip === true && { vflip }),
  };
  return LibcameraOptions.parse(Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined)));
}
