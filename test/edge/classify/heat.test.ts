import { describe, expect, it } from "vitest";
import { Heat } from "#contract/messages.ts";
import { heatOfPhoto, heatOnWire } from "../../../edge/classify/heat.ts";

const map = (heightCells: number, widthCells: number, values: number[]) => ({
  heightCells,
  widthCells,
  values: Float32Array.from(values),
});

describe("heatOfPhoto", () => {
  it("is the network's own map where the photo fills its input", () => {
    const whole = map(2, 2, [1, 2, 3, 4]);

    expect(heatOfPhoto(whole, { left: 0, top: 0, width: 1, height: 1 })).toBe(whole);
  });

  it("leaves the padding of a letterbox out", () => {
    const padded = map(4, 2, [9, 9, 1, 2, 3, 4, 9, 9]);

    const heat = heatOfPhoto(padded, { left: 0, top: 0.25, width: 1, height: 0.5 });

    expect([heat.heightCells, heat.widthCells, ...heat.values]).toEqual([2, 2, 1, 2, 3, 4]);
  });

  it("weighs cells that lie half in the padding by the half that shows the photo", () => {
    const heat = heatOfPhoto(map(2, 1, [0, 8]), { left: 0, top: 0.25, width: 1, height: 0.5 });

    expect([...heat.values]).toEqual([4]);
  });
});

describe("heatOnWire", () => {
  it("says quarters of a logit around 128, and what is beyond a byte at its end", () => {
    const wire = heatOnWire(map(2, 3, [0, 1, -1, 0.25, 100, -100]));

    expect([...Buffer.from(wire.cells, "base64")]).toEqual([128, 132, 124, 129, 255, 0]);
    expect(Heat.safeParse(wire).success).toBe(true);
  });
});

describe("a heat map of the contract", () => {
  const cells = Buffer.alloc(4).toString("base64");

  it.each([
    ["has fewer cells than it says", { w: 3, h: 2, cells }],
    ["has more", { w: 1, h: 2, cells }],
    ["is finer than coarse", { w: 64, h: 64, cells: Buffer.alloc(4096).toString("base64") }],
    ["is no base64", { w: 2, h: 2, cells: "<script>" }],
    ["has no cells", { w: 0, h: 0, cells: "" }],
  ])("is refused where it %s", (_, heat) => {
    expect(Heat.safeParse(heat).success).toBe(false);
  });
});
