import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { describe, expect, it } from "vitest";
import { ClaimOrder } from "../../../cloud/fleet/fleet.ts";
import { requestFor } from "../../../firmware-config/certificate-request.ts";
import { makeTlsKey } from "../../../firmware-config/tls-key.ts";
import { aClaim, enrolOne, openTestFleet } from "./fleet-fixture.ts";

const HOUR_MS = 3_600_000;

const refusedWith = (code: string) => expect.objectContaining({ code });

describe("a claim", () => {
  it("is used once: the same key gets the same certificate again, another key is refused and counted", async () => {
    const test = await openTestFleet();
    const claim = await aClaim(test.fleet);
    const csr = requestFor(makeTlsKey());
    const first = await test.fleet.enrol({ claim, csr });

    await test.reopen();
    const again = await test.fleet.enrol({ claim, csr });

    expect(again).toEqual(first);
    const stranger = { claim, csr: requestFor(makeTlsKey()) };
    await expect(test.fleet.enrol(stranger)).rejects.toEqual(refusedWith("claim-used"));
    expect(await test.fleet.counts()).toEqual({ certificates: 1, revoked: 0, claimsRefused: 1 });
  });

  it("gives one certificate to the first of many who come with it at once", async () => {
    const { fleet } = await openTestFleet();
    const claim = await aClaim(fleet);
    const requests = Array.from({ length: 8 }, () => requestFor(makeTlsKey()));

    const answers = await Promise.allSettled(requests.map((csr) => fleet.enrol({ claim, csr })));

    expect(answers.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect((await fleet.counts()).certificates).toBe(1);
  });

  it("lapses, but not for whoever has used it in time", async () => {
    const { fleet, passMs } = await openTestFleet();
    const [used, unused] = [await aClaim(fleet), await aClaim(fleet)];
    const csr = requestFor(makeTlsKey());
    await fleet.enrol({ claim: used, csr });

    passMs(24 * HOUR_MS);

    await expect(fleet.enrol({ claim: unused, csr: requestFor(makeTlsKey()) })).rejects.toEqual(
      refusedWith("claim-expired"),
    );
    await expect(fleet.enrol({ claim: used, csr })).resolves.toBeDefined();
  });

  it("is unknown when nobody made it", async () => {
    const { fleet } = await openTestFleet();

    const guess = { claim: "A".repeat(43), csr: requestFor(makeTlsKey()) };

    await expect(fleet.enrol(guess)).rejects.toEqual(refusedWith("claim-unknown"));
  });

  it("stays good after a request that could not be used", async () => {
    const { fleet } = await openTestFleet();
    const claim = await aClaim(fleet);
    const good = requestFor(makeTlsKey());

    const der = Buffer.from(good.split("\n").slice(1, -2).join(""), "base64");
    der[der.length - 4] = (der[der.length - 4] ?? 0) ^ 1;
    const forged = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString("base64")}\n-----END CERTIFICATE REQUEST-----\n`;
    await expect(fleet.enrol({ claim, csr: forged })).rejects.toEqual(refusedWith("csr-invalid"));
    await expect(fleet.enrol({ claim, csr: "hello" })).rejects.toEqual(refusedWith("csr-invalid"));

    await expect(fleet.enrol({ claim, csr: good })).resolves.toBeDefined();
  });

  it("takes no key that has a certificate already", async () => {
    const { fleet } = await openTestFleet();
    const { key } = await enrolOne(fleet);

    const copied = { claim: await aClaim(fleet, { device: "truck-2" }), csr: requestFor(key) };

    await expect(fleet.enrol(copied)).rejects.toEqual(refusedWith("key-known"));
  });

  it("is made for principals that can be, only", () => {
    const isPossible = (order: object) => ClaimOrder.safeParse(order).success;

    expect(isPossible({ tenant: "chel", device: "truck-1" })).toBe(true);
    expect(isPossible({ tenant: "chel", device: "truck-1", role: "gateway", tenants: ["chel"] })).toBe(false);
    expect(isPossible({ tenant: "dv", device: "village-1", role: "gateway" })).toBe(false);
    expect(isPossible({ tenant: "dv", device: "truck-1" })).toBe(false);
  });

  it.each([
    ["P-384", { name: "ECDSA", namedCurve: "P-384", hash: "SHA-256" }],
    ["Ed25519", { name: "Ed25519" }],
  ])("gives no certificate to a key on %s", async (_name, signingAlgorithm) => {
    const { fleet } = await openTestFleet();
    const keys = await crypto.subtle.generateKey(signingAlgorithm, true, ["sign", "verify"]);
    if (!("privateKey" in keys)) throw new TypeError("no key pair");
    const request = await x509.Pkcs10CertificateRequestGenerator.create({ keys, signingAlgorithm });

    const asked = fleet.enrol({ claim: await aClaim(fleet), csr: request.toString("pem") });

    await expect(asked).rejects.toEqual(refusedWith("key-unsuitable"));
  });
});
