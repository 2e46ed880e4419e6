import type { FastifyReply } from "fastify";
import type { SseHub } from "../live/sse-hub.ts";
import { type Api, unavailable } from "./api.ts";
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
          "`station` and `site`, each with the whole Feature as data. Nothing old is sent: fetch after each opening.",
        response: { ...unavailable },
      },
    },
    async (_request, reply) => joinStream(reply, hub),
  );
}

/** Hands the answer over to a stream. Throws `ApiError` 503 when there is no room. */
export function joinStream(reply: FastifyReply, hub: SseHub, mayStay?: () => boolean): FastifyReply {
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) reply.raw.setHeader(name, value);
  }
  if (!hub.add(reply.raw, mayStay)) throw new ApiError(503, "too-many-streams", "too many open pages", 10);
  return reply.hijack();
}
