import type { Language } from "./language.ts";

/** Dates and numbers as people of one language write them, in the time zone of the one who looks. */
export interface Format {
  /** 14:05 today, otherwise with the day. */
  moment(atMs: number, nowMs: number): string;
  /** Day, month and time, always. */
  fullMoment(atMs: number): string;
  /** The same with the year: for paper. */
  fullDate(atMs: number): string;
  /** A number with at most `digits` places. */
  number(value: number, digits?: number): string;
  /** 0.934 as 93 %. */
  percent(share: number): string;
}

/** How dates and numbers of a language are written. */
export const locales = { ru: "ru-RU", en: "en-GB" } as const;

/** Makes the formatting of one language; `timeZone` is the machine's own unless given. */
export function createFormat(language: Language, timeZone?: string): Format {
  const locale = locales[language];
  const zone = timeZone === undefined ? {} : { timeZone };
  const time = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...zone });
  const day = new Intl.DateTimeFormat(locale, { year: "numeric", month: "2-digit", day: "2-digit", ...zone });
  const full = new Intl.DateTimeFormat(locale, {
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    ...zone,
  });
  const dated = new Intl.DateTimeFormat(locale, { dateStyle: "long", timeStyle: "short", hourCycle: "h23", ...zone });
  const share = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 });
  return {
    moment: (atMs, nowMs) => (day.format(atMs) === day.format(nowMs) ? time.format(atMs) : full.format(atMs)),
    fullMoment: (atMs) => full.format(atMs),
    fullDate: (atMs) => dated.format(atMs),
    number: (value, digits = 1) =>
      new Intl.NumberFormat(locale, { maximumFractionDigits: digits }).format(value).replace("-", "\u2212"),
    percent: (value) => share.format(value),
  };
}
