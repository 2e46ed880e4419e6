import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { StationName } from "#contract/names.ts";
import type { Clock } from "#kit/clock.ts";
import { Pollutant } from "../air/pollutants.ts";
import { unitOf } from "../air/units.ts";
import type { RegistryWatch } from "../registry/watch-registry.ts";
import type { AirWindow } from "../store/measurements/air-windows.ts";
import { type Api, badRequest, missing, unavailable } from "./api.ts";
import { sendTagged } from "./entity-tag.ts";
import { ApiError, notFound } from "./errors.ts";
import { tooMany } from "./index-routes.ts";
import { ASK_IF_CHANGED, letAnySiteRead, nameLicence } from "./open-headers.ts";
import type { RateLimit } from "./rate-limit.ts";
import { AVERAGE_COLUMNS, Average, type AverageRow, AverageSeries } from "./schemas.ts";
import { type LongestRange, Moment, rangeOf } from "./time-range.ts";
import type { AskedWindows } from "./turns.ts";

const DAY_MS = 86_400_000;
/** As many as the map compares. */
const MAX_STATIONS = 4;

/** What is stored for each average, and how many days of it one answer may cover: below 10,000 windows a station. */
const KINDS = {
  m1: { resolution: "m1", maxDays: 2 },
  m20: { resolution: "m20", maxDays: 31 },
  h1: { resolution: "h1", maxDays: 400 },
  // Ten years with their leap days.
  h24: { resolution: "d1", maxDays: 3_653 },
} as const satisfies Record<Average, { resolution: AirWindow["resolution"]; maxDays: number }>;

const Asked = z.object({
  pollutant: Pollutant.default("pm25"),
  average: Average.default("h1"),
  from: Moment.describe("windows that begin at this moment or later"),
  to: Moment.optional().describe("windows that begin before this moment; now unless said"),
  with: z
    .string()
    .transform((text) => text.split(","))
    .pipe(z.array(StationName))
    .optional()
    .describe(`other stations beside it, with commas between: ${MAX_STATIONS} in all`),
});

export interface AverageRoutesParts {
  readonly registry: Pick<RegistryWatch, "current">;
  readonly airWindows: AskedWindows;
  readonly clock: Pick<Clock, "nowMs">;
}

/** Stored averages over a long time, of one station or of some that are compared; open to all, limited as the open data are. */
export function addAverageRoutes(
  api: Api,
  limit: RateLimit,
  { registry, airWindows, clock }: AverageRoutesParts,
): void {
  api.addHook("onRequest", letAnySiteRead);
  api.addHook("onRequest", limit);
  api.get(
    "/api/v1/stations/:id/averages",
    {
      schema: {
        tags: ["open"],
        summary: `Averages of one to ${MAX_STATIONS} stations over time with coverage, confidence and doubts, in columns`,
        description:
          "m1 (2 days at most), m20 (31 days) and h1 (400 days) are windows of UTC, h24 (10 years) the days of the region's own time. " +
          "How long each is kept is the operator's setting.",
        params: z.object({ id: StationName }),
        querystring: Asked,
        response: {
          200: AverageSeries,
          304: z.null().describe("it has not changed"),
          ...badRequest,
          ...missing,
          ...tooMany,
          ...unavailable,
        },
      },
    },
    async (request, reply) => {
      const { pollutant, average, from, to, with: others = [] } = request.query;
      const stations = [...new Set([request.params.id, ...others])];
      if (stations.length > MAX_STATIONS) {
        throw new ApiError(400, "too-many-stations", `at most ${MAX_STATIONS} stations fit into one answer`);
      }
      const unknown = stations.find((id) => registry.current().station(id) === undefined);
      if (unknown !== undefined) throw notFound(`station: ${unknown}`);
      const span = rangeOf({ from, to }, clock.nowMs(), longest(average));
      const { resolution } = KINDS[average];
      const windows = await airWindows.windows({ stations, pollutant, resolution, ...span }, request.ip);
      return send(request, reply, { pollutant, average, stations, windows });
    },
  );
}

const longest = (average: Average): LongestRange => {
  const { maxDays } = KINDS[average];
  const inWords = `${maxDays} days of ${average}: ask for shorter ranges, or for longer averages`;
  return { ms: maxDays * DAY_MS, inWords };
};

function send(
  request: FastifyRequest,
  reply: FastifyReply,
  asked: Pick<AverageSeries, "pollutant" | "average"> & {
    readonly stations: readonly string[];
    readonly windows: readonly AirWindow[];
  },
): FastifyReply {
  const { pollutant, average, stations, windows } = asked;
  const byStation = Map.groupBy(windows, ({ station }) => station);
  const answer: AverageSeries = {
    pollutant,
    average,
    unit: unitOf(pollutant),
    columns: [...AVERAGE_COLUMNS],
    stations: stations.map((station) => ({ station, rows: (byStation.get(station) ?? []).map(rowOf) })),
  };
  void nameLicence(reply).header("cache-control", ASK_IF_CHANGED);
  return sendTagged(request, reply, "application/json; charset=utf-8", JSON.stringify(answer));
}

const rowOf = ({ start, value, raw, coverage, confidence, flags, correction }: AirWindow): AverageRow => [
  start,
  value,
  raw,
  coverage,
  confidence,
  [...flags],
  correction,
];
