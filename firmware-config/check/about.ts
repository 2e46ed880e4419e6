import { z } from "zod";
import { JsonText } from "#kit/json-text.ts";
import { PROFILE_NAMES } from "../profiles/profiles.ts";
import { BUNDLE_FILE } from "../provision/make-bundle.ts";
import { CLOCK_CHIPS, FileRecord } from "../provision/order.ts";
import { SensorWish } from "../provision/sensors.ts";
import { error, type Finding } from "./finding.ts";
import type { FoundBundle } from "./read-bundle.ts";

/** What a bundle says of itself. */
export const About = z.looseObject({
  v: z.literal(1),
  profile: z.enum(PROFILE_NAMES),
  program: z.enum(["edge", "gateway"]),
  tenant: z.string(),
  device: z.string(),
  sensors: z.array(SensorWish),
  claimExpiresAt: z.number().optional(),
  secrets: z.array(z.string()),
  rtc: z.enum(CLOCK_CHIPS).optional(),
  /** By path, all but this file itself. */
  files: z.record(z.string(), FileRecord),
});
export type About = z.infer<typeof About>;

/** Reads it, or says what is wrong with it. */
export function readAbout(bundle: FoundBundle): { readonly about: About } | { readonly fault: Finding } {
  const file = bundle.get(BUNDLE_FILE);
  if (file === undefined) {
    return {
      fault: error(
        BUNDLE_FILE,
        "Файла нет: это не комплект устройства или скопирована только часть. Укажите папку, которую создал provision.",
        "The file is missing: this is no device's bundle, or only a part of it was copied. Name the folder that provision made.",
      ),
    };
  }
  const about = JsonText.pipe(About).safeParse(file.text);
  if (about.success) return { about: about.data };
  const what = about.error.issues.map(({ path, message }) => [...path, message].join(": ")).join("; ");
  return {
    fault: error(
      BUNDLE_FILE,
      `Файл испорчен (${what}). Создайте комплект заново.`,
      `The file is damaged (${what}). Make the bundle anew.`,
    ),
  };
}
