import { describe, expect, it } from "vitest";
import { fallsBelow, figuresBySet, TOLERANCE } from "../../../models/eval/floor.ts";
import type { Judged } from "../../../models/eval/judged.ts";
import { aJudged, refused } from "./judgements.ts";

const good = Array.from({ length: 100 }, (_, i) =>
  aJudged(i % 2 === 0 ? "clean" : "overflow", i % 2 === 0 ? "clean" : "overflow"),
);
const withWrong = (count: number): Judged[] =>
  good.map((one, i) => (i < 2 * count && i % 2 === 0 ? aJudged("clean", "scattered") : one));
const card = { sets: figuresBySet(good) };

describe("the floor of a model", () => {
  it("holds for the very figures of its card, and within the stated tolerance", () => {
    expect(fallsBelow(figuresBySet(good), card)).toEqual([]);
    expect(TOLERANCE).toBeLessThanOrEqual(0.02);
    expect(fallsBelow(figuresBySet(withWrong(1)), card)).toEqual([]);
  });

  it("names each figure that has fallen", () => {
    const faults = fallsBelow(figuresBySet(withWrong(10)), card).join("\n");

    expect(faults).toContain("val/: four-way accuracy 0.9 is below 1 of the card");
    expect(faults).toContain("val/: dirty or clean 0.9 is below 1");
  });

  it("falls when good photos are refused, and when confidence is no longer earned", () => {
    const refusing = good.map((one, i) => (i < 5 ? refused("clean") : one));
    const boasting = good.map((one, i) =>
      aJudged(one.photo.label, i % 10 === 0 ? "scattered" : one.photo.label, { sure: 0.99 }),
    );

    expect(fallsBelow(figuresBySet(refusing), card).join()).toContain("good photos refused 0.05 is above 0");
    expect(fallsBelow(figuresBySet(boasting), card).join()).toContain("calibration error");
  });

  it("wants the photos of the card, all of them", () => {
    expect(fallsBelow(figuresBySet(good.slice(1)), card).join()).toContain("99 photos, the card counts 100");
    expect(fallsBelow({}, card)).toEqual(["val/: not measured, the card has 100 photos of it"]);
  });
});
