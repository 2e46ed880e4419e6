import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "#kit/canonical-json.ts";

describe("canonicalJson", () => {
  it("gives the example of RFC 8785, section 3.2.3", () => {
    const value = {
      "\u20ac": "Euro Sign",
      "\r": "Carriage Return",
      "\ufb33": "Hebrew Letter Dalet With Dagesh",
      "1": "One",
      "\ud83d\ude00": "Emoji: Grinning Face",
      "\u0080": "Control",
      "\u00f6": "Latin Small Letter O With Diaeresis",
    };

    expect(Object.values(JSON.parse(canonicalJson(value)))).toHaveLength(7);
    expect(canonicalJson(value)).toBe(
      '{"\\r":"Carriage Return","1":"One","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis",' +
        '"\u20ac":"Euro Sign","\ud83d\ude00":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet With Dagesh"}',
    );
  });

  it("writes numbers as RFC 8785 does", () => {
    expect(canonicalJson([Number("333333333.33333329"), 1e30, 4.5, 2e-3, 1e-27, -0])).toBe(
      "[333333333.3333333,1e+30,4.5,0.002,1e-27,0]",
    );
  });

  it("does not depend on the order of keys and keeps the value", () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string({ unit: fc.constantFrom("a", "B", "1", "\u20ac", "\ud83d\ude00", "\u0080", "\n") }),
          fc.jsonValue(),
        ),
        (value) => {
          const reversed = Object.fromEntries(Object.entries(value).reverse());

          expect(canonicalJson(reversed)).toBe(canonicalJson(value));
          expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
        },
      ),
    );
  });

  it("refuses what is not JSON", () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, "\ud800", () => 1]) {
      expect(() => canonicalJson(value)).toThrow(TypeError);
    }
  });
});
