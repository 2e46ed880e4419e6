import { describe, expect, it } from "vitest";
import { structureOf } from "../../../edge/pairs/matches.ts";
import { marksOf, type PhotoMarks } from "../../../edge/pairs/photo-marks.ts";
import { randomFrom } from "../../../models/random.ts";

/** 150 spots that all have one counterpart, of which only those from number 48 on lie where they lay. */
function strongOnesMoved(): readonly [PhotoMarks, PhotoMarks] {
  const random = randomFrom(1);
  const spots = Array.from({ length: 150 }, (_, i) => ({ x: random(), y: random(), level: 0, strength: 200 - i }));
  const empty = marksOf({ widthPx: 48, heightPx: 48, values: new Float32Array(48 * 48) });
  const descriptors = Uint8Array.from({ length: 150 * 128 }, () => random() * 255);
  const moved = spots.map((spot, i) => (i < 48 ? { ...spot, x: random(), y: random() } : spot));
  return [
    { ...empty, descriptors, keypoints: spots },
    { ...empty, descriptors, keypoints: moved },
  ];
}

describe("the structure of two photos", () => {
  it("is looked for with the strongest spots only: two photos that are alike do not hold up the program", () => {
    const [before, after] = strongOnesMoved();

    const { matches, agreeing } = structureOf(before, after);

    expect(matches).toBe(150);
    expect(agreeing).toBeLessThan(50);
  });

  it("counts all spots that agree, however weak", () => {
    const [before] = strongOnesMoved();

    expect(structureOf(before, before)).toEqual({ matches: 150, agreeing: 150 });
  });
});
