import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { type Pollutant, RAW_FIELDS } from "../../../air/pollutants.ts";
import { AirHistory, Series } from "../../../http/schemas.ts";
import { ask, type TroubleCode, troubleOf } from "../../page/api.ts";
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

/** Where the series of the last hours is fetched. */
export function seriesPath(station: string, field: string, hours: number): string {
  return `/api/v1/stations/${station}/series?${new URLSearchParams({ field, hours: String(hours) })}`;
}

/** Where the history of the last hours is fetched. */
export function historyPath(station: string, pollutant: Pollutant, hours: number): string {
  return `/api/v1/stations/${station}/history?${new URLSearchParams({ pollutant, hours: String(hours) })}`;
}

/** A history as lines: each mean stands in the middle of its window, and doubtful windows are stretches. */
export function seriesOf({ station, windowMs, windows }: AirHistory, hours: number): AirSeries {
  const isDoubtful = ({ value, raw, confidence }: AirHistory["windows"][number]) =>
    confidence < LEAST_CONFIDENCE || (value === null && raw !== null);
  const isCorrected = windows.some(({ value, raw }) => value !== null && value !== raw);
  const middle = (start: number) => start + windowMs / 2;
  const measuredMs = windows.reduce((sum, { coverage }) => sum + coverage * windowMs, 0);
  return {
    station,
    value: windows.map(({ start, value }) => [middle(start), value]),
    raw: isCorrected ? windows.map(({ start, raw }) => [middle(start), raw]) : [],
    doubts: joined(windows.filter(isDoubtful).map(({ start }) => [start, start + windowMs])),
    coverage: Math.min(1, measuredMs / (hours * HOUR_MS)),
    meanOfMs: windowMs,
  };
}

/** The means that are kept; where none are yet (the first minutes of a station), what its sensors said. */
async function fetchSeries(station: string, pollutant: Pollutant, hours: number): Promise<AirSeries> {
  const history = await ask(AirHistory, historyPath(station, pollutant, hours));
  if (history.body.windows.length > 0) return seriesOf(history.body, hours);
  const [field] = RAW_FIELDS[pollutant];
  const { body } = await ask(Series, seriesPath(station, field, hours));
  return { station, value: body.points, raw: [], doubts: [], coverage: null, meanOfMs: body.meanOfMs };
}

/** The histories of some stations, fetched anew each minute; a station that cannot be had is left out. */
export function useAirSeries(stations: readonly string[], pollutant: Pollutant, rangeMs: number, toMs: number) {
  const fetched = useSignal<{ readonly of: string; readonly series: readonly AirSeries[] } | undefined>(undefined);
  const trouble = useSignal<TroubleCode | null>(null);
  const attempt = useSignal(0);
  const of = [pollutant, rangeMs, ...stations].join("/");

  // `toMs` moves once a minute: what a broken connection has missed comes with the next fetch.
  useEffect(() => {
    let isCurrent = true;
    Promise.all(stations.map((station) => fetchSeries(station, pollutant, rangeMs / HOUR_MS)))
      .then((series) => {
        if (!isCurrent) return;
        fetched.value = { of, series };
        trouble.value = null;
      })
      .catch((error: unknown) => {
        if (isCurrent) trouble.value = troubleOf(error);
      });
    return () => {
      isCurrent = false;
    };
  }, [of, toMs, attempt.value]);

  return {
    series: fetched.value?.of === of ? fetched.value.series : undefined,
    trouble: trouble.value,
    retry: () => attempt.value++,
  };
}
