import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { whoHoldsTooMuch } from "../../../gateway/front/held-bytes.ts";

describe("whoHoldsTooMuch", () => {
  it("names nobody while all fits, and else no more than must go, those first who hold the most", () => {
    const holders = fc.array(fc.record({ heldBytes: fc.nat(1_000) }));
    fc.assert(
      fc.property(holders, fc.nat(5_000), (all, most) => {
        const gone = whoHoldsTooMuch(all, most);
        const sum = (some: readonly { heldBytes: number }[]) =>
          some.reduce((bytes, { heldBytes }) => bytes + heldBytes, 0);
        const left = all.filter((holder) => !gone.includes(holder));

        expect(sum(left)).toBeLessThanOrEqual(most);
        if (gone.length > 0) expect(sum(left) + (gone.at(-1)?.heldBytes ?? 0)).toBeGreaterThan(most);
        const least = Math.min(...gone.map(({ heldBytes }) => heldBytes));
        expect(left.every(({ heldBytes }) => gone.length === 0 || heldBytes <= least)).toBe(true);
      }),
    );
  });
});
