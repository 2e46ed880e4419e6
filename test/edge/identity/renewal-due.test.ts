import { describe, expect, it } from "vitest";
import { isRenewalDue } from "../../../edge/identity/renewal-due.ts";

const DAY_MS = 86_400_000;
const ISSUED_MS = Date.UTC(2026, 10, 1);
const VALIDITY = { notBeforeMs: ISSUED_MS, notAfterMs: ISSUED_MS + 90 * DAY_MS };

const isDue = (atMs: number | null, heldMs = 0, random = 0) => isRenewalDue(VALIDITY, { atMs, heldMs }, random);

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
