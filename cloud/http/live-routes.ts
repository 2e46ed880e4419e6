import type { FastifyReply } from "fastify";
import type { SseHub } from "../live/sse-hub.ts";
import { type Api, unavailable } from "./api.ts";
import { takesGzip } from "./compress.ts";
import { ApiError } from "./errors.ts";

/** The public stream of changes. */
export function addLiveRoute(api: Api, hub: SseHub): void {
  api.get(
    "/api/v1/live",
    {
      exposeHeadRoute: false,
      schema: {
        tags: ["public"],
        summary: "Changes as Server-Sent Events",
        description:
          "`stations`: those that have changed, in the columns of `/api/v1/stations`, at most once a second. `site`: the whole Feature. " +
          "Fetch after the first opening; with `Last-Event-ID` what was missed is told, as far as it is kept.",
        response: { ...unavailable },
      },
    },
    async ({ headers }, reply) => {
      const last = headers["last-event-id"];
      return joinStream(reply, hub, undefined, typeof last === "string" ? last : undefined);
    },
  );
}

/** Hands the answer over to a stream. Throws `ApiError` 503 when there is no room. */
export function joinStream(
  reply: FastifyReply,
  hub: SseHub,
  mayStay?: () => boolean,
  lastEventId?: string,
): FastifyReply {
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) reply.raw.setHeader(name, value);
  }
  if (!hub.add(reply.raw, mayStay, lastEventId, takesGzip(reply.request.headers)))
    throw new ApiError(503, "too-many-streams", "too many open pages", 10);
  return reply.hijack();
}
