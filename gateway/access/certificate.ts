import type { X509Certificate } from "node:crypto";
import { type Principal, principalOfUris } from "#contract/principals.ts";

/** What a client's certificate says, once the TLS layer has found that it comes from the authority. */
export interface ClientCertificate {
  readonly principal: Principal;
  /** In lower-case hex, as it is written in the certificate. */
  readonly serial: string;
  /** The end of its time in UTC milliseconds. */
  readonly notAfterMs: number;
}

/** Extended key usage of a TLS client (RFC 5280, 4.2.1.12). */
const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
const URI = "URI:";

/**
 * Reads the certificate of a client, or says why it is none. The TLS layer has judged its chain and its time; here it
 * must be issued by the authority itself (a revocation list counts the serial numbers of one issuer), be meant for
 * clients, and name one principal.
 */
export function readCertificate(x509: X509Certificate, authority: X509Certificate): ClientCertificate | string {
  if (!x509.checkIssued(authority) || !x509.verify(authority.publicKey)) return "not issued by the authority itself";
  if (x509.ca || !(x509.keyUsage ?? []).includes(CLIENT_AUTH)) return "not meant for a client";
  const principal = principalOfUris(urisOf(x509.subjectAltName ?? ""));
  if (principal === undefined) return "does not name one client, its role and its tenants";
  return { principal, serial: serialOf(x509.serialNumber), notAfterMs: x509.validToDate.getTime() };
}

/** A serial number as all lists write it: lower-case hex without leading zeros. */
export const serialOf = (hex: string): string => hex.toLowerCase().replace(/^0+(?=.)/, "");

/**
 * The URIs among the alternative names as Node prints them. It puts quotes around what could be taken for something else
 * (CVE-2021-44532); none of our names needs them, so a certificate with quotes is not one of ours.
 */
export function urisOf(subjectAltName: string): readonly string[] {
  if (subjectAltName.includes('"')) return [];
  const names = subjectAltName.split(", ");
  return names.flatMap((name) => (name.startsWith(URI) ? [name.slice(URI.length)] : []));
}
