import { type Language, levelOf, tell, tellSpan } from "../../health/finding.ts";
import type { Level } from "../../health/finding-words.ts";
import type { LastingFinding } from "../../health/findings-watch.ts";
import { PAGE_WORDS } from "./page-words.ts";

/** What the page shows. */
export interface PageView {
  readonly tenant: string;
  readonly device: string;
  readonly software: string;
  /** UTC ms, null where the device does not know the time. */
  readonly nowAt: number | null;
  readonly nowUp: number;
  /** When this run began, in the milliseconds of `up`. */
  readonly startedUp: number;
  readonly findings: readonly LastingFinding[];
}

/** Where the page lies, and what belongs to it. */
export const PAGE_PATH = "/status-page";
export const STYLE_PATH = "/status-page.css";
export const SCRIPT_PATH = "/status-page.js";

/** Shapes differ too, so that nobody depends on colours. */
const MARKS: Readonly<Record<Level, string>> = { well: "✓", notice: "!", trouble: "✕" };
const ORDER: readonly Level[] = ["trouble", "notice", "well"];
/** Parts look at themselves for the first time within it. */
const AT_START_MS = 15_000;

/** The whole page as HTML; it says all of it without its script, too. */
export function renderPage(view: PageView, language: Language): string {
  const words = PAGE_WORDS[language];
  const { tenant, device, software, findings, nowAt } = view;
  const of = (level: Level) => findings.filter((finding) => levelOf(finding) === level);
  const [troubles, notices] = [of("trouble"), of("notice")];
  const worst = ORDER.find((level) => of(level).length > 0) ?? "well";
  const summary = worst === "well" ? words.allWell : words.toLookAt(troubles.length, notices.length);
  const list = (of: readonly LastingFinding[]) => `<ul>${of.map((one) => card(one, view, language)).join("")}</ul>`;
  const needy = [...troubles, ...notices];
  const name = escapeHtml(`${tenant}:${device}`);
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${name}: ${escapeHtml(summary)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${STYLE_PATH}">
<script src="${SCRIPT_PATH}" defer></script>
<noscript><meta http-equiv="refresh" content="15"></noscript>
</head>
<body>
<header>
<div><p class="product">${words.title}</p><h1>${name}</h1></div>
<nav aria-label="${words.language}">${languageLink("ru", "Русский", language)}${languageLink("en", "English", language)}</nav>
</header>
<p id="away" class="banner" role="alert" hidden>${words.away}</p>
<p id="summary" class="summary ${worst}" role="status"><span class="mark" aria-hidden="true">${MARKS[worst]}</span>${escapeHtml(summary)}</p>
<main id="parts">
${needy.length === 0 ? "" : `<section aria-labelledby="needy"><h2 id="needy">${words.needsYou}</h2>${list(needy)}</section>`}
<section class="calm" aria-labelledby="well"><h2 id="well">${words.wellParts}</h2>${list(of("well"))}</section>
</main>
<footer>
<p id="moment">${momentOf(nowAt, language)}. ${words.refreshed}</p>
<p>${words.software} ${escapeHtml(software)} · <a href="/status">${words.asJson}</a></p>
</footer>
</body>
</html>
`;
}

function languageLink(target: Language, name: string, current: Language): string {
  const mark = target === current ? ' aria-current="true"' : "";
  return `<a href="${PAGE_PATH}?lang=${target}" lang="${target}" hreflang="${target}"${mark}>${name}</a>`;
}

function card(finding: LastingFinding, view: PageView, language: Language): string {
  const words = PAGE_WORDS[language];
  const { level, part, what, todo, detail } = tell(finding, language);
  const advice =
    level === "well" || todo === null ? "" : `<p class="todo"><b>${words.todo}</b> ${escapeHtml(todo)}</p>`;
  const quote =
    detail === null ? "" : `<p class="said"><span>${words.said}</span> <q lang="en">${escapeHtml(detail)}</q></p>`;
  return `<li class="part ${level}" data-part="${escapeHtml(finding.part)}" data-code="${finding.code}">
<h3>${escapeHtml(part)}</h3>
<p class="state"><span class="mark" aria-hidden="true">${MARKS[level]}</span>${words.levels[level]}</p>
<p class="what">${escapeHtml(what)}</p>${advice}${quote}
<p class="since">${sinceOf(finding, view, language)}</p>
</li>`;
}

function sinceOf(
  { sinceUp, sinceAt }: LastingFinding,
  { nowUp, startedUp, nowAt }: PageView,
  language: Language,
): string {
  const words = PAGE_WORDS[language];
  const span = escapeHtml(tellSpan(nowUp - sinceUp, language));
  if (sinceUp - startedUp < AT_START_MS) return `${words.sinceStart}, ${span}`;
  if (sinceAt === null || nowAt === null) return `${words.since} ${span}`;
  const isToday = new Date(sinceAt).toDateString() === new Date(nowAt).toDateString();
  const moment = new Intl.DateTimeFormat(LOCALES[language], isToday ? TIME : { ...DAY, ...TIME }).format(sinceAt);
  return `${words.since} <time datetime="${new Date(sinceAt).toISOString()}">${moment}</time>, ${span}`;
}

const LOCALES: Readonly<Record<Language, string>> = { ru: "ru-RU", en: "en-GB" };
const TIME = { hour: "2-digit", minute: "2-digit" } as const;
const DAY = { day: "numeric", month: "long" } as const;

function momentOf(nowAt: number | null, language: Language): string {
  const words = PAGE_WORDS[language];
  if (nowAt === null) return words.timeUnknown;
  const options = { ...DAY, ...TIME, timeZoneName: "short" } as const;
  const moment = new Intl.DateTimeFormat(LOCALES[language], options).format(nowAt);
  return `${words.deviceTime}: <time datetime="${new Date(nowAt).toISOString()}">${moment}</time>`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text as HTML, also within quotes. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (sign) => ESCAPES[sign] ?? sign);
