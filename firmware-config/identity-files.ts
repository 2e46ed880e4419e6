import { createHash, createPrivateKey, X509Certificate } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Issued } from "#contract/enrolment.ts";
import { type Principal, principalOfUris } from "#contract/principals.ts";
import { removeDurably, syncFolder, writeDurably } from "#kit/durable-file.ts";
import { AppError, codeOf } from "#kit/errors.ts";
import { makeTlsKey } from "./tls-key.ts";

/** A client's certificate with its key. */
export interface Identity {
  readonly keyPem: string;
  readonly certificatePem: string;
  readonly principal: Principal;
  readonly serial: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** What is in the folder, or what the cloud sent, is no certificate with its key. */
export class BadIdentity extends AppError {
  readonly code = "bad-identity";
  readonly retry = false;
}

/** `identity.pem` holds both, so that a crash never leaves the key of one with the certificate of another. */
const files = (folder: string) => ({
  identity: join(folder, "identity.pem"),
  nextKey: join(folder, "next-key.pem"),
  authority: join(folder, "ca.pem"),
  usedClaim: join(folder, "used-claim"),
});

/** Where TLS finds key, certificate and the fleet's authority: the first two lie in one file. */
export const identityFilesIn = (folder: string): { readonly pem: string; readonly ca: string } => {
  const { identity, authority } = files(folder);
  return { pem: identity, ca: authority };
};

/** Reads what is kept; undefined where nothing is. Rejects with `BadIdentity` when it cannot be used. */
export async function readIdentity(folder: string): Promise<Identity | undefined> {
  const { identity } = files(folder);
  const text = await readIfThere(identity);
  return text === undefined ? undefined : parseIdentity(text, `${identity} is damaged: remove it and ask for a claim`);
}

/**
 * The key that the next certificate is asked for: on disk before anybody hears of it, and the same until that certificate
 * is kept, so a lost answer can be asked for again.
 */
export async function nextKeyIn(folder: string): Promise<string> {
  const { nextKey } = files(folder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const kept = await readIfThere(nextKey);
  if (kept !== undefined && isKey(kept)) return kept;
  const made = makeTlsKey();
  await writeDurably(nextKey, made, 0o600);
  await syncFolder(dirname(folder));
  return made;
}

/** The next certificate shall be asked for with another key. */
export const forgetNextKey = (folder: string): Promise<void> => removeDurably([files(folder).nextKey]);

/** What the cloud sent for a key. Throws `BadIdentity` when it is not for this key. */
export const identityOf = (keyPem: string, { certificate }: Issued): Identity =>
  parseIdentity(`${keyPem}\n${certificate}`, "the cloud sent a certificate that is not for this key");

/**
 * Keeps a certificate with its key: a crash at any moment leaves the old or the new pair, whole. Rejects with `disk-full`
 * or `disk-unwritable`; then the old one stays.
 */
export async function keepIdentity(folder: string, { keyPem, certificatePem }: Identity, ca: string): Promise<void> {
  const { identity, authority, nextKey } = files(folder);
  await writeDurably(authority, ca, 0o600);
  await writeDurably(identity, `${keyPem}${certificatePem}`, 0o600);
  await removeDurably([nextKey]);
}

const hashOf = (claim: string): string => createHash("sha256").update(claim).digest("hex");

/** Whether the certificate came of this claim: it is spent, and asking with it again would look like a theft. */
export async function isSpent(folder: string, claim: string): Promise<boolean> {
  return (await readIfThere(files(folder).usedClaim)) === hashOf(claim);
}

/** Notes the claim that the certificate came of; only its hash is kept. */
export const noteSpent = (folder: string, claim: string): Promise<void> =>
  writeDurably(files(folder).usedClaim, hashOf(claim), 0o600);

function isKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === "ec";
  } catch {
    // Damaged on the disk: nothing was issued for it, or it is lost; another one is made.
    return false;
  }
}

function parseIdentity(text: string, complaint: string): Identity {
  const [keyPem] = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----/.exec(text) ?? [];
  const [certificatePem] = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(text) ?? [];
  if (keyPem === undefined || certificatePem === undefined) throw new BadIdentity(complaint);
  try {
    const certificate = new X509Certificate(certificatePem);
    const uris = (certificate.subjectAltName ?? "").split(", ").map((name) => name.replace(/^URI:/, ""));
    const principal = principalOfUris(uris);
    if (principal === undefined || !certificate.checkPrivateKey(createPrivateKey(keyPem)))
      throw new BadIdentity(complaint);
    return {
      keyPem: `${keyPem}\n`,
      certificatePem: `${certificatePem}\n`,
      principal,
      serial: certificate.serialNumber.toLowerCase(),
      notBeforeMs: certificate.validFromDate.getTime(),
      notAfterMs: certificate.validToDate.getTime(),
    };
  } catch (cause) {
    throw cause instanceof BadIdentity ? cause : new BadIdentity(complaint, { cause });
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  return await readFile(file, "utf8").catch((cause: unknown) => {
    if (codeOf(cause) === "ENOENT") return undefined;
    throw new BadIdentity(`${file} cannot be read (${codeOf(cause)})`, { cause });
  });
}
