import { z } from "zod";
import { StationName } from "#contract/names.ts";
import type { Bilingual } from "#contract/registry.ts";
import type { Clock } from "#kit/clock.ts";
import { formulaNames } from "../air/correction/choose.ts";
import { StationList } from "../live/station-table.ts";
import type { RegistryWatch } from "../registry/watch-registry.ts";
import type { AirWindowStore } from "../store/measurements/air-windows.ts";
import { type Api, ASK_AGAIN, badRequest, missing, tooMany, unavailable } from "./api.ts";
import { ApiError, notFound } from "./errors.ts";
import type { Features } from "./features.ts";
import { createNewestList } from "./newest-list.ts";
import { createPastLists } from "./past-lists.ts";
import type { RateLimit } from "./rate-limit.ts";
import { sendList } from "./ready-list.ts";
import { type StationFeature, WholeStation } from "./schemas.ts";
import type { StationBook } from "./station-book.ts";
import type { Turns } from "./turns.ts";

const HOUR_MS = 3_600_000;

export interface StationRoutesParts {
  readonly features: Pick<Features, "station">;
  readonly book: Pick<StationBook, "all" | "version">;
  readonly registry: Pick<RegistryWatch, "current">;
  readonly airWindows: Pick<AirWindowStore, "windows">;
  readonly pastTurns: Turns;
  /** Random name of this start. */
  readonly epoch: string;
  readonly clock: Clock;
  readonly staleAfterMs: number;
  readonly offlineAfterMs: number;
}

/** So far back the map goes. */
const PAST_HOURS = 48;

/** The air: all stations, now and before, and one of them whole. Moments of the past have the limit of the map. */
export function addStationRoutes(api: Api, limit: RateLimit, parts: StationRoutesParts): void {
  const { features, registry, clock } = parts;
  const [newest, past] = [createNewestList(parts), createPastLists(parts)];

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
    async (request, reply) => sendList(request, reply, await newest()),
  );

  api.get(
    "/api/v1/stations/at",
    {
      onRequest: limit,
      schema: {
        tags: ["public"],
        summary: "All stations as they were: means of the 20 minutes and of the hour that were full then, in columns",
        querystring: z.object({ time: z.coerce.date().describe(`within the last ${PAST_HOURS} hours`) }),
        description:
          "A moment is read again after a minute, one that is older than two hours after ten: data that come late are told then.",
        response: { 200: StationList, ...badRequest, ...tooMany, ...unavailable },
      },
    },
    async (request, reply) => {
      const { time } = request.query;
      const [nowMs, timeMs] = [clock.nowMs(), time.getTime()];
      const isWithin = timeMs <= nowMs && nowMs - timeMs <= (PAST_HOURS + 1) * HOUR_MS;
      if (!isWithin) throw new ApiError(400, "not-kept", `a moment within the last ${PAST_HOURS} hours is needed`);
      return sendList(request, reply, await past(timeMs, request.ip));
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
