import "reflect-metadata";
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Extension,
  PemConverter,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
  X509CrlGenerator,
} from "@peculiar/x509";
import { type Principal, urisOfPrincipal } from "#contract/principals.ts";
import { tempFolder } from "./temp-folder.ts";

/** A certificate and its key, as PEM. */
export interface Issued {
  readonly cert: string;
  readonly key: string;
  /** In hex, as it is written in the certificate. */
  readonly serial: string;
}

/** What a test wants otherwise of a certificate. */
export interface IssueOptions {
  readonly uris?: readonly string[];
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  readonly usages?: readonly string[];
  readonly isAuthority?: boolean;
}

/** An authority of the tests: real certificates and revocation lists. */
export interface TestAuthority {
  readonly folder: string;
  /** The authority's own certificate. */
  readonly caFile: string;
  /** The gateway's certificate for 127.0.0.1 and its key. */
  readonly server: { readonly TLS_CERT: string; readonly TLS_KEY: string };
  /** A certificate for a principal. */
  issue(principal: Partial<Principal> & Pick<Principal, "device">, options?: IssueOptions): Promise<Issued>;
  /** Writes a fresh certificate of the gateway over the old one; its serial number. */
  renewServer(): Promise<string>;
  /** A revocation list as PEM. */
  list(number: number, serials: readonly string[], options?: { readonly nextUpdate?: Date }): Promise<string>;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const DAY_MS = 24 * 3600 * 1000;
const CRL_NUMBER = "2.5.29.20";

const freshKeys = () => cryptoProvider.get().subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
const freshSerial = () => randomBytes(16).toString("hex");

async function keyPem(key: CryptoKey): Promise<string> {
  return PemConverter.encode(await cryptoProvider.get().subtle.exportKey("pkcs8", key), "PRIVATE KEY");
}

/** Makes an authority in a fresh folder: its own root, or one below a root that nobody here knows. */
export async function makeAuthority({ isBelowAnother = false } = {}): Promise<TestAuthority> {
  const folder = await tempFolder();
  const [keys, above] = [await freshKeys(), await freshKeys()];
  const ca = await X509CertificateGenerator.create({
    serialNumber: "01",
    subject: "CN=Test authority",
    issuer: isBelowAnother ? "CN=Root" : "CN=Test authority",
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + 10 * DAY_MS),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: isBelowAnother ? above.privateKey : keys.privateKey,
    extensions: [new BasicConstraintsExtension(true, undefined, true)],
  });
  const caFile = join(folder, "ca.pem");
  await writeFile(caFile, ca.toString("pem"));
  const server = { TLS_CERT: join(folder, "server.pem"), TLS_KEY: join(folder, "server-key.pem") };
  const renewServer = async () => {
    const usages = [ExtendedKeyUsage.serverAuth];
    const issued = await issueWith(ca, keys, [{ type: "ip", value: "127.0.0.1" }], { usages });
    await writeFile(server.TLS_KEY, issued.key);
    await writeFile(server.TLS_CERT, issued.cert);
    return issued.serial;
  };
  await renewServer();
  return {
    folder,
    caFile,
    server,
    renewServer,
    issue: (principal, options = {}) => {
      const whole: Principal = { tenant: "demo", role: "device", tenants: [], ...principal };
      const uris = options.uris ?? urisOfPrincipal(whole);
      return issueWith(
        ca,
        keys,
        uris.map((value) => ({ type: "url" as const, value })),
        options,
      );
    },
    list: async (number, serials, { nextUpdate = new Date(Date.now() + DAY_MS) } = {}) => {
      const crl = await X509CrlGenerator.create({
        issuer: ca.subject,
        thisUpdate: new Date(),
        nextUpdate,
        entries: serials.map((serialNumber) => ({ serialNumber, revocationDate: new Date() })),
        signingAlgorithm: ALGORITHM,
        signingKey: keys.privateKey,
        extensions: [new Extension(CRL_NUMBER, false, derOfInteger(number))],
      });
      return crl.toString("pem");
    },
  };
}

async function issueWith(
  ca: X509Certificate,
  { privateKey }: CryptoKeyPair,
  names: readonly { readonly type: "ip" | "url"; readonly value: string }[],
  { notBefore, notAfter, usages = [ExtendedKeyUsage.clientAuth], isAuthority = false }: IssueOptions,
): Promise<Issued> {
  const keys = await freshKeys();
  const serial = freshSerial();
  const cert = await X509CertificateGenerator.create({
    serialNumber: serial,
    subject: "CN=test",
    issuer: ca.subject,
    notBefore: notBefore ?? new Date(Date.now() - DAY_MS),
    notAfter: notAfter ?? new Date(Date.now() + DAY_MS),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: privateKey,
    extensions: [
      new BasicConstraintsExtension(isAuthority, undefined, true),
      new ExtendedKeyUsageExtension([...usages]),
      new SubjectAlternativeNameExtension([...names]),
    ],
  });
  return { cert: cert.toString("pem"), key: await keyPem(keys.privateKey), serial: cert.serialNumber };
}

/** A small whole number in DER. */
function derOfInteger(n: number): Uint8Array<ArrayBuffer> {
  const hex = n.toString(16);
  const digits = Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex");
  const isHigh = (digits[0] ?? 0) >= 0x80;
  return Uint8Array.from([2, digits.length + (isHigh ? 1 : 0), ...(isHigh ? [0] : []), ...digits]);
}
