import { z } from "zod";
import { Desired } from "#contract/twin.ts";
import { judgeTwinSetting } from "../../firmware-config/settings/judge-twin-setting.ts";
import { DeviceQuery, FleetDevice, TwinAddress, type Twins, TwinView, WantedSettings } from "../fleet/twins/twins.ts";
import type { AdminAccess } from "./admin-access.ts";
import { type Api, badRequest, foreign, unauthorized, unavailable } from "./api.ts";
import { ApiError } from "./errors.ts";
import { ErrorView } from "./schemas.ts";
import { requireAdmin } from "./session-routes.ts";

const PATH = "/api/v1/fleet/devices/:tenant/:device/twin";
/** Settings in JSON have at most 12 KiB, and some more with escapes and spaces. */
const BODY_BYTES = 64 * 1024;

const IfMatch = z.object({ "if-match": z.string().max(64).optional() });
const lost = {
  412: ErrorView.describe("somebody else has changed it since: read it again"),
  428: ErrorView.describe("If-Match is missing"),
} as const;

/** What is wanted of devices; the hook stands before all that is added here. */
export function addTwinRoutes(api: Api, access: AdminAccess, twins: Twins): void {
  api.addHook("onRequest", async (request, reply) => {
    void reply.header("cache-control", "no-store");
    requireAdmin(access, request);
  });

  api.get(
    "/api/v1/fleet/devices",
    {
      schema: {
        tags: ["fleet"],
        summary: "All devices by name, with what is wanted of them and what they say",
        querystring: DeviceQuery,
        response: {
          200: z.object({ devices: z.array(FleetDevice) }),
          ...badRequest,
          ...unauthorized,
          ...unavailable,
        },
      },
    },
    async ({ query }) => ({ devices: [...(await twins.devices(query))] }),
  );

  api.get(
    PATH,
    {
      schema: {
        tags: ["fleet"],
        summary: "What is wanted of one device, with its rev as ETag, and what it says is in force",
        params: TwinAddress,
        response: { 200: TwinView, ...badRequest, ...unauthorized, ...unavailable },
      },
    },
    async ({ params }, reply) => {
      const twin = await twins.twin(params);
      return reply.header("etag", etagOf(twin.rev)).send(twin);
    },
  );

  api.put(
    PATH,
    {
      bodyLimit: BODY_BYTES,
      schema: {
        tags: ["fleet"],
        summary: "Changes the settings that are wanted of one device",
        description: "All settings at once. If-Match is the ETag that was read; the same again changes nothing.",
        params: TwinAddress,
        headers: IfMatch,
        body: z.object({ settings: WantedSettings }),
        response: { 200: TwinView, ...badRequest, ...unauthorized, ...foreign, ...lost, ...unavailable },
      },
    },
    async ({ params, headers, body: { settings } }, reply) => {
      refuseWrong(settings);
      const order = { ...params, settings, ifRev: revOf(headers["if-match"]) };
      const { isKept, twin } = await twins.putTwin(order);
      if (!isKept) {
        throw new ApiError(412, "changed-meanwhile", `the twin is at rev ${twin.rev}: read it again, then change it`);
      }
      return reply.header("etag", etagOf(twin.rev)).send(twin);
    },
  );
}

/** Says at once what every device would refuse; each device is the judge of what goes together there. */
function refuseWrong(settings: Readonly<Record<string, string>>): void {
  const faults = Object.entries(settings).flatMap(([name, value]) => {
    const judged = judgeTwinSetting(name, value);
    return typeof judged === "string" ? [`${name} ${judged}`] : [];
  });
  if (faults.length > 0) throw new ApiError(400, "setting-refused", faults.join("; ").slice(0, 1_000));
}

const etagOf = (rev: number): string => `"${rev}"`;

/** The rev that an If-Match names. Throws `ApiError` 428 where there is none, 412 where it is none of ours. */
function revOf(ifMatch: string | undefined): number {
  if (ifMatch === undefined) {
    throw new ApiError(
      428,
      "if-match-needed",
      'If-Match is needed: the ETag of the twin as it was read ("0" for none)',
    );
  }
  const rev = Desired.shape.rev.or(z.literal(0)).safeParse(Number(/^"(\d{1,16})"$/.exec(ifMatch)?.[1]));
  if (!rev.success) throw new ApiError(412, "changed-meanwhile", "If-Match is no ETag of a twin");
  return rev.data;
}
