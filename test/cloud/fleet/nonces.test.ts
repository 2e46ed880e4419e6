import { describe, expect, it } from "vitest";
import { createNonces } from "../../../cloud/fleet/nonces.ts";

const MINUTE_MS = 60_000;

describe("nonces", () => {
  it("stay used for as long as they would be good, in whatever order they come back", () => {
    const nonces = createNonces();
    const [older, newer] = [nonces.issue(0), nonces.issue(4 * MINUTE_MS)];

    expect(nonces.take(newer, 4 * MINUTE_MS)).toBe(true);
    expect(nonces.take(older, 4.5 * MINUTE_MS)).toBe(true);

    expect(nonces.take(older, 4.9 * MINUTE_MS)).toBe(false);
    // The older one has ended, and nothing that is forgotten with it may make the newer one good again.
    expect(nonces.take(nonces.issue(6 * MINUTE_MS), 6 * MINUTE_MS)).toBe(true);
    expect(nonces.take(newer, 6 * MINUTE_MS)).toBe(false);
  });
});
