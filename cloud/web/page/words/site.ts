import type { SignatureCheck, SiteMapState } from "../../../http/schemas.ts";

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

/** What is said of sites and visits, in English. */
export const siteEn = {
  state,
  signature,
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
    check: "Доказательство",
  },
};
