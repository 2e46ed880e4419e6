import { describe, expect, it } from "vitest";
import { judgeTrial, NO_COUNTS, type TrialCounts } from "../../../edge/update/model-trial.ts";

const bounds = { photos: 20, doubtfulBefore: 0.1 };
const judge = (change: Partial<TrialCounts>) => judgeTrial({ ...NO_COUNTS, ...change }, bounds);

describe("judgeTrial", () => {
  it("lets a trial go on that has neither proven nor failed", () => {
    expect(judge({})).toBeUndefined();
    expect(judge({ photos: 19 })).toBeUndefined();
    expect(judge({ starts: 3 })).toBeUndefined();
    expect(judge({ photos: 9, doubtful: 9 })).toBeUndefined();
  });

  it("ends it well after enough photos whose verdict helps, or a day without any", () => {
    expect(judge({ photos: 20 })).toEqual({ isWell: true, reason: "20 photos were judged well" });
    expect(judge({ photos: 23, doubtful: 3, errors: 0 })?.isWell).toBe(true);
    expect(judge({ photos: 22, doubtful: 3 })).toBeUndefined();
    expect(judge({ upMs: 24 * 3_600_000 })?.isWell).toBe(true);
  });

  it.each<[string, Partial<TrialCounts>]>([
    ["the program ends again and again", { starts: 4 }],
    ["photos cannot be judged", { photos: 50, errors: 3 }],
    ["photos take too long", { photos: 19, slow: 5 }],
    ["far more photos are doubtful than before", { photos: 10, doubtful: 5 }],
  ])("ends it badly when %s", (_name, counts) => {
    expect(judge(counts)?.isWell).toBe(false);
  });

  it("forgives a few slow photos among many, and doubt that was there before", () => {
    expect(judgeTrial({ ...NO_COUNTS, photos: 60, slow: 6 }, { ...bounds, photos: 100 })).toBeUndefined();
    expect(judgeTrial({ ...NO_COUNTS, photos: 10, doubtful: 9 }, { photos: 20, doubtfulBefore: 0.8 })).toBeUndefined();
  });
});
