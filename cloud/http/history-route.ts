import { z } from "zod";
import { StationName } from "#contract/names.ts";
import { Pollutant } from "../air/pollutants.ts";
import { HOUR_MS, MINUTE_MS } from "../air/windows/clock-windows.ts";
import type { Resolution } from "../store/measurements/air-windows.ts";
import { type Api, ASK_AGAIN, badRequest, missing, unavailable } from "./api.ts";
import { notFound } from "./errors.ts";
import { AirHistory } from "./schemas.ts";
import type { StationRoutesParts } from "./station-routes.ts";

const MAX_HOURS = 720;

/** Windows for a period: as fine as a chart can show, a day in minutes at most. */
export function windowsFor(hours: number): { readonly resolution: Resolution; readonly windowMs: number } {
  if (hours <= 26) return { resolution: "m1", windowMs: MINUTE_MS };
  return hours <= 170 ? { resolution: "m20", windowMs: 20 * MINUTE_MS } : { resolution: "h1", windowMs: HOUR_MS };
}

/** The history of one pollutant at a station with all that is known of how sure it is: what charts are drawn from. */
export function addHistoryRoute(api: Api, { registry, airWindows, clock }: StationRoutesParts): void {
  api.get(
    "/api/v1/stations/:id/history",
    {
      schema: {
        tags: ["public"],
        summary:
          "Means of one pollutant: corrected and raw, with coverage, confidence and doubts; 1 min, 20 min or 1 h",
        params: z.object({ id: StationName }),
        querystring: z.object({
          pollutant: Pollutant.default("pm25"),
          hours: z.coerce.number().positive().max(MAX_HOURS).default(24),
        }),
        response: { 200: AirHistory, ...badRequest, ...missing, ...unavailable },
      },
    },
    async ({ params: { id }, query: { pollutant, hours } }, reply) => {
      if (registry.current().station(id) === undefined) throw notFound("station");
      const { resolution, windowMs } = windowsFor(hours);
      const toMs = clock.nowMs() + 1;
      const fromMs = Math.max(0, toMs - Math.round(hours * HOUR_MS));
      const windows = await airWindows.windows({ stations: [id], pollutant, resolution, fromMs, toMs });
      void reply.header("cache-control", ASK_AGAIN);
      return {
        station: id,
        pollutant,
        windowMs,
        windows: windows.map(({ start, value, raw, coverage, confidence, flags }) => ({
          start,
          value,
          raw,
          coverage,
          confidence,
          flags: [...flags],
        })),
      };
    },
  );
}
