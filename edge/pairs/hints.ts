import type { Visit, VisitPhoto } from "#contract/messages.ts";

/** Something the driver may want to do over; he may also go on. */
export interface Hint {
  readonly code: "photo-seen" | "maybe-screen" | "other-place";
  readonly ru: string;
  readonly en: string;
}

const HINTS = {
  "photo-seen": {
    code: "photo-seen",
    ru: "Такой снимок уже был. Снимите площадку ещё раз или продолжайте.",
    en: "This photo was used before. Take the photo again or go on.",
  },
  "maybe-screen": {
    code: "maybe-screen",
    ru: "Похоже на снимок экрана или распечатки. Снимите саму площадку или продолжайте.",
    en: "This looks like a photo of a screen or a print. Photograph the site itself or go on.",
  },
  "other-place": {
    code: "other-place",
    ru: "Не похоже на то же место, что на снимке «до». Проверьте площадку: в следующий раз снимайте с того же места.",
    en: "This does not look like the place of the photo before. Check the site: next time take it from the same spot.",
  },
} as const satisfies Record<string, Hint>;

const SURE = 0.9;
/** Below it hardly more than two spots agree. */
const OTHER_PLACE_BELOW = 0.15;

/** What the driver hears of a shot, at once; it blocks nothing and accuses nobody. */
export function hintsOf({ seen, screen }: Pick<VisitPhoto, "seen" | "screen">, pair: Visit["pair"]): readonly Hint[] {
  const samePlace = pair?.samePlace ?? null;
  return [
    ...(seen ? [HINTS["photo-seen"]] : []),
    ...((screen ?? 0) >= SURE ? [HINTS["maybe-screen"]] : []),
    ...(samePlace !== null && samePlace < OTHER_PLACE_BELOW ? [HINTS["other-place"]] : []),
  ];
}
