import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteLadder } from "../../../gateway/delivery/byte-ladder.ts";

describe("the ladder of bytes behind the newest record", () => {
  it("never keeps more than was asked for, and no less than that but for a step", () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 400 });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 64, max: 20_000 }), (bytes, most) => {
        const ladder = new ByteLadder(most, { oldest: 1, newest: 0, bytes: 0 });
        let total = 0;
        bytes.forEach((size, i) => {
          total += size;
          ladder.note(i + 1, total);
        });

        const floor = ladder.floor(total, most);

        const kept = bytes.slice(floor).reduce((sum, size) => sum + size, 0);
        expect(kept).toBeLessThanOrEqual(most);
        const oneStepMore = most - most / 64 - 2 * 500;
        if (floor > 0) expect(kept).toBeGreaterThanOrEqual(Math.min(total, oneStepMore));
      }),
    );
  });

  it("takes what lay there before as evenly spread", () => {
    const ladder = new ByteLadder(1_000, { oldest: 101, newest: 300, bytes: 4_000 });

    expect(ladder.floor(0, 1_000)).toBe(250);
    ladder.note(310, 600);
    expect(ladder.floor(600, 1_000)).toBe(280);
  });

  it("skips nothing while all of it fits", () => {
    const ladder = new ByteLadder(10_000, { oldest: 101, newest: 300, bytes: 4_000 });

    expect(ladder.floor(0, 10_000)).toBe(100);
  });
});
