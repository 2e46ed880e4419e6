import { z } from "zod";
import { DOCS_WORDS, EXAMPLES, ROUTES_RU } from "./docs-words.ts";
import { escaped } from "./escaped.ts";

/** What is read of the OpenAPI. */
const OpenApi = z.object({
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.object({
        tags: z.array(z.string()).default([]),
        summary: z.string().default(""),
        parameters: z
          .array(
            z.object({
              name: z.string(),
              required: z.boolean().default(false),
              description: z.string().default(""),
              schema: z
                .looseObject({ enum: z.array(z.unknown()).optional(), default: z.unknown().optional() })
                .optional(),
            }),
          )
          .default([]),
        responses: z.record(z.string(), z.object({ description: z.string().default("") })).default({}),
      }),
    ),
  ),
});

/** One route as the page shows it. */
interface Shown {
  readonly name: string;
  readonly summary: string;
  readonly parameters: readonly { readonly name: string; readonly isNeeded: boolean; readonly text: string }[];
  readonly answers: readonly string[];
}

export interface DocsParts {
  readonly openApi: unknown;
  readonly origin: string;
  /** Requests of one address: of open data, and of averages and moments of the past. */
  readonly perMinute: { readonly open: number; readonly map: number };
  readonly licence: string;
}

/** The page `/docs` in one language, whole: it loads nothing, from here or elsewhere. */
export function docsPage(language: "en" | "ru", { openApi, origin, perMinute, licence }: DocsParts): string {
  const words = DOCS_WORDS[language];
  const routes = openRoutes(openApi, language);
  const rules = words.rules(perMinute, licence).map((rule) => `<li>${escaped(rule)}</li>`);
  return `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${words.title}</title><style>${STYLE}</style></head><body><header><h1>${words.title}</h1>
<a href="?lang=${language === "en" ? "ru" : "en"}" lang="${language === "en" ? "ru" : "en"}">${words.other}</a></header><main>
<ul>${rules.join("\n")}</ul>
<p>${words.machine} <a href="/api/openapi.json">/api/openapi.json</a></p>
<h2>${words.routes}</h2>
${routes.map((route) => sectionOf(route, language, origin)).join("\n")}
</main></body></html>
`;
}

/** Every route that is open to all, open data first. */
export function openRoutes(openApi: unknown, language: "en" | "ru"): readonly Shown[] {
  const all = Object.entries(OpenApi.parse(openApi).paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, route]) => ({ name: `${method.toUpperCase()} ${path}`, ...route })),
  );
  const open = all.filter(
    ({ tags, name }) => !name.startsWith("HEAD") && tags.some((tag) => tag === "open" || tag === "public"),
  );
  const rank = ({ tags }: { readonly tags: readonly string[] }) => (tags.includes("open") ? 0 : 1);
  return open
    .toSorted((a, b) => rank(a) - rank(b))
    .map(({ name, summary, parameters, responses }) => ({
      name,
      summary: language === "ru" ? (ROUTES_RU[name] ?? summary) : summary,
      parameters: parameters.map(({ name: parameter, required, description, schema }) => ({
        name: parameter,
        isNeeded: required,
        text: [description, schema?.enum?.join(" | ") ?? "", sayDefault(schema?.default)].filter(Boolean).join("; "),
      })),
      answers: Object.entries(responses).map(([status, { description }]) =>
        `${status} ${description === UNNAMED ? "" : description}`.trim(),
      ),
    }));
}

/** What the generator of the OpenAPI writes where a route says nothing of an answer. */
const UNNAMED = "Default Response";

const sayDefault = (value: unknown): string => (value === undefined ? "" : `= ${String(value)}`);

function sectionOf({ name, summary, parameters, answers }: Shown, language: "en" | "ru", origin: string): string {
  const words = DOCS_WORDS[language];
  const example = EXAMPLES[name]?.replaceAll("ORIGIN", origin);
  const rows = parameters.map(
    (one) =>
      `<dt><code>${escaped(one.name)}</code>${one.isNeeded ? ` (${words.needed})` : ""}</dt><dd>${escaped(one.text)}</dd>`,
  );
  return `<section><h3><code>${escaped(name)}</code></h3><p>${escaped(summary)}</p>
${rows.length === 0 ? "" : `<h4>${words.parameters}</h4><dl>${rows.join("")}</dl>`}
<h4>${words.answers}</h4><ul>${answers.map((answer) => `<li lang="en">${escaped(answer)}</li>`).join("")}</ul>
${example === undefined ? "" : `<h4>${words.example}</h4><pre tabindex="0">${escaped(example)}</pre>`}</section>`;
}

const STYLE = `:root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;max-width:52rem;margin:0 auto;padding:1rem}
header{display:flex;justify-content:space-between;align-items:baseline;gap:1rem}h3{margin-top:2rem;overflow-wrap:anywhere}
h1{font-size:1.6rem;line-height:1.25}li,dd,p{overflow-wrap:anywhere}h4{margin:.5rem 0 0}dd{margin-left:1rem}pre{overflow-x:auto;padding:.5rem;border:1px solid}code{font-family:ui-monospace,monospace}`;
