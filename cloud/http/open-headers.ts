import type { FastifyReply, FastifyRequest } from "fastify";
import { LICENCE } from "../air/open/licence.ts";

/** Late data change any answer about the past: a cache asks each time, and the ETag says whether they did. */
export const ASK_IF_CHANGED = "public, no-cache";

/** Any site's page may read what is open to all: it carries no cookie and no secret. */
export async function letAnySiteRead(_request: FastifyRequest, reply: FastifyReply): Promise<void> {
  void reply
    .header("access-control-allow-origin", "*")
    .header("access-control-expose-headers", "ETag, RateLimit, RateLimit-Policy, Retry-After, Link")
    .header("cross-origin-resource-policy", "cross-origin");
}

/** Says under which licence an answer may be used, and where it is described. */
export const nameLicence = (reply: FastifyReply): FastifyReply =>
  reply.header("link", `<${LICENCE.url}>; rel="license", </docs>; rel="describedby"`);
