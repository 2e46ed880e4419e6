import { z } from "zod";

/** A decimal number as a person writes it; no exponents, no hexadecimal, no white space. */
const decimal = (least: number, most: number) =>
  z
    .string()
    .regex(/^-?\d{1,9}(\.\d{1,6})?$/, "must be a number")
    .transform(Number)
    .pipe(z.number().min(least).max(most));
const whole = (least: number, most: number) => decimal(least, most).pipe(z.int());
/** A side of a picture: rpicam-still writes only JPEGs of even sides ("both width and height must be even"). */
const side = () => whole(64, 10_000).pipe(z.number().multipleOf(2, "must be even"));

// The driver hears of a photo within seconds, so nobody may set a warm-up that the shot's time limit would cut.
const MOST_WARM_UP_MS = 4_000;
/** The automatic exposure of libcamera settles within some ten frames. */
const WARM_UP_MS = 500;

/**
 * What may be asked of a camera, and nothing else: numbers within ranges and words of closed sets. Names and ranges are
 * those of rpicam-still (its `core/options.cpp` and `still_options.hpp`, 1.5 to 1.9), but `warmup`, `shutter` and
 * `flicker`: milliseconds, microseconds and a frequency.
 */
const Options = z.strictObject({
  warmup: whole(1, MOST_WARM_UP_MS).default(WARM_UP_MS),
  width: side().optional(),
  height: side().optional(),
  quality: whole(1, 100).optional(),
  rotation: z.enum(["0", "180"]).optional(),
  hflip: z.stringbool().optional(),
  vflip: z.stringbool().optional(),
  exposure: z.enum(["normal", "sport"]).optional(),
  metering: z.enum(["centre", "spot", "average"]).optional(),
  ev: decimal(-10, 10).optional(),
  shutter: whole(1, 10_000_000).optional(),
  gain: decimal(0, 64).optional(),
  awb: z.enum(["auto", "incandescent", "tungsten", "fluorescent", "indoor", "daylight", "cloudy"]).optional(),
  brightness: decimal(-1, 1).optional(),
  contrast: decimal(0, 15.99).optional(),
  saturation: decimal(0, 15.99).optional(),
  sharpness: decimal(0, 15.99).optional(),
  denoise: z.enum(["auto", "off", "cdn_off", "cdn_fast", "cdn_hq"]).optional(),
  hdr: z.enum(["off", "auto", "sensor", "single-exp"]).optional(),
  autofocus: z.enum(["auto", "continuous", "manual"]).optional(),
  lens: decimal(0, 32).optional(),
  flicker: z.enum(["50hz", "60hz"]).optional(),
});
export type StillOptions = z.infer<typeof Options>;

/** Options of ours that `node-libcamera` knows. */
export const LIBCAMERA_KNOWS: readonly (keyof StillOptions)[] = [
  ...(["warmup", "width", "height", "quality", "rotation", "hflip", "vflip", "exposure", "metering", "ev"] as const),
  ...(["shutter", "gain", "awb", "brightness", "contrast", "saturation", "sharpness", "denoise"] as const),
];

/** What is asked where nothing is set. */
export const DEFAULT_OPTIONS: StillOptions = Options.parse({});

/** Options as a setting: `width=1920,height=1080,exposure=sport`. */
export const StillOptions = z.string().transform((text, context): StillOptions => {
  const parsed = Options.safeParse(Object.fromEntries(pairsOf(text)));
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) {
    const name = issue.path.join(".");
    context.addIssue({ code: "custom", message: name === "" ? issue.message : `${name}: ${issue.message}` });
  }
  return z.NEVER;
});

/** The names of the options that differ from their defaults. */
export function namesOf(options: StillOptions): readonly string[] {
  return Object.entries(options).flatMap(([name, value]) =>
    name === "warmup" && value === DEFAULT_OPTIONS.warmup ? [] : [name],
  );
}

function pairsOf(text: string): readonly (readonly [string, string])[] {
  return text.split(",").map((pair) => {
    const at = pair.indexOf("=");
    return at < 0 ? [pair.trim(), ""] : [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
  });
}
