import { describe, expect, it } from "vitest";
import {
  balancedFourWay,
  balancedSides,
  classFigures,
  confusionOf,
  fourWay,
  isGroupRight,
  macroOverSources,
  sourceFigures,
} from "../../../models/eval/accuracy.ts";
import { aJudged, refused } from "./judgements.ts";

describe("accuracy", () => {
  it("counts the best of four, and a refused good photo as wrong", () => {
    const judged = [aJudged("clean", "clean"), aJudged("overflow", "scattered"), aJudged("not_a_site", "not_a_site")];

    expect(fourWay(judged).value).toBeCloseTo(2 / 3);
    expect(fourWay([...judged, refused("clean")]).value).toBeCloseTo(1 / 2);
  });

  it("counts what the device would name without thresholds, so `unsure` photos have an answer too", () => {
    expect(fourWay([aJudged("clean", "clean", { sure: 0.5, state: "unsure" })]).value).toBe(1);
  });

  it("weighs each class alike when balanced", () => {
    const clean = Array.from({ length: 9 }, () => aJudged("clean", "clean"));

    expect(balancedFourWay([...clean, aJudged("scattered", "clean")]).value).toBe(0.5);
  });

  it("takes overflow and scattered as one, and weighs clean and dirty sites alike", () => {
    const dirty = [1, 2, 3].map(() => aJudged("overflow", "scattered"));
    const judged = [...dirty, aJudged("scattered", "clean"), aJudged("clean", "clean"), aJudged("clean", "overflow")];

    expect(balancedSides(judged).value).toBe((3 / 4 + 1 / 2) / 2);
  });

  it("asks dirty or clean only of sites, and has no figure where one of the two is missing", () => {
    const judged = [aJudged("clean", "clean"), aJudged("overflow", "overflow"), aJudged("not_a_site", "clean")];

    expect(balancedSides(judged).value).toBe(1);
    expect(balancedSides([aJudged("clean", "clean")]).value).toBeNaN();
  });

  it("counts `not a site` for a site as wrong only when strict", () => {
    const missed = aJudged("clean", "not_a_site", {
      probabilities: { clean: 0.3, overflow: 0.05, scattered: 0.05, not_a_site: 0.6 },
    });
    const judged = [missed, aJudged("overflow", "overflow")];

    expect(balancedSides(judged).value).toBe(1);
    expect(balancedSides(judged, isGroupRight).value).toBe(0.5);
  });

  it("fills the confusion with every photo once", () => {
    const judged = [aJudged("clean", "clean"), aJudged("clean", "overflow"), refused("clean")];

    expect(confusionOf(judged)).toEqual([
      { label: "clean", answers: { clean: 1, overflow: 1, scattered: 0, not_a_site: 0 }, refused: 1 },
    ]);
  });

  it("tells what was found of a class from what was true of its name", () => {
    const judged = [aJudged("clean", "clean"), aJudged("clean", "overflow"), aJudged("overflow", "overflow")];

    const overflow = classFigures(judged).find(({ label }) => label === "overflow");

    expect(overflow?.recall.value).toBe(1);
    expect(overflow?.precision.value).toBe(0.5);
  });

  it("reports a class that only one source has apart, so that knowing the source does not pay", () => {
    const here = (label: "clean" | "overflow", answer: typeof label) => aJudged(label, answer, { source: "here" });
    const there = (label: "clean" | "not_a_site") => aJudged(label, label, { source: "there" });
    const judged = [here("clean", "overflow"), here("overflow", "overflow"), there("clean"), there("not_a_site")];

    const [first, second] = sourceFigures(judged);

    expect(first?.shared.map(({ label }) => label)).toEqual(["clean"]);
    expect(first?.alone.map(({ label }) => label)).toEqual(["overflow"]);
    expect(second?.alone.map(({ label }) => label)).toEqual(["not_a_site"]);
    expect(macroOverSources(judged)).toBe(0.5);
  });
});
