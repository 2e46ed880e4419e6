import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { standards } from "../../../../cloud/air/standards/all-standards.ts";
import { iconOfKey, keyOf } from "../../../../cloud/web/map/layers/station-data.ts";
import { withoutOverlap } from "../../../../cloud/web/map/layers/targets.ts";
import {
  badges,
  type MarkLook,
  nameOfCluster,
  nameOfMark,
  nameOfSite,
  nameOfWind,
  pictureOf,
  shapes,
} from "../../../../cloud/web/map/marks/mark-look.ts";
import { contrast, inkOn } from "../../../../cloud/web/map/station/ink.ts";

const looks = fc.record<MarkLook>({
  shape: fc.constantFrom(...shapes),
  label: fc.constantFrom("", "–", "7", "173", "0.5×", "500+"),
  colour: fc.option(fc.constantFrom("ff7e00", "ffffff")),
  ink: fc.constantFrom("182025", "ffffff"),
  badge: fc.option(fc.constantFrom(...badges)),
  isDoubtful: fc.boolean(),
  isDemo: fc.boolean(),
  isReplay: fc.boolean(),
});

describe("the picture of a mark", () => {
  it("is drawn from its name alone", () => {
    fc.assert(
      fc.property(looks, (look) => {
        expect(pictureOf(nameOfMark(look))).toEqual({ kind: "mark", look });
      }),
    );
  });

  it("of a cluster shows the worst member and says that one of them is doubtful", () => {
    fc.assert(
      fc.property(looks, fc.boolean(), (look, hasDoubt) => {
        expect(pictureOf(nameOfCluster(nameOfMark(look), "1.2k", hasDoubt))).toEqual({
          kind: "cluster",
          count: "1.2k",
          look: { ...look, badge: hasDoubt ? "doubt" : null },
        });
      }),
    );
  });

  it("of a site and of a wind is known by name, and nothing else is", () => {
    expect(pictureOf(nameOfSite("overflow", true))).toEqual({ kind: "site", state: "overflow", isDemo: true });
    expect([2, 8, 15].map((speed) => pictureOf(nameOfWind(speed)))).toEqual(
      [1, 2, 3].map((strength) => ({ kind: "wind", strength })),
    );
    expect(["", "x~y", "s~gone~", "c~3~s~overflow~"].map(pictureOf)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe("the key of a mark", () => {
  it("compares as text like the order as number, so that a cluster finds its worst", () => {
    const order = fc.integer({ min: 0, max: 99_999_999 });
    fc.assert(
      fc.property(order, order, (a, b) => {
        fc.pre(a !== b);
        expect(keyOf(a, "m~x") > keyOf(b, "m~y")).toBe(a > b);
      }),
    );
    expect(iconOfKey(keyOf(12, "m~live~1|2"))).toBe("m~live~1|2");
  });
});

describe("the number on a mark", () => {
  it("can be read on every colour of every standard, usual and safe (contrast of 4.5)", () => {
    for (const { categories } of standards) {
      for (const { colour, safeColour } of categories) {
        for (const hex of [colour.slice(1), safeColour.slice(1)]) {
          expect(contrast(hex, inkOn(hex)), hex).toBeGreaterThanOrEqual(4.5);
        }
      }
    }
  });
});

describe("the buttons over marks", () => {
  it("never cover a part of each other; the worse one keeps its place", () => {
    const at = (id: string, kind: "station" | "site", x: number, y: number) => ({ target: { id, kind }, x, y });

    const kept = withoutOverlap([
      at("worst", "station", 0, 0),
      at("covered", "station", 30, 20),
      at("beside", "site", 34, 0),
      at("below", "site", 0, 33),
      at("free", "site", 0, 34),
    ]);

    expect(kept.map(({ target }) => target.id)).toEqual(["worst", "beside", "free"]);
  });
});
