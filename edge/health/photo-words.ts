import type { UnusableReason } from "#contract/messages.ts";
import type { FindingKind } from "./finding-words.ts";

/** Why a photo cannot be judged and what a driver does about it, by the contract's word. */
export const PHOTO_WORDS = {
  "photo-dark": {
    level: "notice",
    ru: { what: "последнее фото слишком тёмное", todo: "включите фары или свет на площадке и снимите ещё раз" },
    en: { what: "the last photo is too dark", todo: "switch on the headlights or the site's lamp and take it again" },
  },
  "photo-overexposed": {
    level: "notice",
    ru: {
      what: "последнее фото слишком светлое",
      todo: "встаньте так, чтобы солнце или фонарь были сзади, и снимите ещё раз",
    },
    en: { what: "the last photo is too bright", todo: "turn the sun or the lamp into your back and take it again" },
  },
  "photo-blurred": {
    level: "notice",
    ru: {
      what: "последнее фото смазано",
      todo: "остановитесь, держите камеру неподвижно, протрите объектив и снимите ещё раз",
    },
    en: { what: "the last photo is blurred", todo: "stop, hold still, wipe the lens and take it again" },
  },
  "photo-covered": {
    level: "notice",
    ru: {
      what: "на последнем фото объектив закрыт или грязный",
      todo: "уберите руку, протрите объектив и снимите ещё раз",
    },
    en: {
      what: "the lens is covered or dirty in the last photo",
      todo: "take the hand away, wipe the lens and take it again",
    },
  },
  "photo-too-small": {
    level: "notice",
    ru: { what: "последнее фото слишком маленькое", todo: "снимайте с полным разрешением, а не миниатюру" },
    en: { what: "the last photo is too small", todo: "take it with the full resolution, not as a thumbnail" },
  },
  "photo-screenshot": {
    level: "notice",
    ru: { what: "последнее фото снято не камерой: это картинка с экрана", todo: "снимите саму площадку" },
    en: { what: "the last photo is no photo but a picture of a screen", todo: "take a photo of the site itself" },
  },
  "photo-model": {
    level: "notice",
    ru: { what: "на последнем фото ничего не разобрать", todo: "встаньте ближе, протрите объектив и снимите ещё раз" },
    en: { what: "nothing can be made out in the last photo", todo: "come closer, wipe the lens and take it again" },
  },
} as const satisfies Readonly<Record<`photo-${UnusableReason}`, FindingKind>>;
