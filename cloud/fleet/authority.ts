import "reflect-metadata";
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, X509Certificate } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import * as x509 from "@peculiar/x509";
import { syncFolder, writeDurably } from "#kit/durable-file.ts";
import { codeOf } from "#kit/errors.ts";
import { BadConfig } from "#kit/load-config.ts";

/** The one algorithm of the fleet: secure elements, OpenSSL and browsers all have it. */
export const P256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** A new authority needs every device to learn it, so it lives long; its own end bounds that of every certificate. */
const LIFE_MS = 20 * 365 * 86_400_000;
/** Clocks differ: what is issued now holds a little earlier already. */
export const CLOCK_SKEW_MS = 5 * 60_000;

/** Who signs: the key never leaves the process that opened it. */
export interface Authority {
  /** PEM of its own certificate. */
  readonly pem: string;
  readonly certificate: x509.X509Certificate;
  readonly key: KeyObject;
  /** The same key, for the library. */
  readonly signingKey: CryptoKey;
  readonly publicKey: KeyObject;
  readonly notAfterMs: number;
}

/** Where the authority's own key and certificate come from, instead of being made here. */
export interface OwnAuthority {
  readonly certFile: string;
  readonly keyFile: string;
}

/**
 * Opens the certificate authority: one's own where files are named, else the one in `folder`, which is made at the first
 * start (key 0600). The key is written before its certificate and never replaced, so a crash between the two is mended
 * at the next start. Rejects with `BadConfig` when the two cannot sign certificates together.
 */
export async function openAuthority(
  folder: string,
  own: OwnAuthority | null,
  nowMs: number,
  newSerial: () => string,
): Promise<Authority> {
  if (own !== null) return await assemble(await readPem(own.keyFile), await readPem(own.certFile), nowMs);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const keyFile = join(folder, "ca-key.pem");
  const certFile = join(folder, "ca.pem");
  const certPem = await readIfThere(certFile);
  const keyPem = await readIfThere(keyFile);
  if (keyPem === undefined && certPem !== undefined) {
    throw new BadConfig(`${certFile} has lost its key: put ${keyFile} back, or remove both for a new authority`);
  }
  const key = keyPem ?? makeKey();
  if (keyPem === undefined) await writeDurably(keyFile, key, 0o600);
  const cert = certPem ?? (await selfSign(createPrivateKey(key), nowMs, newSerial()));
  if (certPem === undefined) {
    await writeDurably(certFile, cert);
    await syncFolder(join(folder, ".."));
  }
  return await assemble(key, cert, nowMs);
}

function makeKey(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

/** The serial also tells two authorities of the same name apart, for a person who reads their names. */
async function selfSign(key: KeyObject, nowMs: number, serial: string): Promise<string> {
  const publicKey = new x509.PublicKey(createPublicKey(key).export({ type: "spki", format: "der" }));
  const name = `CN=Dvornik fleet ${serial.slice(-8)}, O=Dvornik`;
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial,
    subject: name,
    issuer: name,
    notBefore: new Date(nowMs - CLOCK_SKEW_MS),
    notAfter: new Date(nowMs + LIFE_MS),
    publicKey,
    signingKey: await signingKeyOf(key),
    signingAlgorithm: P256,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
    ],
  });
  return `${certificate.toString("pem")}\n`;
}

async function assemble(keyPem: string, certPem: string, nowMs: number): Promise<Authority> {
  const { key, native, certificate } = parse(keyPem, certPem);
  if (key.asymmetricKeyType !== "ec" || key.asymmetricKeyDetails?.namedCurve !== "prime256v1") {
    throw new BadConfig("the authority's key must be an EC key on P-256");
  }
  if (!native.checkPrivateKey(key)) throw new BadConfig("the authority's key and certificate do not belong together");
  const usages = certificate.getExtension(x509.KeyUsagesExtension)?.usages;
  const needed = x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign;
  if (!native.ca || usages === undefined || (usages & needed) !== needed) {
    throw new BadConfig("the authority's certificate must be a CA with the key usages keyCertSign and cRLSign");
  }
  const notAfterMs = certificate.notAfter.getTime();
  if (notAfterMs <= nowMs) throw new BadConfig(`the authority's certificate has expired: ${native.validTo}`);
  const signingKey = await signingKeyOf(key);
  return { pem: certPem, certificate, key, signingKey, publicKey: native.publicKey, notAfterMs };
}

function parse(keyPem: string, certPem: string) {
  try {
    const native = new X509Certificate(certPem);
    return { key: createPrivateKey(keyPem), native, certificate: new x509.X509Certificate(native.raw) };
  } catch (cause) {
    throw new BadConfig("the authority's key or certificate is no PEM file of one", { cause });
  }
}

const signingKeyOf = (key: KeyObject): Promise<CryptoKey> =>
  crypto.subtle.importKey("pkcs8", key.export({ type: "pkcs8", format: "der" }), P256, false, ["sign"]);

async function readPem(file: string): Promise<string> {
  return await readFile(file, "utf8").catch((cause: unknown) => {
    throw new BadConfig(`the authority cannot be read: ${file} (${codeOf(cause)})`, { cause });
  });
}

async function readIfThere(file: string): Promise<string | undefined> {
  return await readFile(file, "utf8").catch((cause: unknown) => {
    if (codeOf(cause) === "ENOENT") return undefined;
    throw new BadConfig(`the authority cannot be read: ${file} (${codeOf(cause)})`, { cause });
  });
}
