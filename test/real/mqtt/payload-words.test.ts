import { describe, expect, it } from "vitest";
import { bytesOfWords } from "./payload-words.ts";

describe("bytesOfWords", () => {
  it.each([
    ["F0 r0", "f000"],
    ["82 r6 m1234 s1 'p' 01", "820604d2000170" + "01"],
    ["i255 k10 H258 L65537", "ff000a010200010001"],
    ["746FEDA080", "746feda080"],
    ["'two words'", "74776f20776f726473"],
    ["r127 r128 v16384", "7f8001808001"],
    ["r268435456", "8080808001"],
  ])("turns %s into %s", (words, hexadecimal) => {
    expect(bytesOfWords(words).toString("hex")).toBe(hexadecimal);
  });

  it("refuses a word that it does not know", () => {
    expect(() => bytesOfWords("30 x7")).toThrow(TypeError);
  });
});
