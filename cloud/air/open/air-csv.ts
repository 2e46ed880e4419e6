import type { AirAverages, StationFeature } from "../../http/schemas.ts";
import type { AirWindow } from "../../store/measurements/air-windows.ts";
import { standardAveraging } from "../averagings.ts";
import { FLAG_MEANING, type Flag } from "../quality/flags.ts";
import { unitOf } from "../units.ts";
import { type Cell, csvLines } from "./csv.ts";

/** The columns' meaning, the same for all files. */
const PROVENANCE = [
  "time: ISO 8601, UTC; the beginning of the hour in an archive, the end of the averaging time otherwise",
  "value: mean of the good samples, corrected where a formula fits the sensor, else raw; empty: no sample was good",
  "raw: the same of what the sensors said, never changed",
  "correction: the formula and its version; none:REASON where there is none; empty: not judged",
  "coverage: share of the minutes with a good sample, 0 to 1; confidence: 0 to 1",
  "flags: reasons to doubt a value, separated by spaces; no value is left out for one:",
  ...Object.entries(FLAG_MEANING).map(([flag, meaning]) => `  ${flag satisfies Flag | string}: ${meaning}`),
  "  device:WORD: the device itself doubts the value",
];

const COLUMNS = [
  "pollutant",
  "averaging",
  "time",
  "value",
  "unit",
  "raw",
  "correction",
  "coverage",
  "confidence",
  "flags",
];

/** All stations with all their averages, line by line: one for each. */
export function stationLines(
  features: readonly StationFeature[],
  attribution: string,
  nowMs: number,
): Iterable<string> {
  const remarks = [
    "Newest values of all stations",
    `Made ${isoOf(nowMs)} of ${features.length} stations; demo: made up for a demonstration`,
    attribution,
    ...PROVENANCE,
  ];
  return csvLines(
    remarks,
    ["station", "name_ru", "name_en", "longitude", "latitude", "status", "demo", ...COLUMNS],
    rowsOfAll(features),
  );
}

function* rowsOfAll(features: readonly StationFeature[]): Generator<readonly Cell[]> {
  for (const feature of features) yield* rowsOf(feature);
}

function rowsOf({ id, geometry, properties }: StationFeature): readonly Cell[][] {
  const { name, status, demo, air } = properties;
  const [longitude, latitude] = geometry.coordinates;
  const place: readonly Cell[] = [id, name.ru, name.en, longitude, latitude, status, demo];
  const rows = Object.entries(air).flatMap(([pollutant, averages]) =>
    namesOf(averages).flatMap(([averaging, said]) => {
      if (said === null) return [];
      const { value, raw = null, at, coverage, confidence, flags, correction = null } = said;
      const row: Cell[] = [...place, pollutant, averaging, isoOf(at), value, unitOf(pollutant), raw, correction];
      return [[...row, coverage, confidence, flags.join(" ")]];
    }),
  );
  return rows.length > 0 ? rows : [[...place, ...COLUMNS.map(() => null)]];
}

const namesOf = ({ now, m20, h1, nowcast, h8, h24 }: AirAverages) =>
  [
    [standardAveraging.now, now],
    [standardAveraging.m20, m20],
    [standardAveraging.h1, h1],
    [standardAveraging.nowcast, nowcast],
    [standardAveraging.h8, h8],
    [standardAveraging.h24, h24],
  ] as const;

/** The hours of one station and UTC day. It says nothing of when it was made: the same data are the same bytes. */
export function dayCsv(
  station: Pick<StationFeature["properties"], "id" | "name" | "demo">,
  day: string,
  windows: readonly AirWindow[],
  attribution: string,
): string {
  const remarks = [
    `Hourly means of station ${station.id} (${station.name.en}) on ${day}, UTC`,
    ...(station.demo ? ["demo: made up for a demonstration, not measured here"] : []),
    attribution,
    ...PROVENANCE,
  ];
  const rows = windows
    .toSorted((a, b) => a.start - b.start || (a.pollutant < b.pollutant ? -1 : 1))
    .map(({ pollutant, start, value, raw, correction, coverage, confidence, flags }): Cell[] => [
      ...[station.id, pollutant, "1h", isoOf(start), value, unitOf(pollutant), raw, correction],
      ...[coverage, confidence, flags.join(" ")],
    ]);
  return [...csvLines(remarks, ["station", ...COLUMNS], rows)].join("");
}

const isoOf = (atMs: number): string => new Date(atMs).toISOString();
