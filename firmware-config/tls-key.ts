import { generateKeyPairSync } from "node:crypto";

/** A new key for TLS (EC, P-256), as PKCS #8 PEM. It never leaves the machine that made it. */
export function makeTlsKey(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}
