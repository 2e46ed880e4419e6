import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Series, type StationFeature } from "../../http/schemas.ts";
import { ask, type TroubleCode, troubleOf } from "../page/api.ts";
import { fieldDigits, fieldName, unitName } from "../page/field.ts";
import { useSpeech } from "../page/language.ts";
import { Trouble } from "../page/notice.tsx";
import { AirChart } from "./air-chart.tsx";
import { type ChartRange, chartRanges, type Point, summaryOf, withNewest } from "./chart-data.ts";

const ranges = ["hour", "day", "week"] as const satisfies readonly ChartRange[];

const HOUR_MS = 3_600_000;

/** Where the series of the last hours is fetched. */
export function seriesPath(station: string, field: string, hours: number): string {
  return `/api/v1/stations/${station}/series?${new URLSearchParams({ field, hours: String(hours) })}`;
}

interface StationChartProps {
  readonly station: StationFeature;
  readonly field: string;
  readonly nowMs: number;
}

/** The points of one field and period: fetched anew each minute, with each live value added as it comes. */
function useSeries(station: StationFeature, field: string, hours: number, toMs: number) {
  const fetched = useSignal<{ readonly of: string; readonly points: readonly Point[] } | undefined>(undefined);
  const trouble = useSignal<TroubleCode | null>(null);
  const attempt = useSignal(0);
  const path = seriesPath(station.id, field, hours);

  // `toMs` moves once a minute: what a broken connection has missed comes with the next fetch.
  useEffect(() => {
    let isCurrent = true;
    ask(Series, path)
      .then(({ body }) => {
        if (!isCurrent) return;
        fetched.value = { of: path, points: body.points };
        trouble.value = null;
      })
      .catch((error: unknown) => {
        if (isCurrent) trouble.value = troubleOf(error);
      });
    return () => {
      isCurrent = false;
    };
  }, [path, toMs, attempt.value]);

  const newest = station.properties.values[field];
  const newestAt = newest?.at;
  const newestValue = newest?.value;
  useEffect(() => {
    const known = fetched.peek();
    if (known?.of !== path || newestAt === undefined || newestValue === undefined) return;
    const fromMs = toMs - hours * HOUR_MS;
    fetched.value = { of: path, points: withNewest(known.points, [newestAt, newestValue], fromMs) };
  }, [path, toMs, hours, newestAt, newestValue, fetched.value?.of]);

  return {
    points: fetched.value?.of === path ? fetched.value.points : undefined,
    trouble: trouble.value,
    retry: () => attempt.value++,
  };
}

/** The chart of one field with its choice of period; the newest live value is put at its end by itself. */
export function StationChart({ station, field, nowMs }: StationChartProps) {
  const { words, format } = useSpeech();
  const range = useSignal<ChartRange>("day");
  // The chart moves on once a minute, not with each tick of the clock.
  const toMs = Math.ceil(nowMs / 60_000) * 60_000;
  const rangeMs = chartRanges[range.value];
  const { points, trouble, retry } = useSeries(station, field, rangeMs / HOUR_MS, toMs);

  const unit = unitName(words, station.properties.values[field]?.unit ?? "");
  const withUnit = (value: number) => `${format.number(value, fieldDigits(field))} ${unit}`;
  const summary = summaryOf(points ?? []);
  const said =
    summary === undefined
      ? words.map.chartEmpty
      : words.map.chartSummary(withUnit(summary.lowest), withUnit(summary.highest), withUnit(summary.last));

  return (
    <section class="chart-section">
      <header>
        <h3>{fieldName(words, field)}</h3>
        <fieldset class="choice" aria-label={words.map.range}>
          {ranges.map((one) => (
            <button
              type="button"
              key={one}
              aria-pressed={range.value === one}
              onClick={() => {
                range.value = one;
              }}
            >
              {words.map.ranges[one]}
            </button>
          ))}
        </fieldset>
      </header>
      {trouble !== null && <Trouble code={trouble} onRetry={retry} />}
      {points === undefined ? (
        trouble === null && <p class="chart-empty">{words.loading}</p>
      ) : summary === undefined ? (
        <p class="chart-empty">{words.map.chartEmpty}</p>
      ) : (
        <>
          <AirChart
            points={points}
            fromMs={toMs - rangeMs}
            toMs={toMs}
            hasBands={field === "pm25" || field === "pm25_atm"}
            summary={`${fieldName(words, field)}: ${said}`}
          />
          <p class="chart-summary">{said}</p>
        </>
      )}
    </section>
  );
}
