import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { emptyForMs, fullAtMs } from "../../../gateway/access/token-bucket.ts";

const BURST_MS = 2_000;

describe("a token bucket", () => {
  it("lets a burst through at once and then so much a second", () => {
    const full = fullAtMs(0, 10_000, 200, 100);

    expect(emptyForMs(full, 10_000, BURST_MS)).toBe(0);
    expect(emptyForMs(fullAtMs(full, 10_000, 50, 100), 10_000, BURST_MS)).toBe(500);
  });

  it("never gives out more than its burst and its rate, plus the read that overdraws it", () => {
    const aStep = fc.record({ pauseMs: fc.nat(3_000), taken: fc.integer({ min: 1, max: 500 }) });
    fc.assert(
      fc.property(fc.array(aStep, { minLength: 1 }), fc.integer({ min: 1, max: 1_000 }), (steps, perSecond) => {
        let nowMs = 0;
        let full = 0;
        let taken = 0;
        let last = 0;
        for (const step of steps) {
          nowMs += step.pauseMs + emptyForMs(full, nowMs + step.pauseMs, BURST_MS);
          full = fullAtMs(full, nowMs, step.taken, perSecond);
          taken += step.taken;
          last = step.taken;
        }
        expect(taken - last).toBeLessThanOrEqual((perSecond * (nowMs + BURST_MS)) / 1000 + 1e-6);
      }),
    );
  });

  it("never makes anybody wait who keeps to the rate", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: 1, max: 200 }), (perSecond, count) => {
        let full = 0;
        for (let i = 0; i < count; i += 1) {
          const nowMs = (i * 1000) / perSecond;
          expect(emptyForMs(full, nowMs, BURST_MS)).toBe(0);
          full = fullAtMs(full, nowMs, 1, perSecond);
        }
      }),
    );
  });

  it("has paid every debt once it has waited", () => {
    fc.assert(
      fc.property(fc.nat(100_000), fc.integer({ min: 1, max: 1_000 }), (taken, perSecond) => {
        const full = fullAtMs(0, 0, taken, perSecond);
        const waited = emptyForMs(full, 0, BURST_MS);
        expect(emptyForMs(full, waited, BURST_MS)).toBe(0);
      }),
    );
  });
});
