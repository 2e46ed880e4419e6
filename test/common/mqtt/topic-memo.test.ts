import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeTopic, TopicMemo } from "#mqtt/topic-memo.ts";

const outcome = (decode: () => string) => {
  try {
    return decode();
  } catch (error) {
    return String(error);
  }
};

describe("TopicMemo", () => {
  it("says of any row of topics what decoding each of them says, good or bad", () => {
    const topic = fc.oneof(
      fc.constantFrom("a/b", "a/c", "ä/b", "a/+", "a/#", "a\u0000"),
      fc.string({ maxLength: 4 }),
      fc.constantFrom(Buffer.from([0xff, 0x61]), Buffer.from("a/b").subarray(0, 2)),
    );
    fc.assert(
      fc.property(fc.array(topic, { maxLength: 12 }), (topics) => {
        const memo = new TopicMemo();
        for (const text of topics) {
          const bytes = Buffer.concat([Buffer.from("xx"), Buffer.from(text), Buffer.from("payload")]);
          const to = 2 + Buffer.from(text).length;
          expect(outcome(() => memo.decode(bytes, 2, to))).toBe(outcome(() => decodeTopic(bytes, 2, to)));
        }
      }),
    );
  });
});
