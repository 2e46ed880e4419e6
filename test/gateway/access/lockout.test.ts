import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ADDRESS_POLICY, Lockout, lockedForMs, PAIR_POLICY, withFailure } from "../../../gateway/access/lockout.ts";

const GUESSER = "192.0.2.66";
const HOME = "192.0.2.7";
const failed = (lockout: Lockout, address: string, username: string, times: number, nowMs = 0) => {
  for (let i = 0; i < times; i += 1) lockout.failed(address, username, nowMs);
};

describe("lockedForMs", () => {
  it("lets five failures pass, then waits twice as long with each, up to a quarter of an hour", () => {
    const after = (count: number) => lockedForMs({ count, lastMs: 0 }, 0, PAIR_POLICY);

    expect([4, 5, 6, 7, 8].map(after)).toEqual([0, 1_000, 2_000, 4_000, 8_000]);
    expect(after(1_000_000)).toBe(15 * 60_000);
  });

  it("never waits longer than its bound, and not at all once that has passed", () => {
    fc.assert(
      fc.property(fc.nat(2_000), fc.nat(10_000_000), (count, pausedMs) => {
        const waitMs = lockedForMs({ count, lastMs: 0 }, pausedMs, PAIR_POLICY);
        expect(waitMs).toBeLessThanOrEqual(Math.max(0, PAIR_POLICY.mostMs - pausedMs));
        expect(waitMs).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it("counts anew after an hour without a failure", () => {
    const old = { count: 50, lastMs: 0 };

    expect(withFailure(old, 60 * 60_000 - 1, PAIR_POLICY).count).toBe(51);
    expect(withFailure(old, 60 * 60_000, PAIR_POLICY).count).toBe(1);
  });
});

describe("Lockout", () => {
  it("never makes a device wait because others, elsewhere, guess at its name", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.ipV4(), fc.nat(30)), { maxLength: 30 }), (guesses) => {
        const lockout = new Lockout();
        for (const [address, times] of guesses) if (address !== HOME) failed(lockout, address, "demo:truck-1", times);
        expect(lockout.waitMs(HOME, "demo:truck-1", 0)).toBe(0);
      }),
    );
  });

  it("makes one who guesses wait for that name, not for others", () => {
    const lockout = new Lockout();

    failed(lockout, GUESSER, "demo:truck-1", PAIR_POLICY.free);

    expect(lockout.waitMs(GUESSER, "demo:truck-1", 0)).toBe(1_000);
    expect(lockout.waitMs(GUESSER, "demo:post-1", 0)).toBe(0);
  });

  it("makes an address wait that tries many names", () => {
    const lockout = new Lockout();
    for (let i = 0; i < ADDRESS_POLICY.free; i += 1) lockout.failed(GUESSER, `demo:truck-${i}`, 0);

    expect(lockout.waitMs(GUESSER, "demo:own", 0)).toBeGreaterThan(0);
    expect(lockout.waitMs(HOME, "demo:own", 0)).toBe(0);
  });

  it("has no sum for loopback, where a proxy brings everybody", () => {
    const lockout = new Lockout();
    for (let i = 0; i < 1_000; i += 1) lockout.failed("127.0.0.1", `demo:truck-${i}`, 0);

    expect(lockout.waitMs("127.0.0.1", "demo:honest", 0)).toBe(0);
  });

  it("forgets who failed longest ago rather than growing without bound", () => {
    const lockout = new Lockout();
    failed(lockout, GUESSER, "first", PAIR_POLICY.free);

    for (let i = 0; i < 10_000; i += 1) lockout.failed(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, "name", 0);

    expect(lockout.waitMs(GUESSER, "first", 0)).toBe(0);
  });
});
