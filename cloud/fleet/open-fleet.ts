import { randomBytes, verify, X509Certificate } from "node:crypto";
import { type EnrolRequest, type Issued, type RenewRequest, renewalBytes } from "#contract/enrolment.ts";
import type { Principal } from "#contract/principals.ts";
import type { Clock } from "#kit/clock.ts";
import type { Closer } from "#kit/closer.ts";
import type { Logger } from "#kit/logger.ts";
import { type Authority, type OwnAuthority, openAuthority } from "./authority.ts";
import { checkRequest, type RequestedKey, sha256Hex } from "./certificate-request.ts";
import type { Claim, ClaimOrder, Fleet, Revocation, RevocationList, RevocationOrder } from "./fleet.ts";
import { type CertificateRow, FleetBook } from "./fleet-book.ts";
import { issueCertificate, serialOf } from "./issue.ts";
import { createNonces } from "./nonces.ts";
import { FleetRefused } from "./refused.ts";
import { signRevocationList } from "./revocation-list.ts";

/** A certificate may be renewed from here on; a device asks at `RENEW_AT`, and a wrong clock must not fill the book. */
const RENEWABLE_AT = 0.5;
/** One answer may be lost, and a device may come back from an old copy of its disk; more is not a device at work. */
const MAX_SUCCESSORS = 3;
/** A gateway that cannot reach the cloud goes on with its list for this long. */
const LIST_LIFE_MS = 7 * 86_400_000;
/** A list is signed anew when it is this old, long before it ends. */
const LIST_AGE_MS = 86_400_000;
/** An expired certificate stays in the list for clocks that are behind. */
const LISTED_AFTER_END_MS = 30 * 86_400_000;

/** How the authority is opened. */
export interface FleetOptions {
  /** Holds `ca-key.pem` and `ca.pem`, unless one's own are named. */
  readonly folder: string;
  /** The SQLite file of all that was claimed, signed and revoked. */
  readonly file: string;
  readonly own: OwnAuthority | null;
  /** How long a client's certificate holds. */
  readonly lifeMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Opens the authority in this thread; calls are answered one after the other. Rejects with `BadConfig`. */
export async function openFleet(options: FleetOptions): Promise<Fleet & Closer> {
  const { clock, folder, own, file } = options;
  const authority = await openAuthority(folder, own, clock.nowMs(), newSerial);
  const parts: Parts = { ...options, authority, book: new FleetBook(file), nonces: createNonces() };
  const { book } = parts;
  // The list of before may be of another authority: the first one asked for is signed by this one.
  book.voidList();
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work);
    last = turn.catch(() => {
      // Told to whoever asked; the next call has its turn all the same.
    });
    return turn;
  };
  return {
    claim: (order) => inTurn(async () => claim(parts, order)),
    enrol: (request) => inTurn(() => enrol(parts, request)),
    nonce: async () => ({ nonce: parts.nonces.issue(clock.nowMs()) }),
    renew: (request) => inTurn(() => renew(parts, request)),
    revoke: (order) => inTurn(() => revoke(parts, order)),
    certificates: (query) => inTurn(async () => book.certificates(query)),
    revocationList: () => inTurn(() => revocationList(parts)),
    authority: async () => authority.pem,
    counts: () => inTurn(async () => book.counts(clock.nowMs())),
    close: () => inTurn(async () => book.close()),
  };
}

interface Parts extends FleetOptions {
  readonly authority: Authority;
  readonly book: FleetBook;
  readonly nonces: ReturnType<typeof createNonces>;
}

const newSerial = (): string => serialOf(randomBytes(16));

function claim({ book, clock }: Parts, { hours, ...principal }: ClaimOrder): Claim {
  const token = randomBytes(32).toString("base64url");
  const nowMs = Math.round(clock.nowMs());
  const expiresAt = nowMs + Math.round(hours * 3_600_000);
  book.addClaim(sha256Hex(token), principal, nowMs, expiresAt);
  return { claim: token, expiresAt };
}

async function enrol(parts: Parts, { claim: token, csr }: EnrolRequest): Promise<Issued> {
  const { book, clock, log } = parts;
  const hash = sha256Hex(token);
  const found = book.claim(hash);
  if (found === undefined || found.cancelled_at !== null) {
    throw new FleetRefused("claim-unknown", "there is no such claim: ask for a new one");
  }
  const key = await checkRequest(csr);
  if (found.serial !== null) {
    const given = book.certificate(found.serial);
    if (given?.key_sha256 === key.keySha256) return again(parts, given);
    book.countRefused(hash);
    const { tenant, device } = found;
    log.warn({ event: "claim.refused", tenant, device }, "somebody came with a claim that was used before");
    throw new FleetRefused("claim-used", "this claim was used before, with another key: ask for a new one");
  }
  if (found.expires_at <= clock.nowMs()) {
    throw new FleetRefused("claim-expired", "this claim has lapsed: ask for a new one");
  }
  requireNewKey(parts, key);
  return await issue(parts, found, key, (recorded) => book.recordClaimed(hash, recorded));
}

/** The answer was lost and the same key asks again. */
function again({ authority, clock }: Parts, row: CertificateRow): Issued {
  requireHeld(row, clock.nowMs());
  return { certificate: row.pem, ca: authority.pem };
}

async function renew(parts: Parts, request: RenewRequest): Promise<Issued> {
  const { book, clock, nonces } = parts;
  const nowMs = clock.nowMs();
  const current = certificateOf(request.certificate);
  // Everything that was signed is in the book, so what is there byte for byte is ours.
  const row = current === undefined ? undefined : book.certificate(current.serialNumber.toLowerCase());
  if (current === undefined || row === undefined || !new X509Certificate(row.pem).raw.equals(current.raw)) {
    throw new FleetRefused("certificate-foreign", "this certificate is not from here");
  }
  if (!isSignedBy(current, request)) {
    throw new FleetRefused("signature", "the request is not signed by the certificate's key");
  }
  requireHeld(row, nowMs);
  if (nowMs < row.not_before + RENEWABLE_AT * (row.not_after - row.not_before)) {
    throw new FleetRefused("too-early", "this certificate is not half through its life yet: use it");
  }
  if (!nonces.take(request.nonce, nowMs)) {
    throw new FleetRefused("nonce", "the nonce is not from here, too old or used before: ask for another one");
  }
  const key = await checkRequest(request.csr);
  const known = book.certificateOfKey(key.keySha256);
  if (known !== undefined && known.renews === row.serial) return again(parts, known);
  requireNewKey(parts, key);
  if (book.successors(row.serial) >= MAX_SUCCESSORS) {
    throw new FleetRefused("too-often", "this certificate was renewed too often: ask for a claim");
  }
  return await issue(parts, row, key, (recorded) => book.recordRenewed(row.serial, recorded));
}

function requireHeld({ revoked_at, not_after }: CertificateRow, nowMs: number): void {
  if (revoked_at !== null) throw new FleetRefused("certificate-revoked", "this certificate was revoked");
  if (not_after <= nowMs)
    throw new FleetRefused("certificate-expired", "this certificate has expired: ask for a claim");
}

/** A key that has a certificate gets no other: a copied disk must not become two devices. */
function requireNewKey({ book }: Parts, { keySha256 }: RequestedKey): void {
  if (book.certificateOfKey(keySha256) !== undefined) {
    throw new FleetRefused("key-known", "this key has a certificate already: make a new key");
  }
}

/** Signs, records, and only then gives it out. */
async function issue(
  { authority, clock, lifeMs, log }: Parts,
  { tenant, device, role, tenants }: Principal,
  { publicKey, keySha256 }: RequestedKey,
  record: (recorded: Parameters<FleetBook["recordClaimed"]>[1]) => void,
): Promise<Issued> {
  const nowMs = Math.round(clock.nowMs());
  const principal = { tenant, device, role, tenants };
  const signed = await issueCertificate(authority, { principal, publicKey, serial: newSerial(), nowMs, lifeMs });
  record({ principal, signed, keySha256, nowMs });
  log.info({ event: "certificate.issued", tenant, device, role, serial: signed.serial }, "a certificate was issued");
  return { certificate: signed.pem, ca: authority.pem };
}

function certificateOf(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    // What is no certificate is nobody's.
    return undefined;
  }
}

function isSignedBy(certificate: X509Certificate, request: RenewRequest): boolean {
  const signature = Buffer.from(request.signature, "base64url");
  return verify("sha256", renewalBytes(request), certificate.publicKey, signature);
}

/** Gives `undefined` where nothing of the name is known; the new list is signed before the answer goes out. */
async function revoke(parts: Parts, order: RevocationOrder): Promise<Revocation | undefined> {
  const done = mark(parts, order);
  if (done === undefined) return undefined;
  const { number } = await revocationList(parts);
  const { serial, tenant, device, reason } = order;
  const what = { serial, tenant, device, reason, revoked: done.revoked.length, list: number };
  parts.log.info({ event: "certificates.revoked", ...what }, "certificates were revoked");
  return done;
}

function mark({ book, clock }: Parts, { serial, tenant, device, reason }: RevocationOrder): Revocation | undefined {
  const nowMs = Math.round(clock.nowMs());
  if (serial !== undefined) {
    const revoked = book.revokeOne(serial, reason, nowMs);
    return revoked === undefined ? undefined : { revoked: [...revoked], claims: 0 };
  }
  if (tenant === undefined || device === undefined) return undefined;
  const { known, revoked, claims } = book.revokeAll({ tenant, device }, reason, nowMs);
  return known + claims === 0 ? undefined : { revoked: [...revoked], claims };
}

/** The list of the moment; signed anew, with the next number, when something was revoked since or it gets old. */
async function revocationList({ authority, book, clock }: Parts): Promise<RevocationList> {
  const nowMs = Math.round(clock.nowMs());
  const last = book.list();
  if (last.pem !== null && Math.abs(nowMs - last.made_at) < LIST_AGE_MS) return listOf(last.number, last.pem);
  // The time keeps numbers rising even where the file was put back from an older copy.
  const number = Math.max(last.number + 1, Math.floor(nowMs / 1000));
  const nextUpdateMs = nowMs + LIST_LIFE_MS;
  const entries = book.revokedEntries(nowMs - LISTED_AFTER_END_MS);
  const pem = await signRevocationList(authority, { number, nowMs, nextUpdateMs, entries });
  book.keepList(number, pem, nowMs);
  return listOf(number, pem);
}

const listOf = (number: number, pem: string): RevocationList => ({
  number,
  pem,
  etag: `"${number}-${sha256Hex(pem).slice(0, 16)}"`,
});
