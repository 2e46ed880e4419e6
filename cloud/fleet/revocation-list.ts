import "reflect-metadata";
import { sign } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { DER, der, derInteger, derTime } from "#kit/write-der.ts";
import { type Authority, CLOCK_SKEW_MS } from "./authority.ts";

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

/** ecdsa-with-SHA256 (RFC 5758, 3.2), as DER. */
const ECDSA_WITH_SHA256 = Buffer.from("300a06082a8648ce3d040302", "hex");
/** Version 2 (RFC 5280, 5.1.2.1). */
const VERSION = derInteger("01");
/** 2.5.29.20 (RFC 5280, 5.2.3) and 2.5.29.21 (5.3.1), as contents of an OID. */
const CRL_NUMBER = Buffer.from("551d14", "hex");
const REASON_CODE = Buffer.from("551d15", "hex");
/** OpenSSL, and all who follow it, read a list under this name only (RFC 7468, section 6). */
const LABEL = "X509 CRL";

/** What a list says. */
export interface ListedRevocations {
  readonly number: number;
  readonly nowMs: number;
  readonly nextUpdateMs: number;
  /** Each serial once. */
  readonly entries: readonly RevokedEntry[];
}

/**
 * Signs a revocation list (X.509 CRL version 2, RFC 5280, 5.1), PEM.
 *
 * Written out here: the library compares each entry with all before it, which takes minutes for ten thousand.
 */
export async function signRevocationList(authority: Authority, list: ListedRevocations): Promise<string> {
  const { number, nowMs, nextUpdateMs, entries } = list;
  const keyId = await x509.AuthorityKeyIdentifierExtension.create(authority.certificate.publicKey);
  const extensions = der(
    DER.sequence,
    new Uint8Array(keyId.rawData),
    extension(CRL_NUMBER, derInteger(number.toString(16))),
  );
  const signed = der(
    DER.sequence,
    VERSION,
    ECDSA_WITH_SHA256,
    new Uint8Array(authority.certificate.subjectName.toArrayBuffer()),
    derTime(nowMs - CLOCK_SKEW_MS),
    derTime(nextUpdateMs),
    // A list of nothing has no place for entries (RFC 5280, 5.1.2.6).
    ...(entries.length === 0 ? [] : [der(DER.sequence, ...entries.map(entryOf))]),
    der(DER.context0, extensions),
  );
  const signature = sign("sha256", signed, authority.key);
  const bytes = der(DER.sequence, signed, ECDSA_WITH_SHA256, der(DER.bitString, Buffer.of(0), signature));
  return `${x509.PemConverter.encode(new Uint8Array(bytes), LABEL)}\n`;
}

/** A reason that says nothing is left out (RFC 5280, 5.3.1). */
function entryOf({ serial, revokedAtMs, reason }: RevokedEntry): Buffer {
  const code = REASONS[reason];
  const because =
    code === REASONS.unspecified
      ? []
      : [der(DER.sequence, extension(REASON_CODE, der(DER.enumerated, Buffer.of(code))))];
  return der(DER.sequence, derInteger(serial), derTime(revokedAtMs), ...because);
}

const extension = (oid: Uint8Array, value: Uint8Array): Buffer =>
  der(DER.sequence, der(DER.oid, oid), der(DER.octetString, value));
