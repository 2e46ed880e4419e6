import type { Pollutant } from "../../../air/pollutants.ts";
import { convert, ownUnitOf } from "../../../air/standards/convert.ts";
import { bandsOf } from "../../../air/standards/index-of.ts";
import type { Standard, Table } from "../../../air/standards/standard.ts";
import type { ChartBand } from "./air-chart.tsx";

/** The table by which a substance is judged over such a time, exactly or as a hint; undefined where there is none. */
export function tableFor(standard: Standard, pollutant: Pollutant, averaging: Table["averaging"]): Table | undefined {
  const tables = standard.tables.filter((table) => table.pollutant === pollutant);
  return (
    tables.find((table) => table.averaging === averaging) ??
    tables.find((table) => table.alsoFor.includes(averaging)) ??
    tables.find((table) => table.indicativeFor.includes(averaging))
  );
}

/** The categories of a table as bands of concentrations in our own unit, for the ground of a chart. */
export function chartBands(standard: Standard, table: Table | undefined, isSafe: boolean): readonly ChartBand[] {
  if (table === undefined) return [];
  const factor = table.scale === undefined ? 1 : (table.limit ?? 1);
  const units = [table.unit, ownUnitOf(table.pollutant)] as const;
  const bands = bandsOf(standard, table);
  return bands.flatMap((band, i) => {
    const category = standard.categories.find(({ id }) => id === band.category);
    if (category === undefined) return [];
    const isLast = i === bands.length - 1;
    const upTo =
      isLast || band.to === null
        ? null
        : (convert(table.pollutant, band.to * factor, units, standard.referenceCelsius) ?? null);
    return [{ colour: isSafe ? category.safeColour : category.colour, upTo }];
  });
}
