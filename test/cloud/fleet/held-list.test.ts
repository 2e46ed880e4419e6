import { describe, expect, it } from "vitest";
import { holdList } from "../../../cloud/fleet/held-list.ts";

function setUp() {
  let nowMs = 0;
  let asked = 0;
  let isAway = false;
  const ask = async () => {
    asked += 1;
    if (isAway) throw new Error("away");
    return { number: asked, pem: "pem", etag: `"${asked}"` };
  };
  const held = holdList(ask, { monotonicMs: () => nowMs });
  const passMs = (ms: number) => {
    nowMs += ms;
  };
  const be = (away: boolean) => {
    isAway = away;
  };
  return { held, passMs, be, numberNow: async () => (await held.current()).number };
}

describe("holdList", () => {
  it("asks once a minute, however many want the list", async () => {
    const { held, passMs, numberNow } = setUp();

    expect(await Promise.all([held.current(), held.current()])).toEqual([
      await held.current(),
      expect.objectContaining({ number: 1 }),
    ]);
    passMs(59_000);
    expect(await numberNow()).toBe(1);
    passMs(1_000);
    expect(await numberNow()).toBe(2);
  });

  it("asks again at once when it was told to forget, even where an answer was under way", async () => {
    const { held, numberNow } = setUp();
    const underWay = held.current();

    held.forget();

    expect(await numberNow()).toBe(2);
    expect((await underWay).number).toBe(1);
    expect(await numberNow()).toBe(2);
  });

  it("does not hold a failure", async () => {
    const { held, be, numberNow } = setUp();
    be(true);
    await expect(held.current()).rejects.toThrow("away");

    be(false);

    expect(await numberNow()).toBe(2);
  });
});
