import { createHash } from "node:crypto";
import { canonicalJson } from "#kit/canonical-json.ts";
import { isSignedBy, signBytes } from "./ed25519.ts";

/** Members that travel with a visit but are not part of what is signed: they belong to one log, not to the fact. */
const UNSIGNED = ["log", "seq", "id", "sig"] as const;

/** The bytes that a device signs: the RFC 8785 form of the visit without log, seq, id and sig. */
export function signedBody(visit: object): Uint8Array {
  const body = Object.fromEntries(Object.entries(visit).filter(([key]) => !UNSIGNED.some((name) => name === key)));
  return Buffer.from(canonicalJson(body));
}

/** SHA-256 (hex) of a visit's signed body: the `prev` of the visit after it. */
export const chainHash = (visit: object): string => createHash("sha256").update(signedBody(visit)).digest("hex");

/** Signs a visit (Ed25519); `privateKeyPem` is PKCS #8. Gives base64url. */
export const signVisit = (visit: object, privateKeyPem: string): string => signBytes(signedBody(visit), privateKeyPem);

/** Whether `sig` is this visit's signature by the key (raw, base64url). False for a key or signature that is none. */
export const isVisitSignedBy = <V extends { readonly sig: string }>(visit: V, publicKey: string): boolean =>
  isSignedBy(signedBody(visit), visit.sig, publicKey);
