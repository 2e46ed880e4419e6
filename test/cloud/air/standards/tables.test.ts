import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { standardOf, standards } from "../../../../cloud/air/standards/all-standards.ts";
import { bandsOf, type Judgement, judge } from "../../../../cloud/air/standards/index-of.ts";
import { luminanceOf, paintOf } from "../../../../cloud/air/standards/paint.ts";
import { Standard, type Table } from "../../../../cloud/air/standards/standard.ts";

const folder = new URL("../../../../cloud/air/standards/", import.meta.url);
const NO_STANDARDS = new Set(["advice.json", "ru-rules.json"]);

const all = standards.flatMap((standard) =>
  standard.tables.map((table) => ({ name: `${standard.id} ${table.pollutant} ${table.averaging}`, standard, table })),
);

/** What is said of a value in the table's own unit. */
function said(standard: Standard, { pollutant, averaging, unit }: Table, value: number): Judgement {
  const judged = judge(standard, { pollutant, averaging, value, unit });
  if ("none" in judged) throw new Error(`${value}: ${judged.none}`);
  return judged;
}

describe("the files of standards", () => {
  it("are all in the list", () => {
    const files = readdirSync(folder).filter((name) => name.endsWith(".json") && !NO_STANDARDS.has(name));

    expect(standards.map(({ id }) => `${id}.json`).sort()).toEqual(files.sort());
  });

  it.each(all)("say at both ends of each band what they print: $name", ({ standard, table }) => {
    const bands = bandsOf(standard, table);
    const size = table.scale === undefined ? 1 : (table.limit ?? 1);
    for (const [i, band] of bands.entries()) {
      const low = said(standard, table, band.from * size);
      const isOwnEdge = i === 0 || table.edges === "stepped" || band.includesFrom;
      expect(low.category.id).toBe(isOwnEdge ? band.category : bands[i - 1]?.category);
      if (isOwnEdge && band.index !== undefined) expect(low.index).toBe(band.index[0]);

      if (band.to === null) continue;
      const high = said(standard, table, band.to * size);
      const isNext = bands[i + 1]?.includesFrom === true;
      expect(high.category.id).toBe(isNext ? bands[i + 1]?.category : band.category);
      if (band.index !== undefined && band.index[1] !== null) expect(high.index).toBe(band.index[1]);
    }
  });

  it.each(all)("have an answer for every value and never a better one for a higher: $name", ({ standard, table }) => {
    const bands = bandsOf(standard, table);
    const size = table.scale === undefined ? 1 : (table.limit ?? 1);
    const first = (bands[0]?.from ?? 0) * size;
    const last = (bands.at(-1)?.to ?? (bands.at(-1)?.from ?? 1) * 1.5) * size;
    const values = Array.from({ length: 2_001 }, (_, i) => first + ((last - first) * i) / 2_000);

    const answers = values.map((value) => said(standard, table, value));

    const ranks = answers.map(({ category }) => standard.categories.findIndex(({ id }) => id === category.id));
    const indices = answers.map(({ index }) => index ?? 0);
    expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
    expect(indices).toEqual(indices.toSorted((a, b) => a - b));
  });

  it.each(all.filter(({ table }) => table.rounding === "truncate"))(
    "give a truncated value and what it was truncated from the same answer: $name",
    ({ standard, table }) => {
      const places = table.decimals ?? 0;
      const [from, to] = [table.bands[0]?.from ?? 0, table.bands.at(-1)?.to ?? 0];
      const first = Math.round(from * 10 ** places);
      const count = Math.min(3_000, Math.round(to * 10 ** places) - first);

      for (let i = 0; i <= count; i += 1) {
        const value = Number(`${first + i}e-${places}`);
        const more = Number(`${first + i}.999999e-${places}`);
        expect(said(standard, table, value).index).toBe(said(standard, table, more).index);
      }
    },
  );

  it("with a gap, an overlap or an unknown category are refused", () => {
    const whole = standardOf("us-epa-2024");
    const changed = (change: (bands: Table["bands"]) => Table["bands"]) =>
      Standard.safeParse({
        ...whole,
        tables: whole?.tables.map((table) => ({ ...table, bands: change(table.bands) })),
      }).success;

    expect(changed((bands) => bands)).toBe(true);
    expect(changed((bands) => bands.map((band, i) => (i === 1 ? { ...band, from: band.from + 1 } : band)))).toBe(false);
    expect(changed((bands) => bands.filter((_, i) => i !== 1))).toBe(false);
    expect(changed((bands) => bands.map((band, i) => (i === 1 ? { ...band, from: 0 } : band)))).toBe(false);
    expect(changed((bands) => bands.map((band) => ({ ...band, category: "nice" })))).toBe(false);
  });
});

describe("the colours of standards", () => {
  it.each(standards.map((standard) => ({ name: standard.id, standard })))(
    "carry readable ink, and the safe ones get darker the worse it is: $name",
    ({ standard }) => {
      for (const category of standard.categories) {
        for (const palette of ["official", "safe"] as const) {
          const { colour, ink } = paintOf(category, palette);
          const [a, b] = [luminanceOf(colour), luminanceOf(ink)];
          expect((Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)).toBeGreaterThanOrEqual(4.5);
        }
      }
      const light = standard.categories.map(({ safeColour }) => luminanceOf(safeColour));
      expect(light).toEqual(light.toSorted((a, b) => b - a));
      expect(new Set(light).size).toBe(light.length);
    },
  );

  it("of neighbours differ in lightness alone by a fifth, so that no colour vision mixes them up", () => {
    for (const { categories } of standards.filter((one) => one.categories.length <= 6)) {
      const light = categories.map(({ safeColour }) => luminanceOf(safeColour) + 0.05);
      for (const [i, one] of light.entries()) if (i > 0) expect((light[i - 1] ?? 0) / one).toBeGreaterThan(1.15);
    }
  });
});
