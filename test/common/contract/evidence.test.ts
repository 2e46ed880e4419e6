import { describe, expect, it } from "vitest";
import { makeKeyPair, publicKeyOf } from "#contract/ed25519.ts";
import { chainHash, isVisitSignedBy, signVisit } from "#contract/evidence.ts";

const body = { v: 1, kind: "visit", visit: "v1", site: "s-1", photos: [{ role: "after", sha: "ab" }], prev: null };

describe("a signed visit", () => {
  it("is checked by its public key wherever its log, number and id are", () => {
    const { privateKeyPem, publicKey } = makeKeyPair();
    const signed = { ...body, sig: signVisit(body, privateKeyPem) };

    expect(isVisitSignedBy({ ...signed, log: "l", seq: 7, id: "l-7" }, publicKey)).toBe(true);
    expect(publicKeyOf(privateKeyPem)).toBe(publicKey);
  });

  it("fails for another key, a changed body, a broken signature and a broken key", () => {
    const { privateKeyPem, publicKey } = makeKeyPair();
    const signed = { ...body, sig: signVisit(body, privateKeyPem) };

    expect(isVisitSignedBy(signed, makeKeyPair().publicKey)).toBe(false);
    expect(isVisitSignedBy({ ...signed, site: "s-2" }, publicKey)).toBe(false);
    expect(isVisitSignedBy({ ...signed, sig: "AAAA" }, publicKey)).toBe(false);
    expect(isVisitSignedBy(signed, "not a key")).toBe(false);
  });

  it("hashes for the chain without what belongs to one log only", () => {
    expect(chainHash({ ...body, log: "a", seq: 1, id: "a-1", sig: "x" })).toBe(chainHash(body));
    expect(chainHash({ ...body, site: "s-2" })).not.toBe(chainHash(body));
  });
});
