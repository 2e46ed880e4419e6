import { describe, expect, it } from "vitest";
import { z } from "zod";
import { JsonText } from "#kit/json-text.ts";

describe("JsonText", () => {
  it("hands on what a text says, and is an issue, not a throw, for a text that is no JSON", () => {
    const Numbers = JsonText.pipe(z.array(z.number()));

    expect(Numbers.parse("[1, 2]")).toEqual([1, 2]);
    expect(Numbers.safeParse("[1, ").error?.issues[0]?.message).toBe("not JSON");
    expect(Numbers.safeParse('["a"]').success).toBe(false);
  });
});
