import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { type Authority, CLOCK_SKEW_MS, P256 } from "./authority.ts";

/** Why a certificate was revoked, as an administrator says it (RFC 5280, 5.3.1). */
export const REASONS = {
  unspecified: x509.X509CrlReason.unspecified,
  "key-compromise": x509.X509CrlReason.keyCompromise,
  superseded: x509.X509CrlReason.superseded,
  retired: x509.X509CrlReason.cessationOfOperation,
} as const;

/** A revoked certificate as the list names it. */
export interface RevokedEntry {
  readonly serial: string;
  readonly revokedAtMs: number;
  readonly reason: keyof typeof REASONS;
}

/** RFC 5280, 5.2.3 */
const CRL_NUMBER = "2.5.29.20";
/** OpenSSL, and all who follow it, read a list under this name only (RFC 7468, section 6). */
const LABEL = "X509 CRL";

/** Signs a revocation list (X.509 CRL version 2), PEM. */
export async function signRevocationList(
  authority: Authority,
  list: {
    readonly number: number;
    readonly nowMs: number;
    readonly nextUpdateMs: number;
    readonly entries: readonly RevokedEntry[];
  },
): Promise<string> {
  const crl = await x509.X509CrlGenerator.create({
    issuer: authority.certificate.subjectName,
    thisUpdate: new Date(list.nowMs - CLOCK_SKEW_MS),
    nextUpdate: new Date(list.nextUpdateMs),
    signingKey: authority.signingKey,
    signingAlgorithm: P256,
    entries: list.entries.map(({ serial, revokedAtMs, reason }) => ({
      serialNumber: serial,
      revocationDate: new Date(revokedAtMs),
      reason: REASONS[reason],
    })),
    extensions: [
      await x509.AuthorityKeyIdentifierExtension.create(authority.certificate.publicKey),
      new x509.Extension(CRL_NUMBER, false, derInteger(list.number)),
    ],
  });
  return `${x509.PemConverter.encode(crl.rawData, LABEL)}\n`;
}

/** A positive whole number as DER (X.690, 8.3): big-endian, with a zero in front where the first bit would say minus. */
function derInteger(value: number): Uint8Array<ArrayBuffer> {
  const hex = value.toString(16);
  const magnitude = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
  const isHigh = (magnitude[0] ?? 0) >= 0x80;
  const body = isHigh ? [0, ...magnitude] : [...magnitude];
  return Uint8Array.from([0x02, body.length, ...body]);
}
