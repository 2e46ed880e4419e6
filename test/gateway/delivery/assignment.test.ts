import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mayMove, memberFor, REST_MS } from "../../../gateway/delivery/assignment.ts";

interface Share {
  devices: number;
  inFlight: number;
  keepsUp: boolean;
}

const share = fc.record({ devices: fc.nat(50), inFlight: fc.nat(20_000), keepsUp: fc.boolean() });

describe("the member for a device without an owner", () => {
  it("is one that keeps up before any that does not, then one with the fewest devices, then with the least in flight", () => {
    fc.assert(
      fc.property(fc.array(share, { minLength: 1 }), (members) => {
        const chosen = memberFor(members);

        const rank = ({ keepsUp, devices, inFlight }: Share) => [keepsUp ? 0 : 1, devices, inFlight] as const;
        const best = members.map(rank).sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2])[0];
        expect(chosen && rank(chosen)).toEqual(best);
      }),
    );
  });

  it("is nobody where there is no member", () => {
    expect(memberFor([])).toBeUndefined();
  });

  it("differs so that members that keep up hold equally many devices, but for one", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.nat(200), (count, devices) => {
        const members = Array.from({ length: count }, () => ({ devices: 0, inFlight: 0, keepsUp: true }));
        for (let i = 0; i < devices; i += 1) {
          const owner = memberFor(members);
          if (owner !== undefined) owner.devices += 1;
        }

        const held = members.map((member) => member.devices);
        expect(Math.max(...held) - Math.min(...held)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe("a device that has an owner", () => {
  it("stays while something of it is unacknowledged, while it was active lately, and while its owner lags", () => {
    fc.assert(
      fc.property(fc.array(share, { minLength: 1 }), fc.nat(5), fc.nat(REST_MS * 2), (members, pending, restedMs) => {
        const [owner] = members;
        if (owner === undefined) return;
        const moves = mayMove({ pending, restingSinceMs: 1_000 }, owner, members, 1_000 + restedMs);

        if (pending > 0 || restedMs < REST_MS || !owner.keepsUp) expect(moves).toBe(false);
      }),
    );
  });

  it("moves, once at rest, until every member has its fair share, and then no more", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), fc.nat(200), (old, late, devices) => {
        const members = Array.from({ length: old + late }, (_, i) => ({
          devices: i < old ? Math.floor((devices + i) / old) : 0,
          inFlight: 0,
          keepsUp: true,
        }));
        const rested = { pending: 0, restingSinceMs: 0 };
        let moves = 0;
        for (let owner = members.find((m) => mayMove(rested, m, members, REST_MS)); owner !== undefined; ) {
          owner.devices -= 1;
          const next = memberFor(members);
          if (next !== undefined) next.devices += 1;
          moves += 1;
          owner = members.find((m) => mayMove(rested, m, members, REST_MS));
        }

        const held = members.map((member) => member.devices);
        expect(Math.max(...held)).toBeLessThanOrEqual(Math.ceil(devices / members.length));
        expect(moves).toBeLessThanOrEqual(devices);
      }),
    );
  });
});
