import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Clock } from "#kit/clock.ts";
import { type Entity, observationOf, type Stream } from "../air/sensorthings/entities.ts";
import { BadOption, isNewestFirst, Options, rangeIn, selectedOf } from "../air/sensorthings/query.ts";
import { resolve, SET_NAMES } from "../air/sensorthings/resolve.ts";
import { LONGEST_MS, stepsOf } from "../air/sensorthings/steps.ts";
import type { AirWindow, WindowsQuery } from "../store/measurements/air-windows.ts";
import { type Api, badRequest, missing, tooMany, unavailable, unchanged } from "./api.ts";
import { sendTagged } from "./entity-tag.ts";
import { ApiError, notFound } from "./errors.ts";
import { ASK_IF_CHANGED, letAnySiteRead, nameLicence } from "./open-headers.ts";
import type { RateLimit } from "./rate-limit.ts";
import { ErrorView } from "./schemas.ts";
import type { StationBook } from "./station-book.ts";
import type { AskedWindows } from "./turns.ts";

const ROOT = "/api/v1/sensorthings/v1.1";
/** There are no data from before. */
const FIRST_MS = Date.UTC(2020, 0, 1);

/** What of OGC 18-088 is here. */
const CONFORMANCE = [
  "http://www.opengis.net/spec/iot_sensing/1.1/req/request-data/top",
  "http://www.opengis.net/spec/iot_sensing/1.1/req/request-data/skip",
  "http://www.opengis.net/spec/iot_sensing/1.1/req/request-data/count",
  "http://www.opengis.net/spec/iot_sensing/1.1/req/request-data/select",
  "http://www.opengis.net/spec/iot_sensing/1.1/req/request-data/pagination",
];

const Page = z.object({
  "@iot.count": z.number().optional(),
  "@iot.nextLink": z.string().optional(),
  value: z.array(z.looseObject({})),
});
const answers = {
  ...unchanged,
  ...badRequest,
  ...missing,
  ...tooMany,
  501: ErrorView.describe("SensorThings has it, this service does not"),
  ...unavailable,
} as const;

export interface SensorThingsParts {
  readonly book: Pick<StationBook, "all">;
  readonly airWindows: AskedWindows;
  readonly clock: Pick<Clock, "nowMs">;
}

/** OGC SensorThings 1.1 for readers: stations as Things, hourly means as Observations. */
export function addSensorThingsRoutes(
  api: Api,
  limit: RateLimit,
  { book, airWindows, clock }: SensorThingsParts,
): void {
  api.addHook("onRequest", letAnySiteRead);
  api.addHook("onRequest", limit);

  api.get(
    ROOT,
    {
      schema: {
        tags: ["open"],
        summary: "OGC SensorThings 1.1, to be read: its sets and what of the standard is here",
        response: {
          200: z.looseObject({ value: z.array(z.object({ name: z.string(), url: z.string() })) }),
          ...answers,
        },
      },
    },
    async (request, reply) => {
      const value = SET_NAMES.map((name) => ({ name, url: `${baseOf(request)}/${name}` }));
      return send(request, reply, { value, serverSettings: { conformance: CONFORMANCE } });
    },
  );

  api.get(
    `${ROOT}/*`,
    {
      schema: {
        tags: ["open"],
        summary: "Things, Locations, Sensors, ObservedProperties, Datastreams and Observations of OGC SensorThings 1.1",
        description:
          "Paths as in the standard: `Things('ID')/Datastreams`, `Datastreams('ID:pm25')/Observations`. An Observation is the mean of a full " +
          "hour of UTC; Observations are asked of one Datastream, and counted within 400 days. There are no FeaturesOfInterest, no HistoricalLocations and no $expand.",
        params: z.object({ "*": z.string() }),
        querystring: Options,
        response: { 200: z.union([Page, z.looseObject({})]), ...answers },
      },
    },
    async (request, reply) => {
      const { params, query } = request;
      const [base, path] = [baseOf(request), params["*"]];
      const read = (asked: WindowsQuery) => airWindows.windows(asked, request.ip);
      const found = resolve(path, book.all());
      if (found === undefined) {
        if (path === "Observations")
          throw notHere("Observations are asked of one Datastream: Datastreams('ID')/Observations");
        throw notFound(`entity: ${path}`);
      }
      try {
        refuseOthers(query, found.kind);
        const page = (entities: readonly Entity[], total: number | undefined, hasMore: boolean) => ({
          ...(total !== undefined && query.$count && { "@iot.count": total }),
          value: entities.map((entity) => selectedOf(entity, query)),
          ...(hasMore && query.$top > 0 && { "@iot.nextLink": nextLink(`${base}/${path}`, query) }),
        });
        const { $skip, $top } = query;
        switch (found.kind) {
          case "one":
            return send(request, reply, selectedOf(found.make(base), query));
          case "list": {
            const some = found.makers.slice($skip, $skip + $top).map((make) => make(base));
            return send(request, reply, page(some, found.makers.length, found.makers.length > $skip + $top));
          }
          case "hours": {
            const hours = await readHours(read, found.stream, query, clock.nowMs());
            const some = hours.slice($skip, $skip + $top).map((hour) => observationOf(base, hour));
            return send(request, reply, page(some, hours.length, hours.length > $skip + $top));
          }
          case "hour": {
            const { stream, start } = found;
            const asked = { stations: [stream.station.id], pollutant: stream.pollutant, resolution: "h1" } as const;
            const [hour] = await read({ ...asked, fromMs: start, toMs: start + 1 });
            if (hour === undefined) throw notFound(`entity: ${path}`);
            return send(request, reply, selectedOf(observationOf(base, hour), query));
          }
          default:
            return found satisfies never;
        }
      } catch (error) {
        if (!(error instanceof BadOption)) throw error;
        throw error.isKnown ? notHere(error.message) : new ApiError(400, "bad-request", error.message);
      }
    },
  );
}

const notHere = (message: string): ApiError => new ApiError(501, "not-implemented", message);

/** What the standard has and this service does not, or not for this. */
function refuseOthers({ $expand, $filter, $orderby }: Options, kind: string): void {
  if ($expand !== undefined) throw new BadOption("$expand is not here: follow the navigation links", true);
  if (kind === "hours") return;
  if ($filter !== undefined || $orderby !== undefined)
    throw new BadOption("only Observations are filtered and ordered", true);
}

/**
 * Hours of a stream in the order that is asked for: one more than the page needs where there are so many, or all where they are to be counted.
 * Throws `BadOption` where these would be too many.
 */
async function readHours(
  read: (query: WindowsQuery) => Promise<readonly AirWindow[]>,
  { station, pollutant }: Stream,
  query: Options,
  nowMs: number,
): Promise<readonly AirWindow[]> {
  const range = rangeIn(query, { fromMs: FIRST_MS, toMs: nowMs });
  const isBack = isNewestFirst(query);
  const { $count, $skip, $top } = query;
  if ($count && range.toMs - range.fromMs > LONGEST_MS) {
    const days = LONGEST_MS / 86_400_000;
    throw new BadOption(
      `$count of Observations covers ${days} days: $filter=phenomenonTime ge MOMENT says which`,
      true,
    );
  }
  if (!$count && $top === 0) return [];
  const wanted = $count ? Number.POSITIVE_INFINITY : $skip + $top + 1;
  const hours: AirWindow[] = [];
  for (const step of stepsOf(range, isBack, wanted)) {
    const some = await read({ stations: [station.id], pollutant, resolution: "h1", ...step });
    hours.push(...(isBack ? some.toReversed() : some));
    if (hours.length >= wanted) break;
  }
  return hours;
}

/** The same question for what comes after. */
function nextLink(path: string, { $top, $skip, $count, $select, $orderby, $filter }: Options): string {
  const options = { $top, $skip: $skip + $top, $count: $count ? "true" : undefined, $select, $orderby, $filter };
  const said = Object.entries(options).filter(([, value]) => value !== undefined);
  return `${path}?${said.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join("&")}`;
}

const baseOf = ({ protocol, host }: FastifyRequest): string => `${protocol}://${host}${ROOT}`;

function send(request: FastifyRequest, reply: FastifyReply, body: object): FastifyReply {
  void nameLicence(reply).header("cache-control", ASK_IF_CHANGED);
  return sendTagged(request, reply, "application/json; charset=utf-8", JSON.stringify(body));
}
