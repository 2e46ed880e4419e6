import { describe, expect, it } from "vitest";
import { faultOfPrincipal, Principal, principalOfUris, urisOfPrincipal } from "#contract/principals.ts";

const village = Principal.parse({ tenant: "dv", device: "village", role: "gateway", tenants: ["chel", "kopeysk"] });
const truck = Principal.parse({ tenant: "chel", device: "truck-1", role: "device" });

describe("a principal", () => {
  it("is read from the URIs of a certificate as it was written there", () => {
    for (const principal of [village, truck]) {
      expect(principalOfUris(["https://example.org", ...urisOfPrincipal(principal)])).toEqual(principal);
    }
  });

  it.each([
    ["no client", urisOfPrincipal(truck).slice(1)],
    ["no role", urisOfPrincipal(truck).slice(0, 1)],
    ["two clients", [...urisOfPrincipal(truck), "urn:dvornik:client:chel:truck-2"]],
    ["two roles", [...urisOfPrincipal(truck), "urn:dvornik:role:consumer"]],
    ["a role that does not exist", ["urn:dvornik:client:chel:truck-1", "urn:dvornik:role:root"]],
    ["a device that lists tenants", [...urisOfPrincipal(truck), "urn:dvornik:tenant:other"]],
    ["a name with a slash", ["urn:dvornik:client:chel:a/b", "urn:dvornik:role:device"]],
    ["a client of three parts", ["urn:dvornik:client:chel:a:b", "urn:dvornik:role:device"]],
  ])("is nobody with %s", (_, uris) => {
    expect(principalOfUris(uris)).toBeUndefined();
  });

  it("cannot be a consumer of a town's tenant, a gateway for nobody, or speak for the reserved tenant", () => {
    expect(faultOfPrincipal({ ...truck, role: "consumer" })).toContain("dv");
    expect(faultOfPrincipal({ ...truck, tenant: "dv" })).toContain("dv");
    expect(faultOfPrincipal({ ...village, tenants: [] })).toContain("needs the tenants");
    expect(faultOfPrincipal({ ...village, tenants: ["dv"] })).toContain("no tenant of devices");
    expect(faultOfPrincipal(village)).toBeUndefined();
  });
});
