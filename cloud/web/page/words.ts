import { airEn, airRu } from "./words/air.ts";
import { calendarEn, calendarRu } from "./words/calendar.ts";
import { commonEn, commonRu } from "./words/common.ts";
import { deskEn, deskRu } from "./words/desk.ts";
import { mapEn, mapRu } from "./words/map.ts";
import { printEn, printRu } from "./words/print.ts";
import { siteEn, siteRu } from "./words/site.ts";

/** The type of the dictionary comes from the English words, so a key cannot be missing in another language. */
const en = { ...commonEn, ...siteEn, ...mapEn, ...deskEn, ...calendarEn, ...printEn, air: airEn };

/** Everything the pages say in one language. */
export type Words = typeof en;

const ru: Words = { ...commonRu, ...siteRu, ...mapRu, ...deskRu, ...calendarRu, ...printRu, air: airRu };

/** Both dictionaries by language. */
export const words = { ru, en } as const;
