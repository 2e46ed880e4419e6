import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { principalOfUris } from "#contract/principals.ts";
import { hasOpenssl } from "../../support/has-openssl.ts";
import { aClaim, DAY_MS, enrolOne, openTestFleet } from "./fleet-fixture.ts";

const urisOf = (certificate: X509Certificate) =>
  (certificate.subjectAltName ?? "").split(", ").map((name) => name.replace(/^URI:/, ""));

describe("the certificate authority", () => {
  it("makes its key once, for its owner's eyes only, and keeps it over a restart", async () => {
    const test = await openTestFleet();
    const before = await test.fleet.authority();

    await test.reopen();

    expect(await test.fleet.authority()).toBe(before);
    expect((await stat(join(test.folder, "fleet", "ca-key.pem"))).mode & 0o777).toBe(0o600);
    const certificate = new X509Certificate(before);
    expect(certificate.ca).toBe(true);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
  });

  it("makes the certificate again for the key that a crash left alone", async () => {
    const test = await openTestFleet();
    const before = new X509Certificate(await test.fleet.authority());
    await rm(join(test.folder, "fleet", "ca.pem"));

    await test.reopen();

    const after = new X509Certificate(await test.fleet.authority());
    expect(after.publicKey.equals(before.publicKey)).toBe(true);
  });

  it("does not start with a certificate whose key is gone, nor with another key", async () => {
    const test = await openTestFleet();
    const keyFile = join(test.folder, "fleet", "ca-key.pem");
    const other = await openTestFleet();
    const otherKey = await readFile(join(other.folder, "fleet", "ca-key.pem"), "utf8");

    await rm(keyFile);
    await expect(test.reopen()).rejects.toThrow("has lost its key");
    await writeFile(keyFile, otherKey);
    await expect(test.reopen()).rejects.toThrow("do not belong together");
  });

  it("signs with one's own authority where it is given", async () => {
    const own = await openTestFleet();
    const files = {
      certFile: join(own.folder, "fleet", "ca.pem"),
      keyFile: join(own.folder, "fleet", "ca-key.pem"),
    };

    const { fleet } = await openTestFleet({ own: files });

    const { certificate } = await enrolOne(fleet);
    const authority = new X509Certificate(await own.fleet.authority());
    expect(new X509Certificate(certificate).verify(authority.publicKey)).toBe(true);
  });

  it("names the client in the certificate and nowhere else, for ninety days and for clients only", async () => {
    const { fleet, nowMs } = await openTestFleet();

    const { certificate } = await enrolOne(fleet, {
      tenant: "dv",
      device: "village-1",
      role: "gateway",
      tenants: ["chel"],
    });

    const given = new X509Certificate(certificate);
    expect(principalOfUris(urisOf(given))).toEqual({
      tenant: "dv",
      device: "village-1",
      role: "gateway",
      tenants: ["chel"],
    });
    expect(given.subject).toBeUndefined();
    expect(given.keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]);
    expect(given.ca).toBe(false);
    expect(given.validToDate.getTime() - nowMs()).toBeGreaterThan(90 * DAY_MS - 2_000);
    expect(nowMs() - given.validFromDate.getTime()).toBeGreaterThan(4 * 60_000);
    expect(given.serialNumber).toMatch(/^[0-9A-F]{32}$/);
  });

  it("has written down whatever it gives out", async () => {
    const test = await openTestFleet();
    const { certificate } = await enrolOne(test.fleet);

    await test.reopen();

    const [row] = await test.fleet.certificates({ limit: 10 });
    expect(row?.serial).toBe(new X509Certificate(certificate).serialNumber.toLowerCase());
    expect(row).toMatchObject({ tenant: "chel", device: "truck-1", role: "device", renews: null, revokedAt: null });
  });

  it("keeps neither claims nor keys in its files, but for its own", async () => {
    const test = await openTestFleet();
    const claim = await aClaim(test.fleet);
    await test.fleet.certificates({ limit: 1 });

    const files = ["fleet.db", "fleet.db-wal"].map((name) => join(test.folder, name));
    for (const file of files) {
      const bytes = await readFile(file).catch(() => Buffer.alloc(0));
      expect(bytes.includes(claim)).toBe(false);
    }
  });

  it.skipIf(!hasOpenssl())("makes certificates that OpenSSL takes for clients, and refuses for servers", async () => {
    const { fleet, folder } = await openTestFleet();
    const { certificate, ca } = await enrolOne(fleet);
    await writeFile(join(folder, "ca.pem"), ca);
    await writeFile(join(folder, "client.pem"), certificate);
    const verify = (purpose: string) =>
      execFileSync("openssl", ["verify", "-x509_strict", "-purpose", purpose, "-CAfile", "ca.pem", "client.pem"], {
        cwd: folder,
        stdio: ["ignore", "pipe", "ignore"],
      }).toString();

    expect(verify("sslclient")).toBe("client.pem: OK\n");
    expect(() => verify("sslserver")).toThrow();
  });
});
