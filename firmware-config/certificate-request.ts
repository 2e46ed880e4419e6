import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { DER, der } from "#kit/write-der.ts";

/** ecdsa-with-SHA256 (RFC 5758, 3.2), as DER. */
const ECDSA_WITH_SHA256 = Buffer.from("300a06082a8648ce3d040302", "hex");
/** Version 0 (RFC 2986, 4.1). */
const VERSION = Buffer.from("020100", "hex");
const NO_NAMES = Buffer.from("3000", "hex");
const NO_ATTRIBUTES = Buffer.from("a000", "hex");

/**
 * A certificate request (PKCS #10, PEM) for a key on P-256, without names: those come from the claim. Throws where it is no
 * key.
 *
 * Written out here, since it is three fixed fields around the public key: a library for it takes 23 MB of a device.
 */
export function requestFor(keyPem: string): string {
  const key = createPrivateKey(keyPem);
  const publicKey = createPublicKey(key).export({ type: "spki", format: "der" });
  const asked = der(DER.sequence, VERSION, NO_NAMES, publicKey, NO_ATTRIBUTES);
  const signature = der(DER.bitString, Buffer.of(0), sign("sha256", asked, key));
  const base64 = der(DER.sequence, asked, ECDSA_WITH_SHA256, signature).toString("base64");
  const lines = base64.match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE REQUEST-----\n${lines.join("\n")}\n-----END CERTIFICATE REQUEST-----\n`;
}
