import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { StationName } from "#contract/names.ts";
import type { Bilingual } from "#contract/registry.ts";
import type { Clock } from "#kit/clock.ts";
import { formulaNames } from "../air/correction/choose.ts";
import { StationList } from "../live/station-table.ts";
import type { RegistryWatch } from "../registry/watch-registry.ts";
import type { AirWindowStore } from "../store/measurements/air-windows.ts";
import { type Api, ASK_AGAIN, badRequest, missing, unavailable } from "./api.ts";
import { takesGzip } from "./compress.ts";
import { ApiError, notFound } from "./errors.ts";
import type { Features } from "./features.ts";
import { type StationFeature, WholeStation } from "./schemas.ts";
import type { StationBook } from "./station-book.ts";
import { createStationLists, type ReadyList } from "./station-lists.ts";

const HOUR_MS = 3_600_000;

export interface StationRoutesParts {
  readonly features: Pick<Features, "station">;
  readonly book: Pick<StationBook, "all" | "version">;
  readonly registry: Pick<RegistryWatch, "current">;
  readonly airWindows: Pick<AirWindowStore, "windows">;
  /** Random name of this start. */
  readonly epoch: string;
  readonly clock: Clock;
  readonly staleAfterMs: number;
  readonly offlineAfterMs: number;
}

/** So far back the map goes. */
const PAST_HOURS = 48;

/** Sends a list that is ready, or says that the one which the client has still holds. */
function sendList({ headers }: FastifyRequest, reply: FastifyReply, { text, packed, etag }: ReadyList): FastifyReply {
  void reply.header("cache-control", ASK_AGAIN).header("etag", etag).header("vary", "accept-encoding");
  if (headers["if-none-match"] === etag) return reply.code(304).send();
  void reply.type("application/json; charset=utf-8");
  // Bytes are sent as they are: the list is written already.
  if (takesGzip(headers)) return reply.header("content-encoding", "gzip").send(packed);
  return reply.send(Buffer.from(text));
}

/** The air: all stations, now and before, and one of them whole. */
export function addStationRoutes(api: Api, parts: StationRoutesParts): void {
  const { features, registry, clock } = parts;
  const lists = createStationLists(parts);

  api.get(
    "/api/v1/stations",
    {
      schema: {
        tags: ["public"],
        summary: "All stations with their newest values, in columns",
        description: "Made for the map: see `table`. GeoJSON and CSV are in the open data.",
        response: { 200: StationList },
      },
    },
    async (request, reply) => sendList(request, reply, await lists.now()),
  );

  api.get(
    "/api/v1/stations/at",
    {
      schema: {
        tags: ["public"],
        summary: "All stations as they were: means of the 20 minutes and of the hour that were full then, in columns",
        querystring: z.object({ time: z.coerce.date().describe(`within the last ${PAST_HOURS} hours`) }),
        response: { 200: StationList, ...badRequest, ...unavailable },
      },
    },
    async (request, reply) => {
      const { time } = request.query;
      const [nowMs, timeMs] = [clock.nowMs(), time.getTime()];
      const isWithin = timeMs <= nowMs && nowMs - timeMs <= (PAST_HOURS + 1) * HOUR_MS;
      if (!isWithin) throw new ApiError(400, "not-kept", `a moment within the last ${PAST_HOURS} hours is needed`);
      return sendList(request, reply, await lists.past(timeMs));
    },
  );

  api.get(
    "/api/v1/stations/:id",
    {
      schema: {
        tags: ["public"],
        summary: "A station with all that is known of its newest values: raw, corrected, formula, doubts",
        params: z.object({ id: StationName }),
        response: { 200: WholeStation, ...badRequest, ...missing },
      },
    },
    async ({ params: { id } }, reply) => {
      const station = features.station(id);
      if (station === undefined) throw notFound("station");
      void reply.header("cache-control", ASK_AGAIN);
      return { ...station, formulas: namesIn(station, formulaNames(registry.current().registry.corrections)) };
    },
  );
}

/** The names of the corrections that a station's values tell; several of one value are joined by `+`. */
function namesIn({ properties }: StationFeature, names: ReadonlyMap<string, Bilingual>): Record<string, Bilingual> {
  const told = Object.values(properties.air)
    .flatMap((averages) => Object.values(averages))
    .flatMap((value) => value?.correction?.split("+") ?? []);
  const ids = new Set(told.map((one) => one.split("@")[0] ?? ""));
  return Object.fromEntries([...names].filter(([id]) => ids.has(id)));
}
