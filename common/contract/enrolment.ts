import { z } from "zod";
import { canonicalJson } from "#kit/canonical-json.ts";
import { isLoopback } from "#kit/loopback.ts";

/**
 * How a client gets its certificate: a claim (shown once, used once) and a certificate request (PKCS #10, PEM) whose key
 * was made where it stays; later the current certificate and its key vouch for the next one.
 */

/** Where the cloud's part of this lies, below the cloud's address. */
export const FLEET_PATHS = {
  enrol: "/fleet/enrol",
  nonce: "/fleet/nonce",
  renew: "/fleet/renew",
  authority: "/fleet/ca.pem",
  revoked: "/fleet/crl.pem",
} as const;

/** A certificate is renewed once this part of its life has passed (design, issue 4). */
export const RENEW_AT = 0.6;

/** A P-256 request or certificate of ours has about a thousand characters. */
const Pem = z.string().min(1).max(8_000);

/** 32 random bytes, base64url. */
export const ClaimToken = z.string().regex(/^[A-Za-z0-9_-]{43}$/, "is no claim: 43 letters, digits, - or _");

/** `POST /fleet/enrol` */
export const EnrolRequest = z.object({ claim: ClaimToken, csr: Pem });
export type EnrolRequest = z.infer<typeof EnrolRequest>;

/** The answer to both: the new certificate and the authority's own, PEM. */
export const Issued = z.object({ certificate: Pem, ca: Pem });
export type Issued = z.infer<typeof Issued>;

/** `GET /fleet/nonce`: what the next renewal is signed over, so that an old request cannot be sent again. */
export const FleetNonce = z.object({ nonce: z.string().min(1).max(200) });
export type FleetNonce = z.infer<typeof FleetNonce>;

/** `POST /fleet/renew` */
export const RenewRequest = z.object({
  certificate: Pem.describe("the current certificate"),
  csr: Pem.describe("the request for the next one, with a new key"),
  nonce: FleetNonce.shape.nonce,
  signature: z
    .base64url()
    .max(200)
    .describe("ECDSA with SHA-256 (DER) by the current certificate's key, over renewalBytes"),
});
export type RenewRequest = z.infer<typeof RenewRequest>;

/** Why a request for a certificate was refused; waiting does not help, but for `too-early` and `nonce`. */
export const EnrolRefusal = z.enum([
  "claim-unknown",
  "claim-expired",
  "claim-used",
  "csr-invalid",
  "key-unsuitable",
  "key-known",
  "certificate-foreign",
  "certificate-expired",
  "certificate-revoked",
  "signature",
  "nonce",
  "too-early",
  "too-often",
]);
export type EnrolRefusal = z.infer<typeof EnrolRefusal>;

/**
 * The bytes that a renewal is signed over: the RFC 8785 form (UTF-8) of certificate, csr, nonce, exactly as they are sent,
 * and of `purpose`, which keeps this signature from being taken for another one by the same key.
 */
export const renewalBytes = ({ certificate, csr, nonce }: Omit<RenewRequest, "signature">): Uint8Array =>
  Buffer.from(canonicalJson({ purpose: "dvornik-renew-1", certificate, csr, nonce }));

/** The cloud's address: `https:` anywhere, `http:` only on this machine, since a claim would travel in the clear. */
export const FleetUrl = z.string().superRefine((text, context) => {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    context.addIssue({ code: "custom", message: "must be https://HOST, or http://127.0.0.1:PORT" });
  } else if (url.protocol === "http:" && !isLoopback(url.hostname)) {
    const message = `http: without TLS is only for this machine (127.0.0.1); use https: for ${url.hostname}`;
    context.addIssue({ code: "custom", message });
  }
});
