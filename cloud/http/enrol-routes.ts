import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { type EnrolRefusal, EnrolRequest, FLEET_PATHS, FleetNonce, Issued, RenewRequest } from "#contract/enrolment.ts";
import type { Clock } from "#kit/clock.ts";
import { isLoopback } from "#kit/loopback.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { FleetRefused } from "../fleet/refused.ts";
import { type Api, ASK_AGAIN, badRequest, unavailable } from "./api.ts";
import { ApiError } from "./errors.ts";
import { ErrorView } from "./schemas.ts";
import { countWrongTries, type WrongTries } from "./wrong-tries.ts";

const PEM_TYPE = "application/x-pem-file";
const Pem = z.string().describe("PEM");
const refusals = {
  403: ErrorView.describe("not granted (code says why), or not over HTTPS"),
  409: ErrorView.describe("used, known or renewed before"),
  410: ErrorView.describe("the claim or the certificate has lapsed"),
  425: ErrorView.describe("the certificate is not half through its life"),
  429: ErrorView.describe("too many wrong tries"),
} as const;

/** The answer to each refusal; `EnrolRefusal` is the contract, the status is for those who only look at it. */
const STATUS: Readonly<Record<EnrolRefusal, number>> = {
  "claim-unknown": 403,
  "claim-expired": 410,
  "claim-used": 409,
  "csr-invalid": 400,
  "key-unsuitable": 400,
  "key-known": 409,
  "certificate-foreign": 403,
  "certificate-expired": 410,
  "certificate-revoked": 403,
  signature: 403,
  nonce: 403,
  "too-early": 425,
  "too-often": 429,
};

/** Refusals that somebody gets who tries what is not his (`too-early` is none: many honest devices share an address). */
const WRONG_TRIES: readonly EnrolRefusal[] = [
  "claim-unknown",
  "claim-expired",
  "claim-used",
  "certificate-foreign",
  "certificate-revoked",
  "signature",
  "nonce",
];

/** What the routes of devices need. */
export interface EnrolRoutesParts {
  readonly fleet: Fleet;
  readonly clock: Clock;
  readonly isBehindTlsProxy: boolean;
}

/** What devices, gateways and consumers ask of the authority; nobody logs in here: a claim or a key vouches. */
export function addEnrolRoutes(api: Api, { fleet, clock, isBehindTlsProxy }: EnrolRoutesParts): void {
  const wrongTries = countWrongTries("claims or certificates", clock);
  const tried = <T>(request: FastifyRequest, work: () => Promise<T>) =>
    grant(request, isBehindTlsProxy, wrongTries, work);

  api.post(
    FLEET_PATHS.enrol,
    {
      schema: {
        tags: ["fleet"],
        summary: "Turns a claim into a certificate; the same claim and key get the same certificate again",
        body: EnrolRequest,
        response: { 200: Issued, ...badRequest, ...refusals, ...unavailable },
      },
    },
    async (request, reply) => {
      void reply.header("cache-control", "no-store");
      return await tried(request, () => fleet.enrol(request.body));
    },
  );

  api.get(
    FLEET_PATHS.nonce,
    {
      schema: {
        tags: ["fleet"],
        summary: "What the next renewal is signed over; good for five minutes and one use",
        response: { 200: FleetNonce, ...unavailable },
      },
    },
    async (_request, reply) => {
      void reply.header("cache-control", "no-store");
      return await fleet.nonce();
    },
  );

  api.post(
    FLEET_PATHS.renew,
    {
      schema: {
        tags: ["fleet"],
        summary: "The next certificate, with a new key, for whoever holds the current one and its key",
        description:
          "`signature` is over the RFC 8785 form of {certificate, csr, nonce, purpose: 'dvornik-renew-1'}, in UTF-8.",
        body: RenewRequest,
        response: { 200: Issued, ...badRequest, ...refusals, ...unavailable },
      },
    },
    async (request, reply) => {
      void reply.header("cache-control", "no-store");
      return await tried(request, () => fleet.renew(request.body));
    },
  );
  addPublished(api, fleet);
}

/** What everybody may know: the authority's certificate, and what holds no more. */
function addPublished(api: Api, fleet: Fleet): void {
  api.get(
    FLEET_PATHS.authority,
    {
      schema: {
        tags: ["fleet"],
        summary: "The authority's own certificate",
        produces: [PEM_TYPE],
        response: { 200: Pem, ...unavailable },
      },
    },
    async (_request, reply) =>
      reply
        .header("cache-control", ASK_AGAIN)
        .type(PEM_TYPE)
        .send(await fleet.authority()),
  );

  api.get(
    FLEET_PATHS.revoked,
    {
      schema: {
        tags: ["fleet"],
        summary: "The revocation list (X.509 CRL), with an ETag: ask often, with If-None-Match",
        produces: [PEM_TYPE],
        response: { 200: Pem, 304: z.null().describe("as it was"), ...unavailable },
      },
    },
    async (request, reply) => {
      const { pem, etag } = await fleet.revocationList();
      void reply.header("etag", etag).header("cache-control", ASK_AGAIN);
      if (request.headers["if-none-match"] === etag) return reply.code(304).send(null);
      return reply.type(PEM_TYPE).send(pem);
    },
  );
}

/** Runs a request for a certificate: over TLS or on this machine only, wrong tries counted, refusals as answers. */
async function grant<T>(
  request: FastifyRequest,
  isBehindTlsProxy: boolean,
  wrongTries: WrongTries,
  work: () => Promise<T>,
): Promise<T> {
  if (!isPrivate(request, isBehindTlsProxy)) {
    throw new ApiError(403, "https-needed", "claims and certificates are asked for over HTTPS only");
  }
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof FleetRefused)) throw error;
    if (WRONG_TRIES.includes(error.code)) wrongTries.count(request.ip);
    throw new ApiError(STATUS[error.code], error.code, error.message);
  }
}

/**
 * Behind a proxy every request must say itself that the client came over TLS: silence may be a client that came past the
 * proxy, or a proxy that took it without.
 */
function isPrivate({ protocol, ip, headers }: FastifyRequest, isBehindTlsProxy: boolean): boolean {
  if (protocol === "https") return true;
  if (isBehindTlsProxy) return headers["x-forwarded-proto"] === "https";
  return isLoopback(ip.replace(/^::ffff:/, ""));
}
