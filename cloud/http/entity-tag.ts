import { createHash } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";

/** Sends a text with its ETag, or 304 where the asker has it (RFC 9110, 13.1.2; weak tags, since it may be packed). */
export function sendTagged(request: FastifyRequest, reply: FastifyReply, type: string, body: string): FastifyReply {
  const tag = tagOf(body);
  void reply.header("etag", tag);
  return hasTag(request, tag) ? reply.code(304).send() : reply.type(type).send(body);
}

/** The weak tag of a text, by its content. */
export const tagOf = (body: string): string =>
  `W/"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;

/** Whether the asker names this weak tag as one that it has. */
export function hasTag({ headers }: FastifyRequest, tag: string): boolean {
  const known = String(headers["if-none-match"] ?? "");
  return known === "*" || known.split(",").some((one) => one.trim().replace(/^W\//, "") === tag.slice(2));
}
