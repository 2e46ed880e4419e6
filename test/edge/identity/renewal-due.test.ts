import { describe, expect, it } from "vitest";
import { isAgeUnknown, isRenewalDue } from "../../../edge/identity/renewal-due.ts";

const DAY_MS = 86_400_000;
const ISSUED_MS = Date.UTC(2026, 10, 1);
const VALIDITY = { notBeforeMs: ISSUED_MS, notAfterMs: ISSUED_MS + 90 * DAY_MS };

const isDue = (atMs: number | null, heldMs = 0, random = 0) =>
  isRenewalDue(VALIDITY, { atMs, heldMs, saidMs: null }, random);

describe("isRenewalDue", () => {
  it("is so after 60 % of the life, spread over 5 % more", () => {
    expect(isDue(ISSUED_MS + 53 * DAY_MS)).toBe(false);
    expect(isDue(ISSUED_MS + 54 * DAY_MS)).toBe(true);
    expect(isDue(ISSUED_MS + 58 * DAY_MS, 0, 0.999)).toBe(false);
    expect(isDue(ISSUED_MS + 59 * DAY_MS, 0, 0.999)).toBe(true);
  });

  it("does not follow a clock that is not to be believed, but the time that was surely spent", () => {
    expect(isDue(null)).toBe(false);
    expect(isDue(null, 53 * DAY_MS)).toBe(false);
    expect(isDue(null, 54 * DAY_MS)).toBe(true);
  });

  it("waits with a clock that is behind, and not for ever", () => {
    expect(isDue(ISSUED_MS - 300 * DAY_MS, DAY_MS)).toBe(false);
    expect(isDue(ISSUED_MS - 300 * DAY_MS, 54 * DAY_MS)).toBe(true);
  });
});

describe("isAgeUnknown", () => {
  const isUnknown = (atMs: number | null, saidMs: number | null, validity = VALIDITY) =>
    isAgeUnknown(validity, { atMs, heldMs: 0, saidMs });

  it("is so once after a start without a clock, and once a day from then on", () => {
    expect(isUnknown(null, null)).toBe(true);
    expect(isUnknown(null, DAY_MS - 1)).toBe(false);
    expect(isUnknown(null, DAY_MS)).toBe(true);
  });

  it("is so more often where certificates are short", () => {
    const short = { notBeforeMs: ISSUED_MS, notAfterMs: ISSUED_MS + DAY_MS };

    expect(isUnknown(null, DAY_MS / 51, short)).toBe(false);
    expect(isUnknown(null, DAY_MS / 50, short)).toBe(true);
  });

  it("is never so with a clock that is believed", () => {
    expect(isUnknown(ISSUED_MS, null)).toBe(false);
  });
});
