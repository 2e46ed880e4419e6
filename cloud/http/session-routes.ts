import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type { AdminAccess, Shown } from "./admin-access.ts";
import { type Api, badRequest, foreign, unauthorized } from "./api.ts";
import { ApiError } from "./errors.ts";

const COOKIE = "dvornik_session";
const PATH = "/api/v1";
const Nothing = z.null().describe("nothing");

/** What a request shows at the administrator's door. */
export function shownBy({ cookies, headers, ip }: FastifyRequest): Shown {
  const [scheme, bearer] = headers.authorization?.split(" ") ?? [];
  return {
    session: cookies[COOKIE],
    bearer: scheme?.toLowerCase() === "bearer" && bearer !== "" ? bearer : undefined,
    address: ip,
  };
}

/** Throws `ApiError` 401 unless the request is the administrator's. */
export function requireAdmin(access: AdminAccess, request: FastifyRequest): void {
  if (!access.isAdmin(shownBy(request))) {
    throw new ApiError(401, "unauthorized", "this needs the administrator's token or session");
  }
}

/** Logging in and out at the desk. */
export function addSessionRoutes(api: Api, access: AdminAccess, isBehindTlsProxy: boolean): void {
  api.post(
    "/api/v1/session",
    {
      schema: {
        tags: ["desk"],
        summary: "Opens a session (an HttpOnly cookie) for the administrator's token",
        body: z.object({ token: z.string().min(1).max(256) }),
        response: { 204: Nothing, ...badRequest, ...unauthorized, ...foreign },
      },
    },
    async ({ body: { token }, ip, protocol }, reply) => {
      const session = access.logIn(token, ip);
      return reply
        .setCookie(COOKIE, session, {
          path: PATH,
          httpOnly: true,
          sameSite: "strict",
          secure: isBehindTlsProxy || protocol === "https",
          maxAge: access.sessionMs / 1000,
        })
        .code(204)
        .send(null);
    },
  );

  api.delete(
    "/api/v1/session",
    { schema: { tags: ["desk"], summary: "Ends the session", response: { 204: Nothing, ...foreign } } },
    async ({ cookies }, reply) => {
      const session = cookies[COOKIE];
      if (session !== undefined) access.logOut(session);
      return reply.clearCookie(COOKIE, { path: PATH }).code(204).send(null);
    },
  );

  api.get(
    "/api/v1/session",
    {
      schema: {
        tags: ["desk"],
        summary: "Whether this is the administrator",
        response: { 204: Nothing, ...unauthorized },
      },
    },
    async (request, reply) => {
      requireAdmin(access, request);
      return reply.header("cache-control", "no-store").code(204).send(null);
    },
  );
}
