import type { Pollutant } from "../air/pollutants.ts";
import { unitOf } from "../air/units.ts";
import type { AirWindow } from "../store/measurements/air-windows.ts";
import { forEachPiece } from "./in-pieces.ts";
import { AVERAGE_COLUMNS, type Average, type AverageRow, type AverageSeries } from "./schemas.ts";

/** What an answer of averages tells: the windows of each station, oldest first. */
export interface ToldAverages {
  readonly pollutant: Pollutant;
  readonly average: Average;
  readonly stations: readonly { readonly station: string; readonly windows: readonly AirWindow[] }[];
}

/** Writes the answer (`AverageSeries`) as JSON, some hundred rows at a time. */
export function* averagesText({ pollutant, average, stations }: ToldAverages): Generator<undefined, string> {
  const head = { pollutant, average, unit: unitOf(pollutant), columns: [...AVERAGE_COLUMNS] };
  const begun = JSON.stringify(head satisfies Omit<AverageSeries, "stations">).slice(0, -1);
  const written: string[] = [];
  for (const { station, windows } of stations) {
    const rows: string[] = [];
    yield* forEachPiece(windows, (window) => void rows.push(JSON.stringify(rowOf(window))));
    written.push(`{"station":${JSON.stringify(station)},"rows":[${rows.join(",")}]}`);
  }
  return `${begun},"stations":[${written.join(",")}]}`;
}

const rowOf = ({ start, value, raw, coverage, confidence, flags, correction }: AirWindow): AverageRow => [
  start,
  value,
  raw,
  coverage,
  confidence,
  [...flags],
  correction,
];
