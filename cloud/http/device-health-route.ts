import { z } from "zod";
import { DeviceName, TenantName } from "#contract/names.ts";
import type { StateView } from "../store/state/state-view.ts";
import type { AdminAccess } from "./admin-access.ts";
import { type Api, badRequest, missing, unauthorized } from "./api.ts";
import { notFound } from "./errors.ts";
import { Milliseconds } from "./schemas.ts";
import { requireAdmin } from "./session-routes.ts";

const DeviceHealth = z.object({
  at: Milliseconds.describe("when the cloud stored it"),
  health: z
    .record(z.string(), z.unknown())
    .describe("the newest message as the device sent it; facts that it did not repeat are those of factsAt"),
  timeUnknown: z
    .object({
      readings: z.number().int(),
      visits: z.number().int(),
      doubtful: z.number().int().describe("of the readings: its clocks contradict each other"),
    })
    .describe("what waits here for the time of the device's boots"),
});

/** What a device says of itself, for the administrator. */
export function addDeviceHealthRoute(
  api: Api,
  access: AdminAccess,
  view: Pick<StateView, "deviceHealth" | "timeUnknownOf">,
): void {
  api.get(
    "/api/v1/fleet/devices/:tenant/:device/health",
    {
      onRequest: async (request, reply) => {
        void reply.header("cache-control", "no-store");
        requireAdmin(access, request);
      },
      schema: {
        tags: ["fleet"],
        summary: "The newest health of one device: the state of each part, disk, outbox, heat, restarts, traffic",
        params: z.object({ tenant: TenantName, device: DeviceName }),
        response: { 200: DeviceHealth, ...badRequest, ...unauthorized, ...missing },
      },
    },
    async ({ params }) => {
      const found = view.deviceHealth(params);
      if (found === undefined) throw notFound("device");
      const { readings = 0, visits = 0, doubtful = 0 } = view.timeUnknownOf(params) ?? {};
      return { ...found, timeUnknown: { readings, visits, doubtful } };
    },
  );
}
