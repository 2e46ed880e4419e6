import type { Language } from "../../health/finding.ts";
import type { Level } from "../../health/finding-words.ts";

/** What the page itself says; what it says of parts are the findings' words. */
export interface PageWords {
  readonly title: string;
  readonly software: string;
  readonly language: string;
  readonly levels: Readonly<Record<Level, string>>;
  readonly allWell: string;
  readonly toLookAt: (troubles: number, notices: number) => string;
  readonly needsYou: string;
  readonly wellParts: string;
  readonly todo: string;
  readonly said: string;
  readonly since: string;
  readonly sinceStart: string;
  readonly deviceTime: string;
  readonly timeUnknown: string;
  readonly refreshed: string;
  readonly away: string;
  readonly asJson: string;
}

/** One, few, many: 1 неполадка, 2 неполадки, 5 неполадок. */
function ruCount(n: number, [one, few, many]: readonly [string, string, string]): string {
  const rule = new Intl.PluralRules("ru").select(n);
  return `${n} ${rule === "one" ? one : rule === "few" ? few : many}`;
}

const enCount = (n: number, one: string): string => `${n} ${one}${n === 1 ? "" : "s"}`;
const listed = (counts: readonly (string | null)[]): string => counts.filter((count) => count !== null).join(", ");

export const PAGE_WORDS: Readonly<Record<Language, PageWords>> = {
  ru: {
    title: "Дворник: состояние устройства",
    software: "Дворник",
    language: "Язык",
    levels: { well: "в порядке", notice: "обратите внимание", trouble: "неполадка" },
    allWell: "Всё в порядке",
    toLookAt: (troubles, notices) =>
      listed([
        troubles > 0 ? ruCount(troubles, ["неполадка", "неполадки", "неполадок"]) : null,
        notices > 0 ? ruCount(notices, ["замечание", "замечания", "замечаний"]) : null,
      ]),
    needsYou: "Нужен человек",
    wellParts: "В порядке",
    todo: "Что сделать:",
    said: "Дословно:",
    since: "с",
    sinceStart: "с запуска",
    deviceTime: "Время устройства",
    timeUnknown: "Время устройства неизвестно",
    refreshed: "Страница обновляется сама.",
    away: "Программа не отвечает: она перезапускается или остановлена. Ниже то, что было известно последним.",
    asJson: "То же для программ",
  },
  en: {
    title: "Dvornik: how this device is",
    software: "Dvornik",
    language: "Language",
    levels: { well: "well", notice: "look at it", trouble: "trouble" },
    allWell: "All is well",
    toLookAt: (troubles, notices) =>
      listed([troubles > 0 ? enCount(troubles, "trouble") : null, notices > 0 ? enCount(notices, "notice") : null]),
    needsYou: "Needs a person",
    wellParts: "Well",
    todo: "What to do:",
    said: "Word for word:",
    since: "since",
    sinceStart: "since the start",
    deviceTime: "Device time",
    timeUnknown: "The device does not know the time",
    refreshed: "This page refreshes itself.",
    away: "The program does not answer: it is starting anew or has been stopped. Below is what was known last.",
    asJson: "The same for programs",
  },
};
