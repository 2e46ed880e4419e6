import { describe, expect, it } from "vitest";
import { countTurnedAway } from "../../../edge/uplink/turned-away.ts";

describe("countTurnedAway", () => {
  it("doubts after three ends in a row without an answer, and then once in a while", () => {
    const { isDoubtful } = countTurnedAway();

    const doubts = Array.from({ length: 130 }, () => isDoubtful("broker-lost", 0));

    expect(doubts.flatMap((isOne, at) => (isOne ? [at + 1] : []))).toEqual([3, 60, 120]);
  });

  it("begins anew after a connection that was accepted", () => {
    const { isDoubtful } = countTurnedAway();
    const ends = [0, 0, 1, 1, 1, 1].map((connections) => isDoubtful("broker-econnreset", connections));

    expect(ends).toEqual([false, false, false, false, false, true]);
  });

  it("does not doubt because of a broker that is not reached, nor for want of a certificate", () => {
    const { isDoubtful } = countTurnedAway();

    for (let time = 0; time < 200; time += 1) {
      expect(isDoubtful("broker-econnrefused", 0)).toBe(false);
      expect(isDoubtful("no-certificate", 0)).toBe(false);
    }
  });

  it("doubts at once when the broker says no", () => {
    expect(countTurnedAway().isDoubtful("broker-refused", 0)).toBe(true);
  });
});
