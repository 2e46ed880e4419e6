import { describe, expect, it } from "vitest";
import { alertIdOf, leftDirty } from "../../../cloud/alerts/dirty-after.ts";
import { aVisitPhoto, TRUCK } from "../../support/builders.ts";

describe("leftDirty", () => {
  it.each([
    ["overflow", true],
    ["scattered", true],
    ["clean", false],
    ["not_a_site", false],
    ["unusable", false],
    ["unsure", false],
  ] as const)("of an after photo judged %s is %s", (state, expected) => {
    expect(leftDirty([aVisitPhoto({ state })])).toBe(expected);
  });

  it("does not look at the before photo", () => {
    expect(leftDirty([aVisitPhoto({ role: "before", state: "overflow" }), aVisitPhoto()])).toBe(false);
  });

  it("lets the last of several after photos decide", () => {
    expect(leftDirty([aVisitPhoto({ state: "overflow" }), aVisitPhoto({ state: "clean" })])).toBe(false);
  });
});

describe("alertIdOf", () => {
  it("is the same for the same cause and another for another", () => {
    expect(alertIdOf(TRUCK, "a")).toBe(alertIdOf(TRUCK, "a"));
    expect(alertIdOf(TRUCK, "a")).not.toBe(alertIdOf(TRUCK, "b"));
    expect(alertIdOf(TRUCK, "a")).not.toBe(alertIdOf({ ...TRUCK, device: "truck-0002" }, "a"));
  });
});
