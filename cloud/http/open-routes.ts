import { z } from "zod";
import { StationName } from "#contract/names.ts";
import type { Clock } from "#kit/clock.ts";
import { dayCsv, stationLines } from "../air/open/air-csv.ts";
import { jsonLines } from "../air/open/json-lines.ts";
import { attributionOf } from "../air/open/licence.ts";
import { communityFeed } from "../air/open/sensor-community.ts";
import type { RegistryWatch } from "../registry/watch-registry.ts";
import type { StateView } from "../store/state/state-view.ts";
import { type Api, badRequest, missing, tooMany, unavailable, unchanged } from "./api.ts";
import { sendTagged } from "./entity-tag.ts";
import { notFound } from "./errors.ts";
import { keepText, sendKept } from "./kept-text.ts";
import { ASK_IF_CHANGED, letAnySiteRead, nameLicence } from "./open-headers.ts";
import type { RateLimit } from "./rate-limit.ts";
import { StationCollection } from "./schemas.ts";
import type { StationBook } from "./station-book.ts";
import type { AskedWindows } from "./turns.ts";

const DAY_MS = 86_400_000;
/** A day is closed so long after its end: what comes later still changes it, but is rare. */
const CLOSED_AFTER_MS = 2 * DAY_MS;
/** Newest values are written once a minute. */
const HOLDS_MS = 60_000;
/** A closed day may be kept for a day without asking; then its ETag says whether late data have changed it. */
const A_DAY = `public, max-age=${DAY_MS / 1000}, immutable`;

const Day = z.iso.date().refine((day) => day >= "2020-01-01", "there are no data from before 2020");
const Csv = z.string().meta({ description: "CSV, UTF-8, remarks on lines that begin with #" });

export interface OpenRoutesParts {
  readonly book: Pick<StationBook, "all">;
  readonly view: Pick<StateView, "latestSamplesOf">;
  readonly registry: Pick<RegistryWatch, "current">;
  readonly airWindows: AskedWindows;
  readonly clock: Clock;
  readonly staleAfterMs: number;
  readonly offlineAfterMs: number;
  /** Who is to be named as the source. */
  readonly attribution: string;
}

/** Open data: no key, no account; how often one address may ask is limited and said. */
export function addOpenRoutes(api: Api, limit: RateLimit, parts: OpenRoutesParts): void {
  const { book, view, registry, airWindows, clock, staleAfterMs, offlineAfterMs } = parts;
  const attribution = attributionOf(parts.attribution);
  api.addHook("onRequest", letAnySiteRead);
  api.addHook("onRequest", limit);
  const kept = (lines: () => Iterable<string>) => keepText(lines, HOLDS_MS, clock);
  const collection = { type: "FeatureCollection", attribution, staleAfterMs, offlineAfterMs };
  const geojson = kept(() => jsonLines(`${JSON.stringify(collection).slice(0, -1)},"features":[`, book.all(), "]}"));
  const csv = kept(() => stationLines(book.all(), attribution, clock.nowMs()));
  const community = kept(() => {
    const moment = { nowMs: clock.nowMs(), staleAfterMs };
    return jsonLines("[", communityFeed(book.all(), view.latestSamplesOf, moment), "]");
  });

  api.get(
    "/api/v1/open/stations.geojson",
    {
      schema: {
        tags: ["open"],
        summary: "All stations with raw and corrected values, averages, flags and confidence, as GeoJSON",
        response: { 200: StationCollection.extend({ attribution: z.string() }), ...unchanged, ...tooMany },
      },
    },
    async (request, reply) => {
      void nameLicence(reply);
      return sendKept(request, reply, { type: "application/geo+json; charset=utf-8", text: await geojson(), clock });
    },
  );

  api.get(
    "/api/v1/open/stations.csv",
    {
      schema: {
        tags: ["open"],
        summary: "The same as CSV: a line for each station, pollutant and averaging time, with units and provenance",
        response: { 200: Csv, ...unchanged, ...tooMany },
      },
    },
    async (request, reply) => {
      void nameLicence(reply).header("content-disposition", 'attachment; filename="stations.csv"');
      return sendKept(request, reply, { type: "text/csv; charset=utf-8", text: await csv(), clock });
    },
  );

  api.get(
    "/api/v1/open/archive/:station/:day.csv",
    {
      schema: {
        tags: ["open"],
        summary:
          "Hourly means of one station and UTC day; the same address for ever, a new ETag where late data changed it",
        params: z.object({ station: StationName, day: Day }),
        response: {
          200: Csv,
          ...unchanged,
          ...badRequest,
          ...missing,
          ...tooMany,
          ...unavailable,
        },
      },
    },
    async (request, reply) => {
      const { station: id, day } = request.params;
      const station = registry.current().station(id);
      const fromMs = Date.parse(`${day}T00:00:00Z`);
      const nowMs = clock.nowMs();
      if (station === undefined || fromMs > nowMs) throw notFound("day of a station");
      const asked = { stations: [id], resolution: "h1", fromMs, toMs: fromMs + DAY_MS } as const;
      const windows = await airWindows.windows(asked, request.ip);
      const isClosed = nowMs >= fromMs + DAY_MS + CLOSED_AFTER_MS;
      void nameLicence(reply).header("cache-control", isClosed ? A_DAY : ASK_IF_CHANGED);
      void reply.header("content-disposition", `attachment; filename="${id}-${day}.csv"`);
      return sendTagged(request, reply, "text/csv; charset=utf-8", dayCsv(station, day, windows, attribution));
    },
  );

  api.get(
    "/api/v1/open/sensor-community.json",
    {
      schema: {
        tags: ["open"],
        summary: "Newest raw samples in the JSON of Sensor.Community (P1 is PM10, P2 is PM2.5, pressure in Pa)",
        response: { 200: z.array(z.looseObject({ id: z.number(), timestamp: z.string() })), ...unchanged, ...tooMany },
      },
    },
    async (request, reply) => {
      void nameLicence(reply);
      return sendKept(request, reply, { type: "application/json; charset=utf-8", text: await community(), clock });
    },
  );
}
