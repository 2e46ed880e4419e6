import { z } from "zod";

/**
 * An official bulletin of adverse weather conditions (НМУ). Roshydromet declares them; it is carried here as it was given,
 * and nothing of it is ever made from our own readings.
 */

const Text = z.string().trim().min(1).max(4_000);
/** Names of CAP 1.2 have no spaces, commas or angle brackets. */
const Name = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[^\s,<&]+$/, "must have no spaces, commas, < or &");
const Moment = z.iso.datetime({ offset: true });

/** The name of one message: what an update or a cancellation refers to. */
export const BulletinName = z.object({ sender: Name, identifier: Name, sent: Moment });
export type BulletinName = z.infer<typeof BulletinName>;

/** One message as it is kept; times are ISO 8601 with an offset, as they were given. */
export const Bulletin = z
  .object({
    ...BulletinName.shape,
    msgType: z.enum(["alert", "update", "cancel"]),
    references: z.array(BulletinName).max(64).default([]),
    /** 1, 2 or 3 as declared; null where the message does not say it in so many words. */
    degree: z.number().int().min(1).max(3).nullable().default(null),
    headline: Text,
    description: Text.nullable().default(null),
    instruction: Text.nullable().default(null),
    /** Where it holds, in the words of the message. */
    area: Text,
    onset: Moment.nullable().default(null),
    /** A message without an end holds until it is updated or cancelled. */
    expires: Moment.nullable().default(null),
    /** Where a person can read the original. */
    web: z
      .url({ protocol: /^https?$/ })
      .max(1_000)
      .nullable()
      .default(null),
    language: z.string().max(35).default("ru"),
  })
  .refine(({ msgType, references }) => msgType === "alert" || references.length > 0, {
    path: ["references"],
    error: "an update or a cancellation says which message it is about",
  })
  .refine(({ onset, expires }) => onset === null || expires === null || Date.parse(expires) > Date.parse(onset), {
    path: ["expires"],
    error: "must be after onset",
  });
export type Bulletin = z.infer<typeof Bulletin>;

/** A kept message with what has become of it. */
export interface KnownBulletin {
  readonly bulletin: Bulletin;
  readonly state: "in-force" | "expected" | "expired" | "replaced" | "cancelled";
}

/** One name as text: the key of a message. */
export const keyOf = ({ sender, identifier, sent }: BulletinName): string =>
  JSON.stringify([sender, identifier, Date.parse(sent)]);

/**
 * What has become of each message, whatever order they came in: an update replaces and a cancellation ends what they
 * refer to, if it is of the same sender. A message that has ended stays known.
 */
export function knownBulletins(bulletins: readonly Bulletin[], nowMs: number): readonly KnownBulletin[] {
  const ended = new Map<string, "replaced" | "cancelled">();
  for (const { msgType, sender, references } of bulletins) {
    for (const name of references) {
      if (msgType === "alert" || name.sender !== sender || ended.get(keyOf(name)) === "cancelled") continue;
      ended.set(keyOf(name), msgType === "cancel" ? "cancelled" : "replaced");
    }
  }
  return bulletins
    .filter(({ msgType }) => msgType !== "cancel")
    .map((bulletin) => ({ bulletin, state: ended.get(keyOf(bulletin)) ?? stateAt(bulletin, nowMs) }))
    .toSorted((a, b) => Date.parse(b.bulletin.sent) - Date.parse(a.bulletin.sent));
}

function stateAt({ onset, expires }: Bulletin, nowMs: number): KnownBulletin["state"] {
  if (expires !== null && nowMs >= Date.parse(expires)) return "expired";
  return onset !== null && nowMs < Date.parse(onset) ? "expected" : "in-force";
}
