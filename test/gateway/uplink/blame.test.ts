import { describe, expect, it } from "vitest";
import { Blame } from "../../../gateway/uplink/blame.ts";

/** A connection that ends without an acknowledgement while these records are under way. */
const fail = (blame: Blame, underWay: readonly number[], times: number) => {
  for (let i = 0; i < times; i += 1) blame.ended(underWay, 0);
};

describe("Blame", () => {
  it("sends one at a time after connections without any acknowledgement", () => {
    const blame = new Blame(64);
    const before = blame.windowSize;
    fail(blame, [7, 8, 9], 2);

    expect([before, blame.windowSize]).toEqual([64, 1]);
  });

  it("blames a record once another one goes through without it, and opens the window again", () => {
    const blame = new Blame(64);
    fail(blame, [7, 8, 9], 2);
    fail(blame, [7], 3);
    const held = [blame.isHeld(7), blame.isBlamed(7), blame.windowSize];
    const verdict = blame.acknowledged();

    expect(held).toEqual([true, false, 2]);
    expect(verdict).toEqual({ isChanged: true, blamed: [7] });
    expect([blame.isHeld(7), blame.isBlamed(7), blame.windowSize]).toEqual([false, true, 64]);
  });

  it("blames nobody where the parent takes nothing at all", () => {
    const blame = new Blame(64);
    fail(blame, [1], 2);
    for (let n = 1; n <= 9; n += 1) fail(blame, [n], 3);
    const verdict = blame.acknowledged();

    expect(verdict.blamed).toEqual([]);
    expect(blame.windowSize).toBe(64);
  });

  it("suspects nobody while something goes through, or where nothing was under way", () => {
    const blame = new Blame(64);
    for (let i = 0; i < 20; i += 1) {
      blame.ended([5], 1);
      blame.ended([], 0);
    }

    expect(blame.windowSize).toBe(64);
  });

  it("acquits where everything goes through one at a time", () => {
    const blame = new Blame(64);
    fail(blame, [1], 2);
    const verdicts = Array.from({ length: 64 }, () => blame.acknowledged());

    expect(verdicts.filter(({ isChanged }) => isChanged)).toHaveLength(1);
    expect(verdicts.at(-1)).toEqual({ isChanged: true, blamed: [] });
    expect(blame.windowSize).toBe(64);
  });
});
