import { z } from "zod";
import { Bilingual } from "#contract/registry.ts";
import type { Clock } from "#kit/clock.ts";
import { Bulletin, knownBulletins } from "../air/bulletins/bulletin.ts";
import { BadCap, readCap } from "../air/bulletins/cap.ts";
import type { Ingest } from "../ingest/events.ts";
import type { StateView } from "../store/state/state-view.ts";
import type { AdminAccess } from "./admin-access.ts";
import { type Api, ASK_AGAIN, badRequest, foreign, unauthorized, unavailable } from "./api.ts";
import { ApiError } from "./errors.ts";
import { letAnySiteRead } from "./open-headers.ts";
import { ErrorView } from "./schemas.ts";
import { requireAdmin } from "./session-routes.ts";

/** A message with its texts; the reader of XML takes no more either. */
const BODY_BYTES = 256 * 1024;
const CAP_TYPES = ["application/cap+xml", "application/xml", "text/xml"];

const WHOSE: Bilingual = {
  en: "Adverse weather conditions (НМУ) are declared by Roshydromet. Messages are carried as they were given; none is made from our readings.",
  ru: "НМУ объявляет Росгидромет. Сообщения передаются так, как получены; по нашим показаниям они не составляются.",
};

const BulletinView = z.object({
  ...Bulletin.shape,
  state: z.enum(["in-force", "expected", "expired", "replaced", "cancelled"]),
});
const BulletinList = z.object({ whose: Bilingual, bulletins: z.array(BulletinView) });
const PutView = z.object({ result: z.enum(["kept", "known"]), bulletin: Bulletin });

export interface BulletinRoutesParts {
  readonly view: Pick<StateView, "bulletins">;
  readonly ingest: Pick<Ingest, "putBulletin">;
  readonly access: AdminAccess;
  readonly clock: Clock;
}

/** Official bulletins: anyone may read them, the administrator carries them in. */
export function addBulletinRoutes(api: Api, { view, ingest, access, clock }: BulletinRoutesParts): void {
  api.get(
    "/api/v1/bulletins",
    {
      onRequest: letAnySiteRead,
      schema: {
        tags: ["open"],
        summary: "Official bulletins (НМУ) that are in force or expected; all=true: those that have ended too",
        querystring: z.object({ all: z.stringbool().default(false) }),
        response: { 200: BulletinList, ...badRequest },
      },
    },
    async ({ query: { all } }, reply) => {
      void reply.header("cache-control", ASK_AGAIN);
      const known = knownBulletins(view.bulletins(), clock.nowMs());
      const shown = known.filter(({ state }) => all || state === "in-force" || state === "expected");
      return { whose: WHOSE, bulletins: shown.map(({ bulletin, state }) => ({ ...bulletin, state })) };
    },
  );

  // Read as bytes: what is in them is judged by the reader of CAP, not by a charset of the header.
  api.addContentTypeParser(CAP_TYPES, { parseAs: "buffer", bodyLimit: BODY_BYTES }, (_request, body, done) => {
    try {
      done(null, readCap(Buffer.from(body)));
    } catch (error) {
      done(error instanceof BadCap ? new ApiError(400, "bad-request", error.message) : toError(error));
    }
  });

  api.post(
    "/api/v1/bulletins",
    {
      bodyLimit: BODY_BYTES,
      onRequest: async (request) => requireAdmin(access, request),
      schema: {
        tags: ["desk"],
        summary: "Carries in an official bulletin: JSON, or CAP 1.2 as application/cap+xml; the same one counts once",
        body: Bulletin,
        response: {
          200: PutView.describe("it was here already"),
          201: PutView,
          409: ErrorView.describe("another message has its name"),
          ...badRequest,
          ...unauthorized,
          ...foreign,
          ...unavailable,
        },
      },
    },
    async ({ body }, reply) => {
      const result = await ingest.putBulletin(body);
      void reply.header("cache-control", "no-store");
      if (result === "taken") {
        throw new ApiError(409, "name-taken", "another message has this sender, identifier and time: send an update");
      }
      return reply.code(result === "kept" ? 201 : 200).send({ result, bulletin: body });
    },
  );
}

const toError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
