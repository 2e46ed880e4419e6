import { type Pollutant, RAW_FIELDS } from "../../../air/pollutants.ts";
import { AverageSeries, SampleSeries } from "../../../http/schemas.ts";
import { ask } from "../../page/api.ts";
import { useFetched } from "../../page/use-fetched.ts";
import { LEAST_CONFIDENCE } from "./air-view.ts";
import { joined, type Point } from "./chart-data.ts";

const HOUR_MS = 3_600_000;

/** The history of one substance at one station, oldest first. */
export interface AirSeries {
  readonly station: string;
  /** Corrected where a formula fits; null where nothing can be relied on. */
  readonly value: readonly Point[];
  /** As the sensors said it; empty where that is the same. */
  readonly raw: readonly Point[];
  /** Stretches that are to be doubted. */
  readonly doubts: readonly (readonly [number, number])[];
  /** Share of the period that was measured; null where that is not known. */
  readonly coverage: number | null;
  /** Length of the windows whose means the points are; null for single values. */
  readonly meanOfMs: number | null;
}

/** As fine as a chart can show: minutes up to a day and a little, hours for a month. */
const WIDTH_MS = { m1: 60_000, m20: 1_200_000, h1: HOUR_MS } as const;
type ChartAverage = keyof typeof WIDTH_MS;

/** The average that a chart of so many hours is drawn from. */
export const averageFor = (hours: number): ChartAverage => (hours <= 26 ? "m1" : hours <= 170 ? "m20" : "h1");

const pathOf = (station: string, what: "averages" | "samples", query: Record<string, string>): string =>
  `/api/v1/stations/${station}/${what}?${new URLSearchParams(query)}`;
const isoOf = (ms: number): string => new Date(ms).toISOString();

/** The averages of a station as lines: each stands in the middle of its window, and doubtful windows are stretches. */
export function seriesOf(
  { station, rows }: AverageSeries["stations"][number],
  average: ChartAverage,
  hours: number,
): AirSeries {
  const windowMs = WIDTH_MS[average];
  const middle = (start: number) => start + windowMs / 2;
  const isCorrected = rows.some(([, value, raw]) => value !== null && value !== raw);
  const measuredMs = rows.reduce((sum, [, , , coverage]) => sum + coverage * windowMs, 0);
  const doubts = rows.flatMap(([start, value, raw, , confidence]) =>
    confidence < LEAST_CONFIDENCE || (value === null && raw !== null) ? [[start, start + windowMs] as const] : [],
  );
  return {
    station,
    value: rows.map(([start, value]) => [middle(start), value]),
    raw: isCorrected ? rows.map(([start, , raw]) => [middle(start), raw]) : [],
    doubts: joined(doubts),
    coverage: Math.min(1, measuredMs / (hours * HOUR_MS)),
    meanOfMs: windowMs,
  };
}

/** In its first minutes a station has no averages yet: what its sensors said in the last hour. */
async function fetchSamples(station: string, pollutant: Pollutant, toMs: number): Promise<AirSeries> {
  const [field] = RAW_FIELDS[pollutant];
  const path = pathOf(station, "samples", { field, from: isoOf(toMs - HOUR_MS) });
  const { body } = await ask(SampleSeries, path);
  const value = body.rows.map(([at, said]): Point => [at, said]);
  return { station, value, raw: [], doubts: [], coverage: null, meanOfMs: null };
}

/** The averages of all the stations in one question, in the order of the stations. */
async function fetchSeries(
  stations: readonly string[],
  pollutant: Pollutant,
  hours: number,
  toMs: number,
): Promise<readonly AirSeries[]> {
  const [first, ...others] = stations;
  if (first === undefined) return [];
  const average = averageFor(hours);
  const beside: Record<string, string> = others.length === 0 ? {} : { with: others.join(",") };
  const query = { pollutant, average, from: isoOf(toMs - hours * HOUR_MS), ...beside };
  const { body } = await ask(AverageSeries, pathOf(first, "averages", query));
  return Promise.all(
    body.stations.map((one) =>
      one.rows.length > 0 ? seriesOf(one, average, hours) : fetchSamples(one.station, pollutant, toMs),
    ),
  );
}

/** The histories of some stations, fetched anew each minute: `toMs` moves, and what a broken connection has missed comes then. */
export function useAirSeries(stations: readonly string[], pollutant: Pollutant, rangeMs: number, toMs: number) {
  const of = [pollutant, rangeMs, ...stations].join("/");
  const fetchThese = () => fetchSeries(stations, pollutant, rangeMs / HOUR_MS, toMs);
  const { value: series, trouble, retry } = useFetched(of, fetchThese, toMs);
  return { series, trouble, retry };
}
