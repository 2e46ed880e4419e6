import { z } from "zod";
import type { Ingest } from "../ingest/events.ts";
import type { LiveFeed } from "../live/live-feed.ts";
import type { SseHub } from "../live/sse-hub.ts";
import type { StateView } from "../store/state/state-view.ts";
import type { AdminAccess } from "./admin-access.ts";
import { type Api, badRequest, foreign, missing, unauthorized, unavailable } from "./api.ts";
import { notFound } from "./errors.ts";
import type { Features } from "./features.ts";
import { joinStream } from "./live-routes.ts";
import { AlertList, AlertView, DeadLetterList, TimeUnknownList } from "./schemas.ts";
import { requireAdmin, shownBy } from "./session-routes.ts";

const MAX_DEAD_LETTERS = 1_000;

export interface DeskRoutesParts {
  readonly access: AdminAccess;
  readonly features: Pick<Features, "alerts" | "alert">;
  readonly view: Pick<StateView, "deadLetters" | "timeUnknown">;
  readonly ingest: Pick<Ingest, "acknowledgeAlert">;
  readonly feed: Pick<LiveFeed, "alertChanged">;
  readonly hub: SseHub;
}

/** The administrator's routes; the hook stands before all that is added here. */
export function addDeskRoutes(api: Api, parts: DeskRoutesParts): void {
  const { access, features, view, ingest, feed, hub } = parts;
  api.addHook("onRequest", async (request, reply) => {
    void reply.header("cache-control", "no-store");
    requireAdmin(access, request);
  });

  api.get(
    "/api/v1/alerts",
    {
      schema: {
        tags: ["desk"],
        summary: "All open alerts, and the newest 200 that were acknowledged",
        response: { 200: AlertList, ...unauthorized },
      },
    },
    async () => ({ alerts: [...features.alerts()] }),
  );

  api.post(
    "/api/v1/alerts/:id/acknowledge",
    {
      schema: {
        tags: ["desk"],
        summary: "Acknowledges an alert in a person's name; the first name stays",
        params: z.object({ id: z.string().min(1).max(200) }),
        body: z.object({ name: z.string().trim().min(1).max(80) }),
        response: { 200: AlertView, ...badRequest, ...unauthorized, ...foreign, ...missing, ...unavailable },
      },
    },
    async ({ params: { id }, body: { name } }) => {
      const isKnown = await ingest.acknowledgeAlert(id, name);
      const alert = isKnown ? features.alert(id) : undefined;
      if (alert === undefined) throw notFound("alert");
      feed.alertChanged(id);
      return alert;
    },
  );

  api.get(
    "/api/v1/dead-letters",
    {
      schema: {
        tags: ["desk"],
        summary: "Messages that could not be used, with the reason",
        querystring: z.object({ limit: z.coerce.number().int().min(1).max(MAX_DEAD_LETTERS).default(100) }),
        response: { 200: DeadLetterList, ...badRequest, ...unauthorized },
      },
    },
    async ({ query: { limit } }) => ({ deadLetters: [...view.deadLetters(limit)] }),
  );

  api.get(
    "/api/v1/time-unknown",
    {
      schema: {
        tags: ["desk"],
        summary: "Devices of which readings or visits have no known time, with counts",
        response: { 200: TimeUnknownList, ...unauthorized },
      },
    },
    async () => ({ devices: [...view.timeUnknown()] }),
  );

  api.get(
    "/api/v1/desk/live",
    {
      exposeHeadRoute: false,
      schema: {
        tags: ["desk"],
        summary: "Alerts as Server-Sent Events",
        description: "`alert` with the whole alert as data: when it is made, acknowledged, or its photos have come.",
        response: { ...unauthorized, ...unavailable },
      },
    },
    async (request, reply) => {
      const { session, bearer } = shownBy(request);
      const isBearer = bearer !== undefined && access.isToken(bearer);
      const mayStay = () => isBearer || (session !== undefined && access.isOpen(session));
      return joinStream(reply, hub, mayStay);
    },
  );
}
