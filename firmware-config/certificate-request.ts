import "reflect-metadata";
import { createPrivateKey, createPublicKey } from "node:crypto";
import * as x509 from "@peculiar/x509";

const P256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** A certificate request (PKCS #10, PEM) for a key, without names: those come from the claim. Throws where it is no such key. */
export async function requestFor(keyPem: string): Promise<string> {
  const key = createPrivateKey(keyPem);
  const spki = createPublicKey(key).export({ type: "spki", format: "der" });
  const pkcs8 = key.export({ type: "pkcs8", format: "der" });
  const keys = {
    publicKey: await crypto.subtle.importKey("spki", spki, P256, true, ["verify"]),
    privateKey: await crypto.subtle.importKey("pkcs8", pkcs8, P256, false, ["sign"]),
  };
  const request = await x509.Pkcs10CertificateRequestGenerator.create({ keys, signingAlgorithm: P256 });
  return `${request.toString("pem")}\n`;
}
