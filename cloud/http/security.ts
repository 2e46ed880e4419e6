import type { FastifyInstance, FastifyRequest } from "fastify";
import { ApiError } from "./errors.ts";

/** MapLibre needs workers from blob: and images from data: and blob:; everything else comes from here alone. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "worker-src 'self' blob:",
  "img-src 'self' data: blob:",
  "style-src 'self' 'unsafe-inline'",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

/** Headers of every answer, streams included. */
export const SECURITY_HEADERS = {
  "content-security-policy": CONTENT_SECURITY_POLICY,
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), microphone=(), geolocation=(self)",
} as const;

const READING_METHODS = ["GET", "HEAD", "OPTIONS"];

/** Puts the headers on every answer and refuses changes that another site's page asks for. */
export function secure(app: FastifyInstance): void {
  app.addHook("onRequest", async (request, reply) => {
    void reply.headers(SECURITY_HEADERS);
    if (!READING_METHODS.includes(request.method) && !isFromHere(request)) {
      throw new ApiError(403, "foreign-origin", "changes are taken from this site's own pages only");
    }
  });
}

/** Whether a request comes from a page of ours, or from no page at all (a program sends neither header). */
function isFromHere({ headers, host }: FastifyRequest): boolean {
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin" && site !== "none") return false;
  const { origin } = headers;
  if (origin === undefined) return true;
  return URL.parse(origin)?.host === host;
}
