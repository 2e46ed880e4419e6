import type { Language } from "../../health/finding.ts";
import type { SelfWatch } from "../../health/self-watch.ts";
import type { Answer, Route } from "../local-server.ts";
import { PAGE_SCRIPT } from "./page-script.ts";
import { PAGE_STYLE } from "./page-style.ts";
import { PAGE_PATH, renderPage, SCRIPT_PATH, STYLE_PATH } from "./render-page.ts";

/** The page asks nobody but this server, and nobody else's page may show it. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const text = (type: string, content: string): Answer => ({
  status: 200,
  body: content,
  headers: {
    "content-type": `${type}; charset=utf-8`,
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
  },
});

/** The status page and what it is made of; `/` leads to it for as long as the driver has no page of his own there. */
export function statusRoutes(self: Pick<SelfWatch, "report" | "findings">): readonly Route[] {
  const page = (language: Language): Answer => {
    const { tenant, device, software, now, startedUp } = self.report();
    const moment = { nowAt: now.at, nowUp: now.up, startedUp };
    return text(
      "text/html",
      renderPage({ tenant, device, software, ...moment, findings: self.findings.now() }, language),
    );
  };
  return [
    { method: "GET", path: "/", answer: async () => ({ status: 302, body: {}, headers: { location: PAGE_PATH } }) },
    { method: "GET", path: PAGE_PATH, answer: async (_body, asked) => page(languageOf(asked)) },
    { method: "GET", path: STYLE_PATH, answer: async () => text("text/css", PAGE_STYLE) },
    { method: "GET", path: SCRIPT_PATH, answer: async () => text("text/javascript", PAGE_SCRIPT) },
    {
      method: "GET",
      path: "/findings",
      answer: async () => ({ status: 200, body: { findings: self.findings.now() } }),
    },
  ];
}

/** The language that the address names, else the browser's, else Russian. */
export function languageOf({ query, acceptLanguage }: { query: URLSearchParams; acceptLanguage: string }): Language {
  const named = query.get("lang");
  if (named === "ru" || named === "en") return named;
  const wanted = acceptLanguage.split(",").map((range) => {
    const [tag = "", q] = range.trim().toLowerCase().split(";q=");
    return { language: tag.split("-")[0], weight: q === undefined ? 1 : Number(q) };
  });
  const weightOf = (language: Language) =>
    Math.max(0, ...wanted.map((one) => (one.language === language && Number.isFinite(one.weight) ? one.weight : 0)));
  return weightOf("en") > weightOf("ru") ? "en" : "ru";
}
