import { X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { requestFor } from "../../../firmware-config/certificate-request.ts";
import { makeTlsKey } from "../../../firmware-config/tls-key.ts";
import { aRenewal, DAY_MS, type Enrolled, enrolOne, openTestFleet } from "./fleet-fixture.ts";

const refusedWith = (code: string) => expect.objectContaining({ code });
const serialOf = (certificate: string) => new X509Certificate(certificate).serialNumber.toLowerCase();

describe("renewal", () => {
  it("gives the same client another certificate for another key, and leaves the current one in force", async () => {
    const { fleet, passMs } = await openTestFleet();
    const current = await enrolOne(fleet);
    passMs(54 * DAY_MS);

    const next = await fleet.renew(await aRenewal(fleet, current));

    const [before, after] = [new X509Certificate(current.certificate), new X509Certificate(next.certificate)];
    expect(after.subjectAltName).toBe(before.subjectAltName);
    expect(after.publicKey.equals(before.publicKey)).toBe(false);
    expect(after.validToDate.getTime() - before.validToDate.getTime()).toBeGreaterThan(53 * DAY_MS);
    expect((await fleet.counts()).certificates).toBe(2);
  });

  it("gives the same certificate again to whoever lost the answer", async () => {
    const test = await openTestFleet();
    const current = await enrolOne(test.fleet);
    test.passMs(54 * DAY_MS);
    const csr = requestFor(makeTlsKey());
    const first = await test.fleet.renew(await aRenewal(test.fleet, current, { csr }));

    await test.reopen();

    expect(await test.fleet.renew(await aRenewal(test.fleet, current, { csr }))).toEqual(first);
    expect((await test.fleet.counts()).certificates).toBe(2);
  });

  it("takes a nonce once, for five minutes, and only its own", async () => {
    const test = await openTestFleet();
    const current = await enrolOne(test.fleet);
    test.passMs(54 * DAY_MS);
    const used = await aRenewal(test.fleet, current);
    await test.fleet.renew(used);
    const late = await aRenewal(test.fleet, current);
    const elsewhere = (await openTestFleet()).fleet;
    const foreign = await aRenewal(test.fleet, current, await elsewhere.nonce());

    await expect(test.fleet.renew(used)).rejects.toEqual(refusedWith("nonce"));
    await expect(test.fleet.renew(foreign)).rejects.toEqual(refusedWith("nonce"));
    test.passMs(5 * 60_000);
    await expect(test.fleet.renew(late)).rejects.toEqual(refusedWith("nonce"));
  });

  it("is refused without the certificate's key, and when anything of it was changed on the way", async () => {
    const { fleet, passMs } = await openTestFleet();
    const current = await enrolOne(fleet);
    passMs(54 * DAY_MS);
    const good = await aRenewal(fleet, current);
    const thief: Enrolled = { ...current, key: makeTlsKey() };

    await expect(fleet.renew(await aRenewal(fleet, thief))).rejects.toEqual(refusedWith("signature"));
    const swapped = { ...good, csr: requestFor(makeTlsKey()) };
    await expect(fleet.renew(swapped)).rejects.toEqual(refusedWith("signature"));
    const otherNonce = { ...good, ...(await fleet.nonce()) };
    await expect(fleet.renew(otherNonce)).rejects.toEqual(refusedWith("signature"));
    await expect(fleet.renew(good)).resolves.toBeDefined();
  });

  it("is refused to certificates of another authority, expired ones and revoked ones", async () => {
    const { fleet, passMs } = await openTestFleet();
    const foreign = await enrolOne((await openTestFleet()).fleet);
    const [revoked, expired] = [await enrolOne(fleet), await enrolOne(fleet, { device: "truck-2" })];
    await fleet.revoke({ serial: serialOf(revoked.certificate), reason: "key-compromise" });
    passMs(54 * DAY_MS);

    await expect(fleet.renew(await aRenewal(fleet, foreign))).rejects.toEqual(refusedWith("certificate-foreign"));
    await expect(fleet.renew(await aRenewal(fleet, revoked))).rejects.toEqual(refusedWith("certificate-revoked"));
    passMs(36 * DAY_MS);
    await expect(fleet.renew(await aRenewal(fleet, expired))).rejects.toEqual(refusedWith("certificate-expired"));
  });

  it("is refused before its nonce is used where the certificate holds no more or is too young: such refusals are cheap", async () => {
    const { fleet, passMs } = await openTestFleet();
    const [young, revoked] = [await enrolOne(fleet), await enrolOne(fleet, { device: "truck-2" })];
    await fleet.revoke({ serial: serialOf(revoked.certificate), reason: "key-compromise" });
    const early = await aRenewal(fleet, young);
    const lost = await aRenewal(fleet, revoked);

    for (const _time of [1, 2]) {
      await expect(fleet.renew(early)).rejects.toEqual(refusedWith("too-early"));
      await expect(fleet.renew(lost)).rejects.toEqual(refusedWith("certificate-revoked"));
    }
    passMs(90 * DAY_MS);
    await expect(fleet.renew(early)).rejects.toEqual(refusedWith("certificate-expired"));
  });

  it("comes not before half of the life, nor for a key that has a certificate, nor without end", async () => {
    const { fleet, passMs } = await openTestFleet();
    const current = await enrolOne(fleet);
    passMs(44 * DAY_MS);
    await expect(fleet.renew(await aRenewal(fleet, current))).rejects.toEqual(refusedWith("too-early"));
    passMs(2 * DAY_MS);

    const sameKey = await aRenewal(fleet, current, { csr: requestFor(current.key) });
    await expect(fleet.renew(sameKey)).rejects.toEqual(refusedWith("key-known"));
    for (let time = 0; time < 3; time += 1) await fleet.renew(await aRenewal(fleet, current));
    await expect(fleet.renew(await aRenewal(fleet, current))).rejects.toEqual(refusedWith("too-often"));
  });
});
