import type { FindingKind } from "./finding-words.ts";

/** What can be found of the settings and updates that the cloud wants, in words. */
export const TWIN_WORDS = {
  "updates-unreadable": {
    level: "trouble",
    ru: {
      what: "книга обновлений не читается: новые обновления не принимаются, всё остальное работает",
      todo: "проверьте карту памяти; затем удалите DATA_DIR/updates/book.json и запустите программу заново",
    },
    en: {
      what: "the book of updates cannot be read: no update is taken, all else works",
      todo: "check the card; then remove DATA_DIR/updates/book.json and start the program again",
    },
  },
  "twin-none": {
    level: "well",
    ru: { what: "действуют только настройки, заданные при установке" },
    en: { what: "only the installed settings are in force" },
  },
  "twin-well": {
    level: "well",
    ru: { what: "действует версия {rev}, настроек из облака: {count}" },
    en: { what: "rev {rev} is in force, settings of the cloud: {count}" },
  },
  "twin-trial": {
    level: "notice",
    ru: { what: "версия {rev} на испытании: без связи вернутся последние хорошие настройки" },
    en: { what: "rev {rev} is on trial: without a connection the last good settings come back" },
  },
  "twin-refused": {
    level: "notice",
    ru: {
      what: "из версии {rev} не принято: {count}",
      todo: "исправьте настройки устройства в облаке; какие можно менять, сказано в firmware-config/SETTINGS.md",
    },
    en: {
      what: "refused of rev {rev}: {count}",
      todo: "correct the device's settings in the cloud; firmware-config/SETTINGS.md says which may be changed",
    },
  },
  "twin-restart": {
    level: "notice",
    ru: {
      what: "версия {rev} ждёт перезапуска",
      todo: "запустите программу заново: здесь никто не делает этого за неё",
    },
    en: {
      what: "rev {rev} waits for a restart",
      todo: "start the program again: nobody here does it by itself",
    },
  },
  "twin-unkept": {
    level: "trouble",
    ru: {
      what: "файл с настройками из облака не читается или не записывается",
      todo: "проверьте место и права в папке DATA_DIR; потом это пройдёт само",
    },
    en: {
      what: "the file with the cloud's settings cannot be read or written",
      todo: "look after room and rights in the folder DATA_DIR; then it goes on by itself",
    },
  },
} as const satisfies Readonly<Record<string, FindingKind>>;
