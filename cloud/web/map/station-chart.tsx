import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
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

/** The chart of one field with its choice of period; the newest live value is put at its end by itself. */
export function StationChart({ station, field, nowMs }: StationChartProps) {
  const { words, format } = useSpeech();
  const range = useSignal<ChartRange>("day");
  const fetched = useSignal<readonly Point[] | undefined>(undefined);
  const trouble = useSignal<TroubleCode | null>(null);
  const attempt = useSignal(0);
  // The chart moves on once a minute, not with each tick of the clock.
  const toMs = Math.ceil(nowMs / 60_000) * 60_000;
  const fromMs = toMs - chartRanges[range.value];

  // A minute more does not fetch the whole period again.
  useEffect(() => {
    let isCurrent = true;
    fetched.value = undefined;
    trouble.value = null;
    ask(Series, seriesPath(station.id, field, chartRanges[range.value] / HOUR_MS))
      .then(({ body }) => {
        if (isCurrent) fetched.value = body.points;
      })
      .catch((error: unknown) => {
        if (isCurrent) trouble.value = troubleOf(error);
      });
    return () => {
      isCurrent = false;
    };
  }, [station.id, field, range.value, attempt.value]);

  const newest = station.properties.values[field];
  const newestAt = newest?.at;
  const newestValue = newest?.value;
  const points = useMemo(() => {
    const live: Point | undefined =
      newestAt === undefined || newestValue === undefined ? undefined : [newestAt, newestValue];
    return withNewest(fetched.value ?? [], live, fromMs);
  }, [fetched.value, newestAt, newestValue, fromMs]);

  const unit = unitName(words, newest?.unit ?? "");
  const withUnit = (value: number) => `${format.number(value, fieldDigits(field))} ${unit}`;
  const summary = summaryOf(points);
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
      {trouble.value !== null ? (
        <Trouble code={trouble.value} onRetry={() => attempt.value++} />
      ) : fetched.value === undefined ? (
        <p class="chart-empty">{words.loading}</p>
      ) : summary === undefined ? (
        <p class="chart-empty">{words.map.chartEmpty}</p>
      ) : (
        <>
          <AirChart
            points={points}
            fromMs={fromMs}
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
