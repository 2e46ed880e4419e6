import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSendWindow } from "#uplink/send-window.ts";

describe("createSendWindow", () => {
  it("moves a class only over what is acknowledged without a hole, whatever the order of the answers", () => {
    const order = fc.integer({ min: 1, max: 40 }).chain((count) => {
      const numbers = Array.from({ length: count }, (_, i) => i * 3 + 1);
      return fc.shuffledSubarray(numbers, { minLength: count });
    });
    fc.assert(
      fc.property(order, (answers) => {
        const window = createSendWindow(64);
        const sent = [...answers].sort((a, b) => a - b);
        for (const seq of sent) window.sent("reading", seq);

        const answered = new Set<number>();
        let upTo = 0;
        for (const seq of answers) {
          answered.add(seq);
          upTo = window.acknowledged("reading", seq) ?? upTo;
          const firstMissing = sent.findIndex((one) => !answered.has(one));
          const wanted = firstMissing < 0 ? sent.at(-1) : (sent[firstMissing - 1] ?? 0);
          expect(upTo).toBe(wanted);
        }
        expect(window.inFlight).toBe(0);
      }),
    );
  });

  it("counts all classes together and keeps the room of what waits for an older one", () => {
    const window = createSendWindow(4);
    for (const seq of [1, 2, 3]) window.sent("reading", seq);
    window.sent("visit", 4);

    const visit = window.acknowledged("visit", 4);
    const third = window.acknowledged("reading", 3);

    expect([visit, third]).toEqual([4, undefined]);
    expect(window.room).toBe(1);
  });

  it("takes no notice of an answer to what was not sent, or of a second one", () => {
    const window = createSendWindow(4);
    window.sent("reading", 1);

    expect(window.acknowledged("reading", 9)).toBeUndefined();
    expect(window.acknowledged("reading", 1)).toBe(1);
    expect(window.acknowledged("reading", 1)).toBeUndefined();
    expect(window.room).toBe(4);
  });
});
