import "reflect-metadata";
import { randomBytes, X509Certificate } from "node:crypto";
import { join } from "node:path";
import * as x509 from "@peculiar/x509";
import { describe, expect, it } from "vitest";
import { CLOCK_SKEW_MS, openAuthority, P256 } from "../../../cloud/fleet/authority.ts";
import { serialOf } from "../../../cloud/fleet/issue.ts";
import { REASONS, type RevokedEntry, signRevocationList } from "../../../cloud/fleet/revocation-list.ts";
import { DerReader, TAG } from "../../../gateway/access/der.ts";
import { readRevocationList } from "../../../gateway/access/revocation-list.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const NOW_MS = Date.UTC(2049, 11, 30);
const NEXT_MS = Date.UTC(2050, 0, 6);
const aSerial = () => serialOf(randomBytes(16));
const anAuthority = async () => await openAuthority(join(await tempFolder(), "fleet"), null, NOW_MS, aSerial);

/** What is signed of a list: its first part. */
function signedPart(der: Uint8Array): string {
  return new DerReader(Buffer.from(der)).sequence("a list").next("what is signed", TAG.sequence).bytes.toString("hex");
}

describe("signRevocationList", () => {
  const dates = [Date.UTC(1999, 0, 1), NOW_MS, Date.UTC(2050, 0, 1)];
  const all = dates.flatMap((revokedAtMs) =>
    (["key-compromise", "superseded", "retired"] as const).map(
      (reason): RevokedEntry => ({ serial: aSerial(), revokedAtMs, reason }),
    ),
  );

  it.each([
    ["nobody", [], 1],
    ["one certificate", all.slice(0, 1), 0x7f],
    ["every reason, before and after 2050", all, 0x80_00],
  ])("signs the very bytes that the library writes: %s", async (_what, entries, number) => {
    const authority = await anAuthority();

    const pem = await signRevocationList(authority, { number, nowMs: NOW_MS, nextUpdateMs: NEXT_MS, entries });

    const ours = new x509.X509Crl(pem);
    const theirs = await x509.X509CrlGenerator.create({
      issuer: authority.certificate.subjectName,
      thisUpdate: new Date(NOW_MS - CLOCK_SKEW_MS),
      nextUpdate: new Date(NEXT_MS),
      signingKey: authority.signingKey,
      signingAlgorithm: P256,
      entries: entries.map(({ serial, revokedAtMs, reason }) => ({
        serialNumber: serial,
        revocationDate: new Date(revokedAtMs),
        reason: REASONS[reason],
      })),
      extensions: [
        await x509.AuthorityKeyIdentifierExtension.create(authority.certificate.publicKey),
        new x509.Extension("2.5.29.20", false, integerOf(number)),
      ],
    });
    expect(signedPart(new Uint8Array(ours.rawData))).toBe(signedPart(new Uint8Array(theirs.rawData)));
    expect(await ours.verify({ publicKey: authority.certificate })).toBe(true);
  });

  it("gives no reason where there is none, instead of an empty list of them", async () => {
    const authority = await anAuthority();
    const entries = [{ serial: aSerial(), revokedAtMs: NOW_MS, reason: "unspecified" }] as const;

    const pem = await signRevocationList(authority, { number: 1, nowMs: NOW_MS, nextUpdateMs: NEXT_MS, entries });

    const [entry] = new x509.X509Crl(pem).entries;
    expect([entry?.serialNumber, entry?.reason]).toEqual([entries[0].serial, undefined]);
    expect(Buffer.from(entry?.rawData ?? new ArrayBuffer()).at(-1)).toBe("Z".charCodeAt(0));
  });

  it("lists twenty thousand certificates, and a gateway finds each of them", async () => {
    const authority = await anAuthority();
    const entries = Array.from(
      { length: 20_000 },
      (): RevokedEntry => ({ serial: aSerial(), revokedAtMs: NOW_MS, reason: "retired" }),
    );

    const pem = await signRevocationList(authority, { number: 7, nowMs: NOW_MS, nextUpdateMs: NEXT_MS, entries });

    const { number, serials } = readRevocationList(pem, new X509Certificate(authority.pem));
    expect(number).toBe(7n);
    expect(serials.size).toBe(20_000);
    expect(entries.every(({ serial }) => serials.has(serial))).toBe(true);
  });
});

/** Written down from X.690, 8.3, for the three numbers above. */
function integerOf(number: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(number === 0x80_00 ? [2, 3, 0, 0x80, 0] : [2, 1, number]);
}
