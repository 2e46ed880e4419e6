import { describe, expect, it } from "vitest";
import { adviceOf } from "../../../edge/visits/shot-advice.ts";

const GOOD = { state: "clean", reason: null, seen: null, screen: null } as const;
const SEEN = { sha: "a".repeat(64), p: 0.97 };

describe("adviceOf", () => {
  it("tells a driver in both languages what to do about a photo that cannot be judged", () => {
    expect(adviceOf({ ...GOOD, state: "unusable", reason: "covered" }, undefined)).toEqual([
      {
        code: "photo-covered",
        ru: "На последнем фото объектив закрыт или грязный: уберите руку, протрите объектив и снимите ещё раз.",
        en: "The lens is covered or dirty in the last photo: take the hand away, wipe the lens and take it again.",
      },
    ]);
  });

  it("asks for a look at what is not certain, and has nothing to say of what is", () => {
    expect(adviceOf({ ...GOOD, state: "unsure" }, undefined)).toEqual([
      expect.objectContaining({ code: "look-yourself", en: expect.stringContaining("look at the site yourself") }),
    ]);
    expect(adviceOf(GOOD, undefined)).toEqual([]);
    expect(adviceOf(GOOD, { samePlace: 0.9, cleaner: 0.9 })).toEqual([]);
    expect(adviceOf({ ...GOOD, screen: 0.5 }, { samePlace: null, cleaner: null })).toEqual([]);
  });

  it("names first what makes the photo worthless, last what only wants a person's eye", () => {
    const codesOf = (...photo: Parameters<typeof adviceOf>) => adviceOf(...photo).map(({ code }) => code);
    const elsewhere = { samePlace: 0.01, cleaner: null };
    const doubtful = { seen: SEEN, screen: 0.95 };

    expect(codesOf({ ...GOOD, ...doubtful, state: "unsure" }, elsewhere)).toEqual([
      "photo-seen",
      "maybe-screen",
      "other-place",
      "look-yourself",
    ]);
    expect(codesOf({ ...GOOD, ...doubtful, state: "unusable", reason: "dark" }, elsewhere)[0]).toBe("photo-dark");
  });

  it("says that a photo may have been used before, never that it was: of 0.5 nobody can be sure", () => {
    expect(adviceOf({ ...GOOD, seen: { ...SEEN, p: 0.5 } }, undefined)).toEqual([
      {
        code: "photo-seen",
        ru: "Похоже, такой снимок уже был. Снимите площадку ещё раз или продолжайте.",
        en: "This photo may have been used before. Take the photo again or go on.",
      },
    ]);
  });

  it("says nothing of a reason that it does not know", () => {
    expect(adviceOf({ ...GOOD, state: "unusable", reason: "a-later-word" }, undefined)).toEqual([]);
  });
});
