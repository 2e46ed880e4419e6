import { z } from "zod";

/** A raw Ed25519 key, as `npm run -s update:key` prints it. */
const PUBLIC_KEY = /^[A-Za-z0-9_-]{43}$/;

const UpdateKeys = z.string().transform((text, context): readonly string[] => {
  const keys = text.split(/[\s,]+/).filter((key) => key !== "");
  if (keys.every((key) => PUBLIC_KEY.test(key))) return keys;
  context.addIssue({ code: "custom", message: "must be public keys of update:key, parted by commas" });
  return z.NEVER;
});

/** As the launcher reads it too, which is a shell: digits alone, and none that would be octal there. */
const PlainNumber = z
  .union([z.number(), z.string().regex(/^(0|[1-9]\d*)$/, "must be digits alone, such as 900")])
  .transform(Number);

/** How a device takes updates of its model and its software. */
export const updateSettings = {
  UPDATE_KEYS: UpdateKeys.default([]).describe("public keys whose updates are taken (npm run update:key); none: none"),
  UPDATE_BYTES_PER_S: z.coerce
    .number()
    .min(1_024)
    .default(128 * 1024)
    .describe("how fast an update is fetched on average, so that it leaves the link to the outbox"),
  UPDATE_SPREAD_S: z.coerce
    .number()
    .min(0)
    .max(86_400)
    .default(120)
    .describe("seconds within which a device begins to fetch, at a moment of its own"),
  UPDATE_TRIAL_PHOTOS: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000)
    .default(20)
    .describe("photos that a new model must judge well, or it is returned from"),
  UPDATE_TRIAL_S: PlainNumber.pipe(z.number().int().min(5).max(86_400))
    .default(900)
    .describe("seconds within which new software must connect and send, or it is returned from"),
};
