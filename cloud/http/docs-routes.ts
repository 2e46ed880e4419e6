import { z } from "zod";
import { attributionOf } from "../air/open/licence.ts";
import { type Api, ASK_AGAIN, badRequest } from "./api.ts";
import { docsPage } from "./docs-page.ts";

export interface DocsRoutesParts {
  readonly openDataPerMinute: number;
  readonly mapPerMinute: number;
  readonly attribution: string;
}

/** The page for people who want the data: from the OpenAPI, in the reader's language. */
export function addDocsRoute(api: Api, { openDataPerMinute, mapPerMinute, attribution }: DocsRoutesParts): void {
  api.get(
    "/docs",
    {
      schema: {
        hide: true,
        querystring: z.object({ lang: z.enum(["en", "ru"]).optional() }),
        response: { 200: z.string(), ...badRequest },
      },
    },
    async ({ query: { lang }, headers, protocol, host }, reply) => {
      const language = lang ?? (/^\s*ru\b/i.test(headers["accept-language"] ?? "") ? "ru" : "en");
      const perMinute = { open: openDataPerMinute, map: mapPerMinute };
      const parts = { openApi: api.swagger(), origin: `${protocol}://${host}`, perMinute };
      void reply.header("cache-control", ASK_AGAIN).header("vary", "accept-language").type("text/html; charset=utf-8");
      return docsPage(language, { ...parts, licence: attributionOf(attribution) });
    },
  );
}
