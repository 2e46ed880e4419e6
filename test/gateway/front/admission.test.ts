import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Admission } from "../../../gateway/front/admission.ts";

const LIMITS = { maxConnections: 10, maxConnectionsPerAddress: 3 };

describe("Admission", () => {
  it("lets in so many from one address, and so many in all", () => {
    const admission = new Admission(() => LIMITS);

    const same = Array.from({ length: 4 }, () => admission.enter("192.0.2.1"));
    const others = Array.from({ length: 8 }, (_, i) => admission.enter(`192.0.2.${10 + i}`));

    expect(same).toEqual([undefined, undefined, undefined, "too-many-of-address"]);
    expect(others.slice(0, 7)).toEqual(others.slice(0, 7).map(() => undefined));
    expect(others[7]).toBe("too-many-connections");
  });

  it("counts the addresses of one /64 together, and loopback in all only", () => {
    const admission = new Admission(() => LIMITS);

    const sites = ["2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8::4"].map((from) => admission.enter(from));
    const local = ["127.0.0.1", "::1", "::ffff:127.0.0.1", "127.0.0.1", "127.0.0.1", "127.0.0.1"];

    expect(sites[3]).toBe("too-many-of-address");
    expect(local.map((from) => admission.enter(from))).toEqual(local.map(() => undefined));
  });

  it("never has more than its limits, and lets in again whoever finds room, in any order of coming and going", () => {
    const aStep = fc.record({ address: fc.constantFrom("a1", "a2", "a3", "a4", "a5"), leaves: fc.boolean() });
    fc.assert(
      fc.property(fc.array(aStep, { maxLength: 200 }), (steps) => {
        const admission = new Admission(() => LIMITS);
        const open: string[] = [];
        for (const { address, leaves } of steps) {
          if (leaves) {
            const gone = open.shift();
            if (gone !== undefined) admission.leave(gone);
            continue;
          }
          const ofAddress = open.filter((one) => one === address).length;
          const refusal = admission.enter(address);
          expect(refusal === undefined).toBe(open.length < 10 && ofAddress < 3);
          if (refusal === undefined) open.push(address);
        }
      }),
    );
  });
});
