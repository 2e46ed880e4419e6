import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { type Principal, urisOfPrincipal } from "#contract/principals.ts";
import { type Authority, CLOCK_SKEW_MS, P256 } from "./authority.ts";

/** A certificate that was signed; nobody has it before it is recorded. */
export interface SignedCertificate {
  readonly serial: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly pem: string;
}

/** What is signed. */
export interface CertificateOrder {
  readonly principal: Principal;
  readonly publicKey: x509.PublicKey;
  readonly serial: string;
  readonly nowMs: number;
  readonly lifeMs: number;
}

/**
 * Signs a client's certificate. Its subject is empty and its alternative names are critical (RFC 5280, 4.2.1.6): whom it
 * speaks for stands in one place. It holds from a little before now (at most a hundredth of its life), never longer than
 * its authority.
 */
export async function issueCertificate(authority: Authority, order: CertificateOrder): Promise<SignedCertificate> {
  const { principal, publicKey, serial, nowMs, lifeMs } = order;
  const notBeforeMs = wholeSeconds(nowMs - Math.min(CLOCK_SKEW_MS, lifeMs / 100));
  const notAfterMs = wholeSeconds(Math.min(nowMs + lifeMs, authority.notAfterMs));
  const uris = urisOfPrincipal(principal).map((value) => ({ type: "url" as const, value }));
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial,
    subject: "",
    issuer: authority.certificate.subjectName,
    notBefore: new Date(notBeforeMs),
    notAfter: new Date(notAfterMs),
    publicKey,
    signingKey: authority.signingKey,
    signingAlgorithm: P256,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
      new x509.SubjectAlternativeNameExtension(uris, true),
      await x509.AuthorityKeyIdentifierExtension.create(authority.certificate.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
    ],
  });
  return { serial, notBeforeMs, notAfterMs, pem: `${certificate.toString("pem")}\n` };
}

/** X.509 times have no fractions; rounded down, so that a record and its certificate say the same. */
const wholeSeconds = (ms: number): number => Math.floor(ms / 1000) * 1000;

/**
 * A serial number of 128 bits, 126 of them random (lower-case hex): with the first bits fixed at 01 every number is
 * positive and has one spelling of 32 digits everywhere.
 */
export function serialOf(randomBytes: Uint8Array): string {
  const bytes = Buffer.from(randomBytes.subarray(0, 16));
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString("hex");
}
