import type { UnusableReason } from "#contract/messages.ts";
import type { SignatureCheck, SiteMapState } from "../../../http/schemas.ts";
import type { PhotoPart } from "../heat.ts";

const state: Record<SiteMapState, string> = {
  clean: "Clean",
  overflow: "Bins are overflowing",
  scattered: "Waste is lying around",
  not_a_site: "The photo shows no waste site",
  unusable: "The photo cannot be judged",
  unsure: "Not certain",
  unknown: "No visit yet",
};

const signature: Record<SignatureCheck, string> = {
  valid: "Signature valid: the record is as the device made it",
  invalid: "Signature does not match: do not rely on this record",
  "unknown-key": "Signature not checked: the device's key is not known",
};

/** Words of `UnusableReason`; a newer device may have more of them, so `other` stands in. */
const reason: Readonly<Record<UnusableReason | "other", string>> = {
  dark: "It is too dark",
  overexposed: "It is too bright",
  blurred: "It is blurred",
  covered: "The lens is covered or dirty",
  "too-small": "It is too small",
  screenshot: "It is a picture of a screen, not a photo",
  model: "The computer can make nothing out in it",
  other: "The device gave another reason",
};

/** Where in a photo, for "mostly …"; the nine parts of a grid of three by three. */
const part: Readonly<Record<PhotoPart, string>> = {
  "top-left": "upper left",
  top: "at the top",
  "top-right": "upper right",
  left: "on the left",
  middle: "in the middle",
  right: "on the right",
  "bottom-left": "lower left",
  bottom: "at the bottom",
  "bottom-right": "lower right",
};

/** What is said of sites and visits, in English. */
export const siteEn = {
  state,
  signature,
  reason,
  heat: {
    part,
    toggle: "What the model looked at",
    most: (where: string) => `The model took most for waste ${where}.`,
    nothing: "The model took nothing in it for waste.",
    legend:
      "The warmer the colour, the more it speaks for waste. This shows where the model looked, and proves nothing.",
  },
  pair: {
    samePlace: (percent: string) => `Both photos show the same place (${percent})`,
    placeUnclear: (percent: string) => `Not certain that both photos show the same place (${percent}): look at them`,
    otherPlace: (percent: string) => `The photos may show different places (same place: ${percent}): look at them`,
    cleaner: (percent: string) => `Cleaner after than before (${percent})`,
    cleanerUnclear: (percent: string) => `Not certain that it is cleaner after (${percent})`,
    notCleaner: (percent: string) => `It does not look cleaner after (cleaner: ${percent}): look at them`,
  },
  visit: {
    lastVisit: "Last visit",
    noVisit: "No truck has reported a visit to this site yet.",
    before: "Before",
    after: "After",
    enlarge: (role: string) => `Enlarge photo: ${role}`,
    onItsWay: "The photo is still on its way",
    noPhoto: "No photo was taken",
    sure: (percent: string) => `${percent} sure`,
    device: "Device",
    takenAt: "Taken",
    timeUnknown: "time unknown",
    aboutSeconds: (when: string, error: number) => `about ${when} (± ${error} s)`,
    aboutMinutes: (when: string, error: number) => `about ${when} (± ${error} min)`,
    judged: "The verdict is a computer's; a person may see it differently.",
    lookAtIt: "The computer cannot decide: look at the photo yourself",
    screen: "May have been taken of a screen or a print. No proof, a mesh or a fence can look the same: look at it",
    seen: (percent: string) => `May be an earlier photo again (${percent}): look at it`,
    check: "Proof",
  },
};

/** What is said of sites and visits, in Russian. */
export const siteRu: typeof siteEn = {
  state: {
    clean: "Чисто",
    overflow: "Баки переполнены",
    scattered: "Мусор лежит вокруг",
    not_a_site: "На фото не площадка",
    unusable: "По фото нельзя судить",
    unsure: "Нет уверенности",
    unknown: "Визита ещё не было",
  },
  signature: {
    valid: "Подпись верна: запись такая, какой её сделало устройство",
    invalid: "Подпись не сходится: на эту запись полагаться нельзя",
    "unknown-key": "Подпись не проверена: ключ устройства неизвестен",
  },
  reason: {
    dark: "Слишком темно",
    overexposed: "Слишком светло",
    blurred: "Фото смазано",
    covered: "Объектив закрыт или грязный",
    "too-small": "Слишком маленькое",
    screenshot: "Это снимок экрана, а не фото",
    model: "Компьютер ничего на нём не разобрал",
    other: "Устройство назвало другую причину",
  },
  heat: {
    part: {
      "top-left": "слева вверху",
      top: "вверху",
      "top-right": "справа вверху",
      left: "слева",
      middle: "в середине",
      right: "справа",
      "bottom-left": "слева внизу",
      bottom: "внизу",
      "bottom-right": "справа внизу",
    },
    toggle: "На что смотрела модель",
    most: (where) => `Больше всего на мусор похоже ${where}.`,
    nothing: "Ничего похожего на мусор модель не нашла.",
    legend: "Чем теплее цвет, тем больше похоже на мусор. Видно, куда смотрела модель; это не доказательство.",
  },
  pair: {
    samePlace: (percent) => `На обоих фото одно место (${percent})`,
    placeUnclear: (percent) => `Неясно, одно ли место на обоих фото (${percent}): посмотрите сами`,
    otherPlace: (percent) => `Возможно, на фото разные места (одно место: ${percent}): посмотрите сами`,
    cleaner: (percent) => `После чище, чем до (${percent})`,
    cleanerUnclear: (percent) => `Неясно, стало ли чище (${percent})`,
    notCleaner: (percent) => `Похоже, чище не стало (чище: ${percent}): посмотрите сами`,
  },
  visit: {
    lastVisit: "Последний визит",
    noVisit: "О визите мусоровоза на эту площадку ещё не сообщали.",
    before: "До",
    after: "После",
    enlarge: (role) => `Увеличить фото: ${role}`,
    onItsWay: "Фото ещё в пути",
    noPhoto: "Фото не сделано",
    sure: (percent) => `уверенность ${percent}`,
    device: "Устройство",
    takenAt: "Снято",
    timeUnknown: "время неизвестно",
    aboutSeconds: (when, error) => `около ${when} (± ${error} с)`,
    aboutMinutes: (when, error) => `около ${when} (± ${error} мин)`,
    judged: "Оценку дал компьютер; человек может увидеть иначе.",
    lookAtIt: "Компьютер не может решить: посмотрите на фото сами",
    screen: "Возможно, снят экран или отпечаток. Это не доказательство, так выглядят и сетка, и забор: посмотрите сами",
    seen: (percent) => `Возможно, это более раннее фото ещё раз (${percent}): посмотрите сами`,
    check: "Доказательство",
  },
};
