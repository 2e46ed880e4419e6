import { describe, expect, it } from "vitest";
import { likelihoodOfRepeat } from "../../../edge/pairs/seen-photos.ts";

const likeness = { sha: "a".repeat(64), isMirrored: false, whole: 0.97, fine: 0.72, votes: 20 };

describe("the probability that a photo was used before", () => {
  it("falls with the number of photos that were looked through: chance finds more among more", () => {
    const of = (among: number) => likelihoodOfRepeat({ ...likeness, among });

    expect(of(40_000)).toBeLessThan(of(20_000));
    expect(of(1_000_000)).toBeLessThan(of(40_000));
  });

  it("is no higher in a small index: the same place on another day looks as much alike there", () => {
    const of = (among: number) => likelihoodOfRepeat({ ...likeness, among });

    expect(of(3)).toBe(of(20_000));
  });

  it("calls a copy a repeat, and the likest pair of strangers in fourteen million comparisons not", () => {
    const copy = { ...likeness, whole: 0.98, fine: 0.84, votes: 33, among: 20_000 };
    const stranger = { ...likeness, whole: 0.94, fine: 0.6, votes: 12, among: 20_000 };

    expect(likelihoodOfRepeat(copy)).toBeGreaterThan(0.7);
    expect(likelihoodOfRepeat(stranger)).toBeLessThan(0.2);
  });
});
