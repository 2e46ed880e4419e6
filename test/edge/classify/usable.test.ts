import { describe, expect, it } from "vitest";
import type { Picture } from "../../../edge/classify/preprocess.ts";
import { measureLuminance, troubleOf } from "../../../edge/classify/usable.ts";

const SIDE_PX = 32;

function aPicture(brightnessAt: (x: number, y: number) => number): Picture {
  const grey = Array.from({ length: SIDE_PX * SIDE_PX }, (_, i) => brightnessAt(i % SIDE_PX, Math.floor(i / SIDE_PX)));
  return {
    widthPx: SIDE_PX,
    heightPx: SIDE_PX,
    rgb: Float32Array.from(grey.flatMap((value) => [value, value, value])),
  };
}

describe("measureLuminance", () => {
  it("finds neither contrast nor detail in one colour", () => {
    const measured = measureLuminance(aPicture(() => 90));

    expect(measured.mean).toBeCloseTo(90, 2);
    expect(measured.contrast).toBeCloseTo(0, 0);
    expect(measured.detail).toBeCloseTo(0, 2);
  });

  it("finds contrast without detail in a smooth slope", () => {
    const measured = measureLuminance(aPicture((x) => x * 8));

    expect(measured.contrast).toBeGreaterThan(60);
    expect(measured.detail).toBeLessThan(1);
  });
});

describe("troubleOf", () => {
  it.each([
    ["a black picture", "dark", () => 2],
    ["a dark one with a little noise", "dark", (x: number, y: number) => ((x * 7 + y * 3) % 5) * 3],
    ["a wall of one colour", "covered", () => 128],
    ["a slope without detail, as of a defocused lens", "blurred", (x: number) => x * 8],
  ])("refuses %s as %s", (_, reason, brightnessAt) => {
    const luminance = measureLuminance(aPicture(brightnessAt));

    const trouble = troubleOf(luminance);

    expect(trouble).toBe(reason);
  });

  it("accepts a picture with light, contrast and edges", () => {
    const luminance = measureLuminance(aPicture((x, y) => (((x >> 2) + (y >> 2)) % 2 === 0 ? 60 : 170)));

    const trouble = troubleOf(luminance);

    expect(trouble).toBeNull();
  });
});
