import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AppError } from "#kit/errors.ts";
import { DerReader, MalformedDer, TAG } from "../../../gateway/access/der.ts";
import { readRevocationList } from "../../../gateway/access/revocation-list.ts";
import { makeAuthority } from "../../support/test-authority.ts";

const SERIALS = ["0a", "7fffffffffffffffffffffffffffffff", "00ff"];

async function anAuthority() {
  const authority = await makeAuthority();
  return { authority, ca: new X509Certificate(await readFile(authority.caFile)) };
}

describe("readRevocationList", () => {
  it("reads number, times and serial numbers", async () => {
    const { authority, ca } = await anAuthority();
    const nextUpdate = new Date(Math.floor(Date.now() / 1000) * 1000 + 60_000);

    const list = readRevocationList(await authority.list(300, SERIALS, { nextUpdate }), ca);

    expect(list.number).toBe(300n);
    expect(list.nextUpdateMs).toBe(nextUpdate.getTime());
    expect(Date.now() - list.thisUpdateMs).toBeLessThan(60_000);
    expect([...list.serials].sort()).toEqual(["7fffffffffffffffffffffffffffffff", "a", "ff"]);
  });

  it("reads an empty list", async () => {
    const { authority, ca } = await anAuthority();

    expect(readRevocationList(await authority.list(1, []), ca)).toMatchObject({ number: 1n, serials: new Set() });
  });

  it("takes no list of another authority, however it is named", async () => {
    const { ca } = await anAuthority();
    const other = await anAuthority();

    const foreign = await other.authority.list(1, SERIALS);

    expect(() => readRevocationList(foreign, ca)).toThrow("not signed by the authority");
  });

  it("takes no list in which anything was changed", async () => {
    const { authority, ca } = await anAuthority();
    const der = derOf(await authority.list(7, SERIALS));

    fc.assert(
      fc.property(fc.nat(der.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const changed = Buffer.from(der);
        changed.writeUInt8((changed[at] ?? 0) ^ change, at);
        expect(() => readRevocationList(pemOf(changed), ca)).toThrow(AppError);
      }),
      { numRuns: 500 },
    );
  });

  it("says nothing but that it is no list, whatever comes", async () => {
    const { authority, ca } = await anAuthority();
    const der = derOf(await authority.list(7, SERIALS));
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => pemOf(Buffer.from(bytes))),
      fc.nat(der.length - 1).map((end) => pemOf(der.subarray(0, end))),
      fc.string(),
    );

    fc.assert(
      fc.property(anything, (pem) => {
        expect(() => readRevocationList(pem, ca)).toThrow(AppError);
      }),
    );
  });

  it("reads a list of a thousand", async () => {
    const { authority, ca } = await anAuthority();
    const serials = Array.from({ length: 1_000 }, (_, i) => (i + 4096).toString(16).padStart(8, "0"));

    expect(readRevocationList(await authority.list(2, serials), ca).serials.size).toBe(1_000);
  });
});

describe("DerReader", () => {
  it("takes nothing but what fits into its bytes, whatever they are", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const reader = new DerReader(Buffer.from(bytes));
        try {
          while (!reader.isAtEnd) {
            const { bytes: all, body } = reader.next("anything", ...Object.values(TAG));
            expect(all.length).toBeGreaterThanOrEqual(body.length + 2);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedDer);
        }
      }),
    );
  });
});

const derOf = (pem: string) => Buffer.from(pem.replace(/-----.*-----/g, ""), "base64");
const pemOf = (der: Buffer) => `-----BEGIN X509 CRL-----\n${der.toString("base64")}\n-----END X509 CRL-----\n`;
