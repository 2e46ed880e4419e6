import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto";
import { canonicalJson } from "#kit/canonical-json.ts";

/** Members that travel with a visit but are not part of what is signed: they belong to one log, not to the fact. */
const UNSIGNED = ["log", "seq", "id", "sig"] as const;

/** The bytes that a device signs: the RFC 8785 form of the visit without log, seq, id and sig. */
export function signedBody(visit: object): Uint8Array {
  const body = Object.fromEntries(Object.entries(visit).filter(([key]) => !UNSIGNED.some((name) => name === key)));
  return Buffer.from(canonicalJson(body));
}

/** SHA-256 (hex) of a visit's signed body: the `prev` of the visit after it. */
export const chainHash = (visit: object): string => createHash("sha256").update(signedBody(visit)).digest("hex");

/** Signs a visit (Ed25519, RFC 8032); `privateKeyPem` is PKCS #8. Gives base64url. */
export function signVisit(visit: object, privateKeyPem: string): string {
  return sign(null, signedBody(visit), createPrivateKey(privateKeyPem)).toString("base64url");
}

/** Whether `sig` is this visit's signature by the key (raw, base64url). False for a key or signature that is none. */
export function isVisitSignedBy<V extends { readonly sig: string }>(visit: V, publicKey: string): boolean {
  try {
    const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: publicKey }, format: "jwk" });
    return verify(null, signedBody(visit), key, Buffer.from(visit.sig, "base64url"));
  } catch {
    // A key that cannot be read has signed nothing.
    return false;
  }
}

/** A new key pair: the private key as PKCS #8 PEM (it never leaves the device), the public key raw in base64url. */
export function makeKeyPair(): { readonly privateKeyPem: string; readonly publicKey: string } {
  const { privateKey } = generateKeyPairSync("ed25519");
  const privateKeyPem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  return { privateKeyPem, publicKey: publicKeyOf(privateKeyPem) };
}

/** The raw public key (base64url) of a private key. */
export function publicKeyOf(privateKeyPem: string): string {
  const { x } = createPublicKey(createPrivateKey(privateKeyPem)).export({ format: "jwk" });
  if (x === undefined) throw new TypeError("not an Ed25519 key");
  return x;
}
