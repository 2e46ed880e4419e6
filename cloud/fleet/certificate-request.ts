import "reflect-metadata";
import { createHash } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { FleetRefused } from "./refused.ts";

/** The key that a checked request asks a certificate for. */
export interface RequestedKey {
  readonly publicKey: x509.PublicKey;
  /** SHA-256 (hex) of the SubjectPublicKeyInfo. */
  readonly keySha256: string;
}

/**
 * Checks a PKCS #10 request: one key on P-256, whose holder signed it. Its names are not looked at: they come from the
 * claim alone. Throws `FleetRefused` (`csr-invalid`, `key-unsuitable`).
 */
export async function checkRequest(pem: string): Promise<RequestedKey> {
  const { request, publicKey, algorithm } = parse(pem);
  if (algorithm.name !== "ECDSA" || !("namedCurve" in algorithm) || algorithm.namedCurve !== "P-256") {
    throw new FleetRefused("key-unsuitable", "the key must be an EC key on P-256");
  }
  const isSigned = await request.verify().catch(() => false);
  if (!isSigned) throw new FleetRefused("csr-invalid", "the certificate request is not signed by its own key");
  return { publicKey, keySha256: sha256Hex(new Uint8Array(publicKey.rawData)) };
}

/** The key is read within: it is parsed only when it is looked at, and may turn out to be none. */
function parse(pem: string) {
  try {
    const request = new x509.Pkcs10CertificateRequest(pem);
    const { publicKey } = request;
    return { request, publicKey, algorithm: publicKey.algorithm };
  } catch (cause) {
    throw new FleetRefused("csr-invalid", "this is no certificate request (PKCS #10, PEM)", { cause });
  }
}

/** SHA-256 in lower-case hex. */
export const sha256Hex = (bytes: Uint8Array | string): string => createHash("sha256").update(bytes).digest("hex");
