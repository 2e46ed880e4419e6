import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { originOf } from "../../../gateway/front/client-address.ts";

describe("originOf", () => {
  it.each([
    ["192.0.2.7", "192.0.2.7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["::FFFF:127.0.0.1", "127.0.0.1"],
    ["::1", "::1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["2001:0DB8:0000::1", "2001:db8:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["unknown", "unknown"],
  ])("takes %s for %s", (address, origin) => {
    expect(originOf(address)).toBe(origin);
  });

  it("takes all addresses of a /64 for one, however they are written, and those of two for two", () => {
    fc.assert(
      fc.property(fc.ipV6(), fc.ipV6(), (a, b) => {
        fc.pre(!a.includes(".") && !b.includes(".") && a !== "::1" && b !== "::1");
        const prefixOf = (address: string) => wordsOf(address).slice(0, 4).join(":");
        expect(originOf(a) === originOf(b)).toBe(prefixOf(a) === prefixOf(b));
        expect(originOf(wordsOf(a).join(":"))).toBe(originOf(a));
      }),
    );
  });
});

/** The eight words of an address, by way of the URL parser's own reading. */
function wordsOf(address: string): readonly string[] {
  const [head = "", tail = ""] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split("::");
  const [front, back] = [head.split(":").filter(Boolean), tail.split(":").filter(Boolean)];
  return [...front, ...Array.from({ length: 8 - front.length - back.length }, () => "0"), ...back];
}
