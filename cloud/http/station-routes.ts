import { z } from "zod";
import { FieldName } from "#contract/messages.ts";
import { StationName } from "#contract/names.ts";
import type { Clock } from "#kit/clock.ts";
import { unitOf } from "../air/units.ts";
import type { RegistryWatch } from "../registry/watch-registry.ts";
import type { Measurements } from "../store/measurements/measurements.ts";
import { type Api, ASK_AGAIN, badRequest, missing, unavailable } from "./api.ts";
import { notFound } from "./errors.ts";
import type { Features } from "./features.ts";
import { Series, StationCollection, StationFeature } from "./schemas.ts";

/** A chart on a phone has no more columns than this. */
const MAX_POINTS = 500;
const MAX_HOURS = 720;
const HOUR_MS = 3_600_000;

export interface StationRoutesParts {
  readonly features: Pick<Features, "stations" | "station">;
  readonly registry: Pick<RegistryWatch, "current">;
  readonly measurements: Pick<Measurements, "series">;
  readonly clock: Clock;
  readonly staleAfterMs: number;
  readonly offlineAfterMs: number;
}

/** The air: all stations as GeoJSON, and one field of a station over time. */
export function addStationRoutes(api: Api, parts: StationRoutesParts): void {
  const { features, registry, measurements, clock, staleAfterMs, offlineAfterMs } = parts;

  api.get(
    "/api/v1/stations",
    {
      schema: {
        tags: ["public"],
        summary: "All stations with their newest values",
        response: { 200: StationCollection },
      },
    },
    async (_request, reply) => {
      void reply.header("cache-control", ASK_AGAIN);
      return { type: "FeatureCollection" as const, staleAfterMs, offlineAfterMs, features: [...features.stations()] };
    },
  );

  api.get(
    "/api/v1/stations/:id",
    {
      schema: {
        tags: ["public"],
        summary: "A station with all that is known of its newest values: raw, corrected, formula, doubts",
        params: z.object({ id: StationName }),
        response: { 200: StationFeature, ...badRequest, ...missing },
      },
    },
    async ({ params: { id } }, reply) => {
      const station = features.station(id);
      if (station === undefined) throw notFound("station");
      void reply.header("cache-control", ASK_AGAIN);
      return station;
    },
  );

  api.get(
    "/api/v1/stations/:id/series",
    {
      schema: {
        tags: ["public"],
        summary: `One field over time, at most ${MAX_POINTS} points (means of equal windows)`,
        params: z.object({ id: StationName }),
        querystring: z.object({
          field: FieldName.default("pm25"),
          hours: z.coerce.number().positive().max(MAX_HOURS).default(24),
        }),
        response: { 200: Series, ...badRequest, ...missing, ...unavailable },
      },
    },
    async ({ params: { id }, query: { field, hours } }, reply) => {
      const station = registry.current().station(id);
      if (station === undefined) throw notFound("station");
      // The end of a range is not part of it; a reading of this very millisecond is.
      const toMs = clock.nowMs() + 1;
      const fromMs = Math.max(0, toMs - Math.round(hours * HOUR_MS));
      const query = { tenant: station.tenant, station: id, field, fromMs, toMs, maxPoints: MAX_POINTS };
      const { points, meanOfMs } = await measurements.series(query);
      void reply.header("cache-control", ASK_AGAIN);
      return {
        station: id,
        field,
        unit: unitOf(field),
        meanOfMs,
        points: points.map(([at, value]): [number, number] => [at, value]),
      };
    },
  );
}
