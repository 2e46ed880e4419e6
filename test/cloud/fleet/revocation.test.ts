import "reflect-metadata";
import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as x509 from "@peculiar/x509";
import { describe, expect, it } from "vitest";
import { requestFor } from "../../../firmware-config/certificate-request.ts";
import { makeTlsKey } from "../../../firmware-config/tls-key.ts";
import { hasOpenssl } from "../../support/has-openssl.ts";
import { aClaim, DAY_MS, enrolOne, openTestFleet } from "./fleet-fixture.ts";

const serialOf = (certificate: string) => new X509Certificate(certificate).serialNumber.toLowerCase();
const serialsIn = (pem: string) => new x509.X509Crl(pem).entries.map(({ serialNumber }) => serialNumber);

describe("revocation", () => {
  it("puts a certificate into a list with a higher number, signed by the authority", async () => {
    const { fleet } = await openTestFleet();
    const { certificate, ca } = await enrolOne(fleet);
    const before = await fleet.revocationList();

    const revocation = await fleet.revoke({ serial: serialOf(certificate), reason: "key-compromise" });

    const after = await fleet.revocationList();
    expect(revocation).toEqual({ revoked: [serialOf(certificate)], claims: 0 });
    expect(serialsIn(before.pem)).toEqual([]);
    expect(serialsIn(after.pem)).toEqual([serialOf(certificate)]);
    expect(after.number).toBeGreaterThan(before.number);
    expect(after.etag).not.toBe(before.etag);
    const list = new x509.X509Crl(after.pem);
    expect(await list.verify({ publicKey: new x509.X509Certificate(ca) })).toBe(true);
    expect(list.entries[0]?.reason).toBe(x509.X509CrlReason.keyCompromise);
  });

  it("takes all certificates of a device and its open claims, and nobody else's", async () => {
    const { fleet } = await openTestFleet();
    const [first, second] = [await enrolOne(fleet), await enrolOne(fleet)];
    const other = await enrolOne(fleet, { device: "truck-2" });
    const open = await aClaim(fleet);

    const revocation = await fleet.revoke({ tenant: "chel", device: "truck-1", reason: "retired" });

    const serials = [first, second].map(({ certificate }) => serialOf(certificate));
    expect(new Set(revocation?.revoked)).toEqual(new Set(serials));
    expect(revocation?.claims).toBe(1);
    expect(serialsIn((await fleet.revocationList()).pem)).not.toContain(serialOf(other.certificate));
    await expect(fleet.enrol({ claim: open, csr: requestFor(makeTlsKey()) })).rejects.toEqual(
      expect.objectContaining({ code: "claim-unknown" }),
    );
  });

  it("changes nothing the second time, and knows what it does not know", async () => {
    const { fleet } = await openTestFleet();
    const { certificate } = await enrolOne(fleet);
    const order = { serial: serialOf(certificate), reason: "retired" } as const;
    await fleet.revoke(order);
    const list = await fleet.revocationList();

    expect(await fleet.revoke(order)).toEqual({ revoked: [], claims: 0 });
    expect(await fleet.revoke({ serial: "4".repeat(32), reason: "retired" })).toBeUndefined();
    expect(await fleet.revoke({ tenant: "chel", device: "nobody", reason: "retired" })).toBeUndefined();
    expect(await fleet.revocationList()).toEqual(list);
  });

  it("signs its list anew every day, long before it ends, and after a restart with a higher number", async () => {
    const test = await openTestFleet();
    const first = await test.fleet.revocationList();
    const ends = new x509.X509Crl(first.pem).nextUpdate?.getTime() ?? 0;
    expect(ends - test.nowMs()).toBeGreaterThan(6 * DAY_MS);

    test.passMs(DAY_MS - 60_000);
    expect(await test.fleet.revocationList()).toEqual(first);
    test.passMs(60_000);
    const next = await test.fleet.revocationList();
    await test.reopen();
    const third = await test.fleet.revocationList();

    expect(next.number).toBeGreaterThan(first.number);
    expect(third.number).toBeGreaterThan(next.number);
  });

  it("goes on with higher numbers when its file was put back from an older copy", async () => {
    const test = await openTestFleet();
    const copy = join(test.folder, "copy.db");
    await test.reopen();
    await copyFile(join(test.folder, "fleet.db"), copy);
    for (let times = 0; times < 5; times += 1) {
      const { certificate } = await enrolOne(test.fleet);
      await test.fleet.revoke({ serial: serialOf(certificate), reason: "retired" });
    }
    const { number } = await test.fleet.revocationList();
    test.passMs(60_000);

    await test.reopen({ file: copy });

    expect((await test.fleet.revocationList()).number).toBeGreaterThan(number);
  });

  it("does not forget a certificate that was revoked just before a crash", async () => {
    const test = await openTestFleet();
    const { certificate } = await enrolOne(test.fleet);
    await test.fleet.revoke({ serial: serialOf(certificate), reason: "retired" });

    await test.reopen();

    expect(serialsIn((await test.fleet.revocationList()).pem)).toEqual([serialOf(certificate)]);
  });

  it.skipIf(!hasOpenssl())("is what OpenSSL understands by it", async () => {
    const { fleet, folder } = await openTestFleet();
    const { certificate, ca } = await enrolOne(fleet);
    const verify = async () => {
      await writeFile(join(folder, "crl.pem"), (await fleet.revocationList()).pem);
      const files = ["-CAfile", "ca.pem", "-crl_check", "-CRLfile", "crl.pem", "client.pem"];
      return execFileSync("openssl", ["verify", ...files], {
        cwd: folder,
        stdio: ["ignore", "pipe", "pipe"],
      }).toString();
    };
    await writeFile(join(folder, "ca.pem"), ca);
    await writeFile(join(folder, "client.pem"), certificate);
    expect(await verify()).toBe("client.pem: OK\n");

    await fleet.revoke({ serial: serialOf(certificate), reason: "key-compromise" });

    await expect(verify()).rejects.toThrow("certificate revoked");
  });
});
