import { z } from "zod";
import { StationName } from "#contract/names.ts";
import { Pollutant } from "../air/pollutants.ts";
import { distanceM } from "../air/quality/neighbours.ts";
import { standardOf } from "../air/standards/all-standards.ts";
import { type Api, ASK_AGAIN, badRequest, missing } from "./api.ts";
import { embedPage } from "./embed-page.ts";
import { notFound } from "./errors.ts";
import { AVERAGINGS, type StationFeature } from "./schemas.ts";
import type { StationBook } from "./station-book.ts";

/** Any site may frame this one page: it has nothing to press but a link out, and neither scripts nor cookies. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors *";

const Place = z
  .string()
  .regex(/^-?\d{1,2}(\.\d{1,6})?,-?\d{1,3}(\.\d{1,6})?$/, "latitude and longitude, as 55.1282,61.4870")
  .transform((text) => text.split(",").map(Number));

const Asked = z.object({
  station: StationName.optional(),
  near: Place.optional(),
  standard: z.string().max(32).default("us-epa-2024"),
  pollutant: Pollutant.default("pm25"),
  average: z.enum(AVERAGINGS).default("now"),
  lang: z.enum(["en", "ru"]).default("ru"),
});

/** The station that speaks nearest to a place, else the nearest of all. */
export function nearestStation(
  [lat = 0, lng = 0]: readonly number[],
  stations: readonly StationFeature[],
): StationFeature | undefined {
  const byDistance = stations
    .map((station) => ({ station, metres: distanceM([lng, lat], station.geometry.coordinates) }))
    .toSorted((a, b) => a.metres - b.metres)
    .map(({ station }) => station);
  return byDistance.find(({ properties }) => properties.status === "live") ?? byDistance[0];
}

export interface EmbedRoutesParts {
  readonly book: Pick<StationBook, "all">;
}

/** `/embed`: one station, or the one nearest to a place, for a frame on another site. */
export function addEmbedRoute(api: Api, { book }: EmbedRoutesParts): void {
  api.get(
    "/embed",
    { schema: { hide: true, querystring: Asked, response: { 200: z.string(), ...badRequest, ...missing } } },
    async ({ query }, reply) => {
      const { near, pollutant, average, lang } = query;
      const measuring = () => book.all().filter(({ properties }) => properties.air[pollutant] !== undefined);
      const station =
        query.station === undefined
          ? near && nearestStation(near, measuring())
          : book.all().find(({ id }) => id === query.station);
      const standard = standardOf(query.standard);
      if (station === undefined) throw notFound("station");
      if (standard === undefined) throw notFound("standard");
      void reply
        .removeHeader("x-frame-options")
        .header("content-security-policy", CONTENT_SECURITY_POLICY)
        .header("cache-control", ASK_AGAIN)
        .type("text/html; charset=utf-8");
      return embedPage(lang, { station, standard, pollutant, average });
    },
  );
}
