import { UnusableReason, type Visit, type VisitPhoto } from "#contract/messages.ts";
import { PHOTO_WORDS } from "../health/photo-words.ts";

/** Something that the driver may do about a shot; it blocks nothing and accuses nobody. */
export interface Advice {
  readonly code: `photo-${UnusableReason}` | keyof typeof WORDS;
  readonly ru: string;
  readonly en: string;
}

const WORDS = {
  "photo-seen": {
    ru: "Похоже, такой снимок уже был. Снимите площадку ещё раз или продолжайте.",
    en: "This photo may have been used before. Take the photo again or go on.",
  },
  "maybe-screen": {
    ru: "Похоже на снимок экрана или распечатки. Снимите саму площадку или продолжайте.",
    en: "This looks like a photo of a screen or a print. Photograph the site itself or go on.",
  },
  "other-place": {
    ru: "Не похоже на то же место, что на снимке «до». Проверьте площадку: в следующий раз снимайте с того же места.",
    en: "This does not look like the place of the photo before. Check the site: next time take it from the same spot.",
  },
  "look-yourself": {
    ru: "Программа не уверена: посмотрите на площадку сами; можно снять ещё раз поближе.",
    en: "The program is not certain: look at the site yourself; another photo from nearer may help.",
  },
} as const;

const SURE = 0.9;
/** Below it hardly more than two spots agree. */
const OTHER_PLACE_BELOW = 0.15;

/**
 * What the driver hears of a shot at once, the most urgent first: a photo that proves nothing, one that proves something else,
 * one that a person has to judge. Empty where there is nothing to do.
 */
export function adviceOf(
  photo: Pick<VisitPhoto, "state" | "reason" | "seen" | "screen">,
  pair: Visit["pair"],
): Advice[] {
  const reason = UnusableReason.nullable()
    .catch(null)
    .parse(photo.reason ?? null);
  const samePlace = pair?.samePlace ?? null;
  return [
    ...(reason === null ? [] : [unusable(reason)]),
    ...(photo.seen ? [say("photo-seen")] : []),
    ...((photo.screen ?? 0) >= SURE ? [say("maybe-screen")] : []),
    ...(samePlace !== null && samePlace < OTHER_PLACE_BELOW ? [say("other-place")] : []),
    ...(photo.state === "unsure" ? [say("look-yourself")] : []),
  ];
}

const say = (code: keyof typeof WORDS): Advice => ({ code, ...WORDS[code] });

function unusable(reason: UnusableReason): Advice {
  const code = `photo-${reason}` as const;
  const { ru, en } = PHOTO_WORDS[code];
  return { code, ru: sentence(ru), en: sentence(en) };
}

const sentence = ({ what, todo }: { readonly what: string; readonly todo: string }): string =>
  `${what.charAt(0).toUpperCase()}${what.slice(1)}: ${todo}.`;
