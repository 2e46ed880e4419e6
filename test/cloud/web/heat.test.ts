import { describe, expect, it } from "vitest";
import { cellsOf, strengthOf, warmestPart } from "../../../cloud/web/page/heat.ts";

const heatOf = (w: number, h: number, hot: (x: number, y: number) => boolean) => ({
  w,
  h,
  cells: Buffer.from(Array.from({ length: w * h }, (_, i) => (hot(i % w, Math.floor(i / w)) ? 180 : 120))).toString(
    "base64",
  ),
});

describe("the words for a heat map", () => {
  it.each([
    ["bottom-left", (x: number, y: number) => x < 2 && y > 4],
    ["top-right", (x: number, y: number) => x > 4 && y < 2],
    ["middle", (x: number, y: number) => x === 3 && y === 3],
    ["bottom", (x: number, y: number) => x === 3 && y === 6],
  ])("name the part that speaks most for waste: %s", (part, hot) => {
    expect(warmestPart(heatOf(7, 7, hot))).toBe(part);
  });

  it("say that nothing does where nothing does, and of one cell that it is everywhere", () => {
    expect(warmestPart(heatOf(7, 7, () => false))).toBeNull();
    expect(warmestPart(heatOf(1, 1, () => true))).toBe("middle");
  });

  it.each([
    ["is longer than it says", { w: 1, h: 1, cells: "AAAA" }],
    ["is no base64", { w: 1, h: 1, cells: "%%%" }],
    ["has no size", { w: 0, h: 5, cells: "" }],
    ["is huge", { w: 1e6, h: 1e6, cells: "AA==" }],
    ["has a size that is no number", { w: Number.NaN, h: 1, cells: "AA==" }],
  ])("are not asked of what %s: the page stands", (_, heat) => {
    expect(cellsOf(heat)).toBeUndefined();
    expect(warmestPart(heat)).toBeNull();
  });

  it("paint nothing for what is neither here nor there, and the full colour for the rest", () => {
    expect([0, 128, 136, 160, 184, 255].map(strengthOf)).toEqual([0, 0, 0, 0.5, 1, 1]);
  });
});
