import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readCertificate, serialOf, urisOf } from "../../../gateway/access/certificate.ts";
import { makeAuthority } from "../../support/test-authority.ts";

describe("readCertificate", () => {
  it("reads whom a certificate speaks for, its serial number and its end", async () => {
    const authority = await makeAuthority();
    const notAfter = new Date(Math.floor(Date.now() / 1000) * 1000 + 60_000);
    const issued = await authority.issue(
      { tenant: "dv", device: "desk", role: "operator", tenants: ["demo"] },
      { notAfter },
    );

    const read = readCertificate(
      new X509Certificate(issued.cert),
      new X509Certificate(await readFile(authority.caFile)),
    );

    expect(read).toEqual({
      principal: { tenant: "dv", device: "desk", role: "operator", tenants: ["demo"] },
      serial: serialOf(issued.serial),
      notAfterMs: notAfter.getTime(),
    });
  });

  it("takes none whose issuer only has the authority's name", async () => {
    const authority = await makeAuthority();
    const namesake = await makeAuthority();
    const { cert } = await namesake.issue({ device: "truck-1" });

    const read = readCertificate(new X509Certificate(cert), new X509Certificate(await readFile(authority.caFile)));

    expect(read).toBe("not issued by the authority itself");
  });
});

describe("urisOf", () => {
  it("finds the URIs among other names, and nothing in names that had to be quoted", () => {
    expect(urisOf("DNS:a, URI:urn:x:1, IP Address:1.2.3.4, URI:urn:x:2")).toEqual(["urn:x:1", "urn:x:2"]);
    expect(urisOf('DNS:"a, URI:urn:dvornik:role:operator, b"')).toEqual([]);
    expect(urisOf("")).toEqual([]);
  });

  it("never fails, whatever is printed", () => {
    fc.assert(fc.property(fc.string(), (text) => urisOf(text).every((uri) => !uri.includes(", "))));
  });
});
