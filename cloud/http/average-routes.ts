import { z } from "zod";
import { StationName } from "#contract/names.ts";
import type { Clock } from "#kit/clock.ts";
import { Pollutant } from "../air/pollutants.ts";
import type { RegistryWatch } from "../registry/watch-registry.ts";
import type { AirWindow } from "../store/measurements/air-windows.ts";
import { type Api, badRequest, missing, tooMany, unavailable, unchanged } from "./api.ts";
import { averagesText, type ToldAverages } from "./average-text.ts";
import { sendTagged } from "./entity-tag.ts";
import { ApiError, notFound } from "./errors.ts";
import { inPieces } from "./in-pieces.ts";
import { ASK_IF_CHANGED, letAnySiteRead, nameLicence } from "./open-headers.ts";
import type { RateLimit } from "./rate-limit.ts";
import { Average, AverageSeries } from "./schemas.ts";
import { type LongestRange, Moment, rangeOf } from "./time-range.ts";
import type { AskedWindows } from "./turns.ts";

const DAY_MS = 86_400_000;
/** As many as the map compares. */
const MAX_STATIONS = 4;

/** So many windows one answer may have, of all its stations: below a megabyte of text. */
const MAX_ROWS = 12_000;

interface Kind {
  readonly resolution: AirWindow["resolution"];
  /** So many days of it one answer may cover: below 10,000 windows a station. */
  readonly maxDays: number;
  /** Windows in a day. */
  readonly perDay: number;
}

/** What is stored for each average. */
const KINDS = {
  m1: { resolution: "m1", maxDays: 2, perDay: 1_440 },
  m20: { resolution: "m20", maxDays: 31, perDay: 72 },
  h1: { resolution: "h1", maxDays: 400, perDay: 24 },
  // Ten years with their leap days.
  h24: { resolution: "d1", maxDays: 3_653, perDay: 1 },
} as const satisfies Record<Average, Kind>;

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

/** Stored averages over a long time, of one station or of some that are compared; open to all, with the limit of the map, whose charts they are. */
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
          `One answer has at most ${MAX_ROWS} windows of all its stations: of four stations 125 days of h1. ` +
          "How long each is kept is the operator's setting.",
        params: z.object({ id: StationName }),
        querystring: Asked,
        response: {
          200: AverageSeries,
          ...unchanged,
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
      const span = rangeOf({ from, to }, clock.nowMs(), longest(average, stations.length));
      const { resolution } = KINDS[average];
      const told: ToldAverages["stations"][number][] = [];
      // One station after the other: between two of them others have their turn with the store.
      for (const station of stations) {
        const asked = { stations: [station], pollutant, resolution, ...span };
        told.push({ station, windows: await airWindows.windows(asked, request.ip) });
      }
      const text = await inPieces(averagesText({ pollutant, average, stations: told }));
      void nameLicence(reply).header("cache-control", ASK_IF_CHANGED);
      return sendTagged(request, reply, "application/json; charset=utf-8", text);
    },
  );
}

const longest = (average: Average, stations: number): LongestRange => {
  const { maxDays, perDay } = KINDS[average];
  const days = Math.min(maxDays, Math.floor(MAX_ROWS / (perDay * stations)));
  const inWords = `${days} days of ${average} of so many stations: ask for shorter ranges, or for longer averages`;
  return { ms: days * DAY_MS, inWords };
};
