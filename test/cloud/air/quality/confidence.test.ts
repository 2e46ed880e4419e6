import { assert, boolean, constantFrom, property, subarray } from "fast-check";
import { describe, expect, it } from "vitest";
import { confidenceOf } from "../../../../cloud/air/quality/confidence.ts";
import { FLAG_MEANING, type Flag, isFlag, KNOWN_DEVICE_FLAGS } from "../../../../cloud/air/quality/flags.ts";

const all: readonly Flag[] = [...Object.keys(FLAG_MEANING).filter(isFlag), ...KNOWN_DEVICE_FLAGS, "device:new-word"];

describe("confidence", () => {
  it("is whole where nothing is doubted", () => {
    expect(confidenceOf([], [], false)).toBe(1);
  });

  it("never grows with one more reason, and stays from 0 to 1", () => {
    const unchecked = subarray(["memory", "channels", "climate", "neighbours"] as const);
    assert(
      property(subarray([...all]), constantFrom(...all), unchecked, boolean(), (flags, one, unseen, agree) => {
        const without = confidenceOf(flags, unseen, agree);
        const withOne = confidenceOf([...flags, one], unseen, agree);

        expect(withOne).toBeLessThanOrEqual(without);
        expect(withOne >= 0 && without <= 1).toBe(true);
      }),
    );
  });

  it("lets a frosty, damp winter night with an unset clock still count", () => {
    expect(confidenceOf(["humid", "too-cold", "clock-unsure"], ["neighbours"], false)).toBeGreaterThanOrEqual(0.5);
    expect(confidenceOf(["too-cold", "device:out-of-spec-temperature"], [], false)).toBe(0.7);
  });

  it("believes a difference from the neighbours more where both channels of the device say it", () => {
    expect(confidenceOf(["neighbours-differ"], [], true)).toBeGreaterThanOrEqual(0.5);
    expect(confidenceOf(["neighbours-differ"], [], false)).toBeLessThan(0.5);
  });
});
