import { z } from "zod";
import { Sha256 } from "#contract/names.ts";
import {
  type RolloutAnswer,
  RolloutDetail,
  RolloutOrder,
  RolloutStep,
  type Rollouts,
  RolloutView,
} from "../fleet/waves/rollouts.ts";
import type { AdminAccess } from "./admin-access.ts";
import { type Api, badRequest, foreign, missing, unauthorized, unavailable } from "./api.ts";
import { ApiError, notFound } from "./errors.ts";
import { ErrorView } from "./schemas.ts";
import { requireAdmin } from "./session-routes.ts";

/** A manifest of 32 files has some 8 KiB, and more with spaces. */
const BODY_BYTES = 64 * 1024;
const Id = z.object({ id: Sha256 });
const conflicting = { 409: ErrorView.describe("another counter, another plan, or it has ended: the message says it") };

/** Updates on their way through the fleet; the hook stands before all that is added here. */
export function addRolloutRoutes(api: Api, access: AdminAccess, rollouts: Rollouts): void {
  api.addHook("onRequest", async (request, reply) => {
    void reply.header("cache-control", "no-store");
    requireAdmin(access, request);
  });

  api.post(
    "/api/v1/fleet/updates",
    {
      bodyLimit: BODY_BYTES,
      schema: {
        tags: ["fleet"],
        summary: "Begins to roll out a signed update whose files are here",
        description:
          "The same order again changes nothing. A newer counter of the same kind and name ends an older one.",
        body: RolloutOrder,
        response: { 200: RolloutView, ...badRequest, ...unauthorized, ...foreign, ...conflicting, ...unavailable },
      },
    },
    async ({ body }) => granted(await rollouts.addRollout(body)),
  );

  api.get(
    "/api/v1/fleet/updates",
    {
      schema: {
        tags: ["fleet"],
        summary: "All rollouts, the newest first",
        response: { 200: z.object({ updates: z.array(RolloutView) }), ...unauthorized, ...unavailable },
      },
    },
    async () => ({ updates: [...(await rollouts.rollouts())] }),
  );

  api.get(
    "/api/v1/fleet/updates/:id",
    {
      schema: {
        tags: ["fleet"],
        summary: "One rollout with counts, reasons and its devices, failures first",
        params: Id,
        response: { 200: RolloutDetail, ...badRequest, ...unauthorized, ...missing, ...unavailable },
      },
    },
    async ({ params: { id } }) => {
      const detail = await rollouts.rollout(id);
      if (detail === undefined) throw notFound("update");
      return detail;
    },
  );

  api.post(
    "/api/v1/fleet/updates/:id/:step",
    {
      schema: {
        tags: ["fleet"],
        summary: "Pauses, resumes or stops a rollout",
        description: "A stopped one is taken from devices that have not switched, and does not go on any more.",
        params: Id.extend({ step: RolloutStep }),
        response: {
          200: RolloutView,
          ...badRequest,
          ...unauthorized,
          ...foreign,
          ...missing,
          ...conflicting,
          ...unavailable,
        },
      },
    },
    async ({ params: { id, step } }) => granted(await rollouts.stepRollout(id, step)),
  );
}

function granted(answer: RolloutAnswer): RolloutView {
  switch (answer.kind) {
    case "done":
      return answer.rollout;
    case "unknown":
      throw notFound("update");
    case "invalid":
      throw new ApiError(400, "update-invalid", answer.reason);
    case "conflict":
      throw new ApiError(409, "update-conflict", answer.reason);
    default:
      return answer satisfies never;
  }
}
