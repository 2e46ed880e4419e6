import { createPrivateKey, createPublicKey, sign } from "node:crypto";

/** ecdsa-with-SHA256 (RFC 5758, 3.2), as DER. */
const ECDSA_WITH_SHA256 = Buffer.from("300a06082a8648ce3d040302", "hex");
/** Version 0 (RFC 2986, 4.1). */
const VERSION = Buffer.from("020100", "hex");
const NO_NAMES = Buffer.from("3000", "hex");
const NO_ATTRIBUTES = Buffer.from("a000", "hex");
const SEQUENCE = 0x30;
const BIT_STRING = 0x03;

/**
 * A certificate request (PKCS #10, PEM) for a key on P-256, without names: those come from the claim. Throws where it is no
 * key.
 *
 * Written out here, since it is three fixed fields around the public key: a library for it takes 23 MB of a device.
 */
export function requestFor(keyPem: string): string {
  const key = createPrivateKey(keyPem);
  const publicKey = createPublicKey(key).export({ type: "spki", format: "der" });
  const asked = der(SEQUENCE, VERSION, NO_NAMES, publicKey, NO_ATTRIBUTES);
  const signature = der(BIT_STRING, Buffer.of(0), sign("sha256", asked, key));
  const base64 = der(SEQUENCE, asked, ECDSA_WITH_SHA256, signature).toString("base64");
  const lines = base64.match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE REQUEST-----\n${lines.join("\n")}\n-----END CERTIFICATE REQUEST-----\n`;
}

/** One value of DER (X.690, 8.1): tag, length, contents; up to 65,535 bytes. */
function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents);
  const { length } = body;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...size), body]);
}
