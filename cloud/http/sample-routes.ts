import { z } from "zod";
import { FieldName } from "#contract/messages.ts";
import { StationName } from "#contract/names.ts";
import type { Clock } from "#kit/clock.ts";
import { unitOf } from "../air/units.ts";
import { HOUR_MS } from "../air/windows/clock-windows.ts";
import type { RegistryWatch } from "../registry/watch-registry.ts";
import { type Api, badRequest, missing, tooMany, unavailable, unchanged } from "./api.ts";
import { sendTagged } from "./entity-tag.ts";
import { notFound } from "./errors.ts";
import { ASK_IF_CHANGED, letAnySiteRead, nameLicence } from "./open-headers.ts";
import type { RateLimit } from "./rate-limit.ts";
import { SAMPLE_COLUMNS, SampleSeries } from "./schemas.ts";
import { Moment, rangeOf } from "./time-range.ts";
import type { AskedMeasurements } from "./turns.ts";

/** Single values are read one by one: a longer time is a question to the averages. */
const LONGEST = { ms: 6 * HOUR_MS, inWords: "6 hours of single values: longer spans are in the averages" };
/** Some hours of a sensor that speaks each second; more come with the next question. */
const MOST = 5_000;

export interface SampleRoutesParts {
  readonly registry: Pick<RegistryWatch, "current">;
  readonly measurements: AskedMeasurements["measurements"];
  readonly clock: Pick<Clock, "nowMs">;
}

/** Single values of a station as its sensors said them, for a short time; open to all, limited as the open data are. */
export function addSampleRoutes(
  api: Api,
  limit: RateLimit,
  { registry, measurements, clock }: SampleRoutesParts,
): void {
  api.addHook("onRequest", letAnySiteRead);
  api.addHook("onRequest", limit);
  api.get(
    "/api/v1/stations/:id/samples",
    {
      schema: {
        tags: ["open"],
        summary: "Single values of one field as the sensors said them, uncorrected, for at most 6 hours",
        description: `At most ${MOST} values an answer; where there are more, \`next\` says from when on to ask for them.`,
        params: z.object({ id: StationName }),
        querystring: z.object({
          field: FieldName.default("pm25"),
          from: Moment.optional().describe("values of this moment or later; an hour before `to` unless said"),
          to: Moment.optional().describe("values of before this moment; now unless said"),
        }),
        response: {
          200: SampleSeries,
          ...unchanged,
          ...badRequest,
          ...missing,
          ...tooMany,
          ...unavailable,
        },
      },
    },
    async (request, reply) => {
      const { field, from, to } = request.query;
      const station = registry.current().station(request.params.id);
      if (station === undefined) throw notFound("station");
      const nowMs = clock.nowMs();
      const range = rangeOf({ from: from ?? Math.min(to ?? nowMs, nowMs) - HOUR_MS, to }, nowMs, LONGEST);
      const query = { tenant: station.tenant, station: station.id, field, ...range, most: MOST + 1 };
      const samples = await measurements.samples(query, request.ip);
      const next = samples[MOST]?.at ?? null;
      const rows = samples.flatMap(({ at, value, sensor }): SampleSeries["rows"] =>
        next === null || at < next ? [[at, value, sensor]] : [],
      );
      const columns = [...SAMPLE_COLUMNS];
      const answer: SampleSeries = { station: station.id, field, unit: unitOf(field), columns, rows, next };
      void nameLicence(reply).header("cache-control", ASK_IF_CHANGED);
      return sendTagged(request, reply, "application/json; charset=utf-8", JSON.stringify(answer));
    },
  );
}
