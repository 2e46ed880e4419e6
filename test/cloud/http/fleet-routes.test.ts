import { X509Certificate } from "node:crypto";
import { describe, expect, it, onTestFinished } from "vitest";
import { Issued } from "#contract/enrolment.ts";
import { Claim } from "../../../cloud/fleet/fleet.ts";
import type { HttpParts } from "../../../cloud/http/http.ts";
import { requestFor } from "../../../firmware-config/certificate-request.ts";
import { makeTlsKey } from "../../../firmware-config/tls-key.ts";
import { ADMIN_TOKEN, httpParts, openHttp } from "../../support/http-fixture.ts";
import { aRenewal, DAY_MS, enrolOne, openTestFleet } from "../fleet/fleet-fixture.ts";

const ADMIN = { authorization: `Bearer ${ADMIN_TOKEN}` };
const TRUCK = { tenant: "chel", device: "truck-1" };

async function openWithFleet(change: Partial<HttpParts> = {}) {
  const { fleet, passMs } = await openTestFleet();
  const parts = httpParts({ fleet, ...change });
  const { app, close } = await openHttp(parts);
  onTestFinished(close);
  const post = (url: string, payload: object, more: object = {}) =>
    app.inject({ method: "POST", url, payload, ...more });
  const claim = async () => Claim.parse((await post("/api/v1/fleet/claims", TRUCK, { headers: ADMIN })).json()).claim;
  return { app, post, claim, fleet, passMs };
}

describe("the fleet's routes", () => {
  it("make claims, revoke and list for the administrator only", async () => {
    const { app, post } = await openWithFleet();
    const get = (headers: object) => app.inject({ url: "/api/v1/fleet/certificates", headers: { ...headers } });

    expect((await post("/api/v1/fleet/claims", TRUCK)).statusCode).toBe(401);
    expect((await post("/api/v1/fleet/revocations", TRUCK)).statusCode).toBe(401);
    expect((await get({})).statusCode).toBe(401);
    expect((await get(ADMIN)).json()).toEqual({ certificates: [] });
  });

  it("turn a claim into a certificate, and its revocation into the next list", async () => {
    const { app, post, claim } = await openWithFleet();
    const csr = requestFor(makeTlsKey());
    const before = await app.inject({ url: "/fleet/crl.pem" });

    const enrolled = await post("/fleet/enrol", { claim: await claim(), csr });
    const { certificate, ca } = Issued.parse(enrolled.json());
    const serial = new X509Certificate(certificate).serialNumber;
    const revoked = await post("/api/v1/fleet/revocations", { serial, reason: "retired" }, { headers: ADMIN });

    expect((await app.inject({ url: "/fleet/ca.pem" })).body).toBe(ca);
    expect(enrolled.headers["cache-control"]).toBe("no-store");
    expect(revoked.json()).toEqual({ revoked: [serial.toLowerCase()], claims: 0 });
    const etag = String(before.headers.etag);
    const after = await app.inject({ url: "/fleet/crl.pem", headers: { "if-none-match": etag } });
    expect(after.statusCode).toBe(200);
    const asItWas = await app.inject({
      url: "/fleet/crl.pem",
      headers: { "if-none-match": `${after.headers.etag}` },
    });
    expect([asItWas.statusCode, asItWas.body]).toEqual([304, ""]);
    expect(after.body).toMatch(/^-----BEGIN X509 CRL-----\n/);
  });

  it("say with a code why a certificate is not granted", async () => {
    const { post, claim } = await openWithFleet();
    const used = { claim: await claim(), csr: requestFor(makeTlsKey()) };
    await post("/fleet/enrol", used);

    const again = await post("/fleet/enrol", { ...used, csr: requestFor(makeTlsKey()) });

    expect(again.statusCode).toBe(409);
    expect(again.json()).toMatchObject({ code: "claim-used" });
    const wrong = await post("/fleet/enrol", { claim: "short", csr: "x" });
    expect([wrong.statusCode, wrong.json().code]).toEqual([400, "bad-request"]);
    const nobody = await post("/api/v1/fleet/revocations", { ...TRUCK, device: "none" }, { headers: ADMIN });
    expect(nobody.statusCode).toBe(404);
    const both = await post("/api/v1/fleet/revocations", { ...TRUCK, serial: "4".repeat(32) }, { headers: ADMIN });
    expect(both.statusCode).toBe(400);
  });

  it("let an address wait after ten wrong claims, but never shut the right one out", async () => {
    const { post, claim } = await openWithFleet();
    const csr = requestFor(makeTlsKey());
    const guess = (digit: number) => post("/fleet/enrol", { claim: String(digit).repeat(43).slice(0, 43), csr });
    for (let digit = 0; digit < 10; digit += 1) expect((await guess(digit)).statusCode).toBe(403);

    const eleventh = await guess(5);

    expect(eleventh.statusCode).toBe(429);
    expect(Number(eleventh.headers["retry-after"])).toBeGreaterThan(50);
    expect((await post("/fleet/enrol", { claim: await claim(), csr })).statusCode).toBe(200);
  });

  it.each([
    ["a revoked certificate", true, "certificate-revoked", 403],
    ["a nonce that was used", false, "nonce", 403],
  ])("let an address wait that comes again and again with %s", async (_what, isRevoked, code, status) => {
    const { post, fleet, passMs } = await openWithFleet();
    const current = await enrolOne(fleet);
    passMs(54 * DAY_MS);
    const renewal = await aRenewal(fleet, current);
    if (isRevoked) await fleet.revoke({ ...TRUCK, reason: "retired" });
    else await fleet.renew(renewal);

    for (let time = 0; time < 10; time += 1) {
      const refused = await post("/fleet/renew", renewal);
      expect([refused.statusCode, refused.json().code]).toEqual([status, code]);
    }

    expect((await post("/fleet/renew", renewal)).statusCode).toBe(429);
  });

  it("tell every device behind one address that it is early: none of them has done wrong", async () => {
    const { post, fleet } = await openWithFleet();
    const current = await enrolOne(fleet);

    for (let device = 0; device < 12; device += 1) {
      const early = await post("/fleet/renew", await aRenewal(fleet, current));
      expect([early.statusCode, early.json().code]).toEqual([425, "too-early"]);
    }
  });

  it.each([
    ["a stranger without TLS", false, "192.0.2.7", {}, 403],
    ["this machine", false, "127.0.0.1", {}, 200],
    [
      "a proxy that ended TLS",
      true,
      "127.0.0.1",
      { "x-forwarded-proto": "https", "x-forwarded-for": "192.0.2.7" },
      200,
    ],
    ["a proxy that did not", true, "127.0.0.1", { "x-forwarded-proto": "http", "x-forwarded-for": "192.0.2.7" }, 403],
    ["a proxy on the network", true, "192.0.2.9", { "x-forwarded-proto": "https" }, 200],
    ["a stranger who comes past the proxy", true, "192.0.2.7", {}, 403],
    ["a proxy that does not say how it was asked", true, "127.0.0.1", {}, 403],
    ["a proxy behind one without TLS", true, "192.0.2.9", { "x-forwarded-proto": "https, http" }, 403],
  ])(
    "take claims over TLS or on this machine only: %s",
    async (_who, isBehindTlsProxy, remoteAddress, headers, status) => {
      const { post, claim } = await openWithFleet({ isBehindTlsProxy });

      const answer = await post(
        "/fleet/enrol",
        { claim: await claim(), csr: requestFor(makeTlsKey()) },
        { remoteAddress, headers },
      );

      expect(answer.statusCode).toBe(status);
    },
  );
});
