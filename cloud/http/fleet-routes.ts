import { z } from "zod";
import {
  CertificateQuery,
  CertificateView,
  Claim,
  ClaimOrder,
  type Fleet,
  Revocation,
  RevocationOrder,
} from "../fleet/fleet.ts";
import type { AdminAccess } from "./admin-access.ts";
import { type Api, badRequest, foreign, missing, unauthorized, unavailable } from "./api.ts";
import { notFound } from "./errors.ts";
import { requireAdmin } from "./session-routes.ts";

const CertificateList = z.object({ certificates: z.array(CertificateView) });

/** The administrator's side of the fleet; the hook stands before all that is added here. */
export function addFleetRoutes(api: Api, access: AdminAccess, fleet: Fleet): void {
  api.addHook("onRequest", async (request, reply) => {
    void reply.header("cache-control", "no-store");
    requireAdmin(access, request);
  });

  api.post(
    "/api/v1/fleet/claims",
    {
      schema: {
        tags: ["fleet"],
        summary: "Makes a claim: a device turns it into its certificate, once. It is shown this once",
        body: ClaimOrder,
        response: { 200: Claim, ...badRequest, ...unauthorized, ...foreign, ...unavailable },
      },
    },
    async ({ body }) => await fleet.claim(body),
  );

  api.post(
    "/api/v1/fleet/revocations",
    {
      schema: {
        tags: ["fleet"],
        summary: "Revokes one certificate, or all of a client with its open claims",
        description: "Answered once the new revocation list is signed; a second time it changes nothing.",
        body: RevocationOrder,
        response: { 200: Revocation, ...badRequest, ...unauthorized, ...foreign, ...missing, ...unavailable },
      },
    },
    async ({ body }) => {
      const revocation = await fleet.revoke(body);
      if (revocation === undefined) throw notFound("certificate");
      return revocation;
    },
  );

  api.get(
    "/api/v1/fleet/certificates",
    {
      schema: {
        tags: ["fleet"],
        summary: "Certificates that were issued, the newest first",
        querystring: CertificateQuery,
        response: { 200: CertificateList, ...badRequest, ...unauthorized, ...unavailable },
      },
    },
    async ({ query }) => ({ certificates: [...(await fleet.certificates(query))] }),
  );
}
