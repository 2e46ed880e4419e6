import { describe, expect, it } from "vitest";
import { areasOf, backgroundStyle } from "../../../cloud/web/map/background.ts";
import { boxOf, graticule, hullOf, metresPerPx, outlineAround, scaleBar } from "../../../cloud/web/map/geometry.ts";
import { aStation } from "./a-station.ts";

describe("the map's background", () => {
  it("names no host: no tiles, glyphs or sprites", () => {
    expect(JSON.stringify(backgroundStyle())).not.toMatch(/https?:|glyphs|sprite|tiles"/);
  });

  it("outlines the places of each municipality and puts its name above them", () => {
    const [area, ...others] = areasOf([aStation({ id: "a" }), aStation({ id: "b" })]);

    expect(others).toEqual([]);
    expect(area?.name.en).toBe("Town");
    expect(area?.label[1]).toBeGreaterThan(55.2);
    expect(area?.outline.at(0)).toEqual(area?.outline.at(-1));
  });

  it("keeps each place inside the outline", () => {
    const [west, south, east, north] = boxOf(outlineAround([[61, 55]], 2)) ?? [0, 0, 0, 0];

    expect(north - 55).toBeCloseTo(2 / 111.32, 4);
    expect(61 - west).toBeCloseTo(east - 61, 6);
    expect(55 - south).toBeCloseTo(north - 55, 6);
  });

  it("outlines many places as if each had its circle", () => {
    const places = Array.from({ length: 400 }, (_, i): [number, number] => [
      61 + (i % 20) / 20,
      55 + Math.floor(i / 20) / 20,
    ]);
    const all = hullOf(places.flatMap((place) => outlineAround([place], 2)));

    expect(outlineAround(places, 2).slice(0, -1)).toEqual(all);
  });

  it("wraps points as a rubber band would", () => {
    const square = [
      [0, 0],
      [2, 0],
      [2, 2],
      [0, 2],
    ] as const;

    expect(hullOf([...square, [1, 1], [1, 0]])).toEqual(square);
    expect(hullOf([])).toEqual([]);
    expect(boxOf([])).toBeUndefined();
  });

  it("draws a line at each step inside the box", () => {
    expect(graticule([60.95, 54.9, 61.25, 55.05], 0.1)).toHaveLength(3 + 2);
  });

  it("measures with a round bar that fits", () => {
    const { metres, px } = scaleBar(metresPerPx(55, 10), 96);

    expect(metres).toBe(2_000);
    expect(px).toBeLessThanOrEqual(96);
    expect([1, 2, 5]).toContain(Number(String(scaleBar(3.7, 96).metres)[0]));
  });
});
