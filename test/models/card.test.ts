import { describe, expect, it } from "vitest";
import { dirtyOrCleanAccuracy, fourWayAccuracy, type Judged } from "../../models/train/card.ts";

const SURE = { clean: 0, overflow: 0, scattered: 0, not_a_site: 0 };

function aPhoto(label: Judged["label"], answer: Judged["label"], change: Partial<Judged> = {}): Judged {
  const probabilities = { ...SURE, [answer]: 1 };
  return {
    split: "val",
    label,
    source: "street",
    name: "street-1.jpg",
    fp32: probabilities,
    int8: probabilities,
    state: answer,
    prepareMs: 1,
    fp32Ms: 1,
    int8Ms: 1,
    ...change,
  };
}

describe("the card's figures", () => {
  it("count the best of four labels", () => {
    const judged = [aPhoto("clean", "clean"), aPhoto("overflow", "scattered"), aPhoto("not_a_site", "not_a_site")];

    expect(fourWayAccuracy(judged, "int8")).toBe("0.667");
  });

  it("take overflow and scattered as one and weigh clean and dirty sites alike", () => {
    const dirty = [1, 2, 3].map(() => aPhoto("overflow", "scattered"));
    const judged = [...dirty, aPhoto("scattered", "clean"), aPhoto("clean", "clean"), aPhoto("clean", "overflow")];

    expect(dirtyOrCleanAccuracy(judged, "int8")).toBe(((3 / 4 + 1 / 2) / 2).toFixed(3));
  });

  it("keep the two networks apart", () => {
    const judged = [aPhoto("clean", "clean", { fp32: { ...SURE, overflow: 1 } })];

    expect(fourWayAccuracy(judged, "fp32")).toBe("0.000");
    expect(fourWayAccuracy(judged, "int8")).toBe("1.000");
  });

  it("leave a dash where a figure has no photos", () => {
    expect(dirtyOrCleanAccuracy([aPhoto("clean", "clean")], "int8")).toBe("–");
  });
});
