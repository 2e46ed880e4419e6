import type { FastifyReply, FastifyRequest } from "fastify";

/** Any site's page may read what is open to all: it carries no cookie and no secret. */
export async function letAnySiteRead(_request: FastifyRequest, reply: FastifyReply): Promise<void> {
  void reply
    .header("access-control-allow-origin", "*")
    .header("access-control-expose-headers", "ETag, RateLimit, RateLimit-Policy, Retry-After, Link")
    .header("cross-origin-resource-policy", "cross-origin");
}
