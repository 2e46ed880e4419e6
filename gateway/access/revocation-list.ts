import { verify, type X509Certificate } from "node:crypto";
import { AppError } from "#kit/errors.ts";
import { serialOf } from "./certificate.ts";
import { type DerElement, DerReader, TAG, timeOf } from "./der.ts";

/** Not a revocation list of our authority that we could rely on. */
export class BadRevocationList extends AppError {
  readonly code = "bad-revocation-list";
  readonly retry = false;
}

/** Which certificates the authority has taken back. */
export interface RevocationList {
  /** Grows with each list (RFC 5280, 5.2.3). */
  readonly number: bigint;
  readonly thisUpdateMs: number;
  /** When the authority wanted to have given out the next one. */
  readonly nextUpdateMs: number | undefined;
  /** Serial numbers as `serialOf` writes them. */
  readonly serials: ReadonlySet<string>;
}

/** The hash behind a signature's algorithm: RSA and ECDSA with SHA-2 (RFC 4055, 5758), Ed25519 (RFC 8410) has its own. */
const HASH_OF_OID: Readonly<Record<string, string | null>> = {
  "2a864886f70d01010b": "sha256",
  "2a864886f70d01010c": "sha384",
  "2a864886f70d01010d": "sha512",
  "2a8648ce3d040302": "sha256",
  "2a8648ce3d040303": "sha384",
  "2a8648ce3d040304": "sha512",
  "2b6570": null,
};
/** The extension with the list's number, 2.5.29.20. */
const CRL_NUMBER = "551d14";
const PEM = /-----BEGIN (X509 )?CRL-----([\sA-Za-z0-9+/=]+)-----END \1?CRL-----/;

/**
 * Reads a list in PEM (RFC 5280, 5). Its signature is checked before its entries are looked at.
 *
 * Throws `BadRevocationList` for one that is not signed by the authority, has no number, or asks by a critical extension
 * for something that is not understood here; `MalformedDer` for what is no list.
 */
export function readRevocationList(pem: string, authority: X509Certificate): RevocationList {
  const base64 = PEM.exec(pem)?.[2];
  if (base64 === undefined) throw new BadRevocationList("no revocation list in PEM");
  const list = new DerReader(Buffer.from(base64, "base64")).sequence("a list");
  const signed = list.next("what is signed", TAG.sequence);
  const algorithm = list.next("an algorithm", TAG.sequence);
  const signature = list.next("a signature", TAG.bitString).body;
  requireSignature(signed, algorithm, signature, authority);
  return readSigned(new DerReader(signed.body), algorithm);
}

function requireSignature(
  signed: DerElement,
  algorithm: DerElement,
  signature: Buffer,
  { publicKey }: X509Certificate,
): void {
  const hash = HASH_OF_OID[new DerReader(algorithm.body).next("an algorithm", TAG.oid).body.toString("hex")];
  if (hash === undefined) throw new BadRevocationList("signed with an algorithm that is not taken");
  // A bit string says first how many bits of its last byte do not count: none here.
  if (signature[0] !== 0 || !verify(hash, signed.bytes, publicKey, signature.subarray(1))) {
    throw new BadRevocationList("not signed by the authority");
  }
}

function readSigned(fields: DerReader, algorithm: DerElement): RevocationList {
  fields.optional("a version", TAG.integer);
  const inner = fields.next("an algorithm", TAG.sequence);
  if (!inner.bytes.equals(algorithm.bytes)) throw new BadRevocationList("names two algorithms");
  fields.next("an issuer", TAG.sequence);
  const thisUpdateMs = timeOf(fields.next("a time", TAG.utcTime, TAG.generalizedTime));
  const nextUpdate = fields.optional("a time", TAG.utcTime, TAG.generalizedTime);
  const revoked = fields.optional("revoked certificates", TAG.sequence);
  const extensions = fields.optional("extensions", TAG.context0);
  return {
    number: extensions === undefined ? noNumber() : readNumber(new DerReader(extensions.body).sequence("extensions")),
    thisUpdateMs,
    nextUpdateMs: nextUpdate === undefined ? undefined : timeOf(nextUpdate),
    serials: revoked === undefined ? new Set() : readSerials(new DerReader(revoked.body)),
  };
}

function readSerials(entries: DerReader): ReadonlySet<string> {
  const serials = new Set<string>();
  while (!entries.isAtEnd) {
    const entry = entries.sequence("a revoked certificate");
    serials.add(serialOf(entry.next("a serial number", TAG.integer).body.toString("hex")));
    entry.next("a time", TAG.utcTime, TAG.generalizedTime);
    const extensions = entry.optional("extensions", TAG.sequence);
    if (extensions !== undefined) eachExtension(new DerReader(extensions.body), () => false);
  }
  return serials;
}

function readNumber(extensions: DerReader): bigint {
  let number: bigint | undefined;
  eachExtension(extensions, (oid, value) => {
    if (oid !== CRL_NUMBER) return false;
    const digits = new DerReader(value).next("a number", TAG.integer).body.toString("hex");
    if (digits !== "") number = BigInt(`0x${digits}`);
    return true;
  });
  return number ?? noNumber();
}

/** `take` says whether it knows an extension; a list whose critical one is not known must not be used (RFC 5280, 5.2). */
function eachExtension(extensions: DerReader, take: (oid: string, value: Buffer) => boolean): void {
  while (!extensions.isAtEnd) {
    const extension = extensions.sequence("an extension");
    const oid = extension.next("an extension's name", TAG.oid).body.toString("hex");
    const isCritical = extension.optional("critical", TAG.boolean)?.body[0] === 0xff;
    const isKnown = take(oid, extension.next("an extension's value", TAG.octetString).body);
    if (isCritical && !isKnown) throw new BadRevocationList("asks for something that is not understood here");
  }
}

function noNumber(): never {
  throw new BadRevocationList("has no number, so an old one could not be told from a new one");
}
