import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Series, type StationFeature } from "../../http/schemas.ts";
import { ask, type TroubleCode, troubleOf } from "../page/api.ts";
import { fieldDigits, fieldName, unitName } from "../page/field.ts";
import { type Speech, useSpeech } from "../page/language.ts";
import { Trouble } from "../page/notice.tsx";
import { AirChart } from "./air-chart.tsx";
import { type ChartRange, chartRanges, type Point, summaryOf, withNewest } from "./chart-data.ts";
import "./chart.css";

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

/** A fetched series and where it came from. */
interface Fetched {
  readonly of: string;
  readonly points: readonly Point[];
  readonly meanOfMs: number | null;
}

/**
 * The points of one field and period: fetched anew each minute, with each live value added as it comes. A single value
 * has no place in a line of means; there the next fetch brings it.
 */
function useSeries(station: StationFeature, field: string, hours: number, toMs: number) {
  const fetched = useSignal<Fetched | undefined>(undefined);
  const trouble = useSignal<TroubleCode | null>(null);
  const attempt = useSignal(0);
  const path = seriesPath(station.id, field, hours);

  // `toMs` moves once a minute: what a broken connection has missed comes with the next fetch.
  useEffect(() => {
    let isCurrent = true;
    ask(Series, path)
      .then(({ body }) => {
        if (!isCurrent) return;
        fetched.value = { of: path, points: body.points, meanOfMs: body.meanOfMs };
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
    if (known?.of !== path || known.meanOfMs !== null || newestAt === undefined || newestValue === undefined) return;
    const fromMs = toMs - hours * HOUR_MS;
    fetched.value = { ...known, points: withNewest(known.points, [newestAt, newestValue], fromMs, toMs) };
  }, [path, toMs, hours, newestAt, newestValue, fetched.value?.of]);

  return {
    series: fetched.value?.of === path ? fetched.value : undefined,
    trouble: trouble.value,
    retry: () => attempt.value++,
  };
}

/** The lowest, highest and latest value in words; of means, when the points are means. */
function saySeries({ words, format }: Speech, field: string, unit: string, { points, meanOfMs }: Fetched): string {
  const summary = summaryOf(points);
  if (summary === undefined) return words.map.chartEmpty;
  const withUnit = (value: number) => `${format.number(value, fieldDigits(field))} ${unitName(words, unit)}`;
  const said = words.map.chartSummary(withUnit(summary.lowest), withUnit(summary.highest), withUnit(summary.last));
  return meanOfMs === null ? said : `${words.map.chartMeans(meanOfMs)}; ${words.map.chartOfMeans(said)}`;
}

/** The chart of one field with its choice of period; it goes on by itself. */
export function StationChart({ station, field, nowMs }: StationChartProps) {
  const speech = useSpeech();
  const { words } = speech;
  const range = useSignal<ChartRange>("day");
  // The chart moves on once a minute, not with each tick of the clock.
  const toMs = Math.ceil(nowMs / 60_000) * 60_000;
  const rangeMs = chartRanges[range.value];
  const { series, trouble, retry } = useSeries(station, field, rangeMs / HOUR_MS, toMs);
  const said =
    series === undefined
      ? words.loading
      : saySeries(speech, field, station.properties.values[field]?.unit ?? "", series);

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
      {series === undefined || series.points.length === 0 ? (
        (series !== undefined || trouble === null) && <p class="chart-empty">{said}</p>
      ) : (
        <>
          <AirChart
            points={series.points}
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
