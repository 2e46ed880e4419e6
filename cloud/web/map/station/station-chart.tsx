import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { standardAveraging } from "../../../air/averagings.ts";
import type { StationFeature } from "../../../http/schemas.ts";
import { unitName } from "../../page/field.ts";
import { type Speech, useSpeech } from "../../page/language.ts";
import { FetchNotice } from "../../page/notice.tsx";
import type { Choice } from "../address/choice.ts";
import { unitOfPollutant } from "../card/say-value.ts";
import { AirChart, type ChartContents } from "./air-chart.tsx";
import { type AirSeries, useAirSeries } from "./air-series.ts";
import type { Lens } from "./air-view.ts";
import { chartBands, tableFor } from "./bands.ts";
import { type ChartRange, chartRanges, joined, type Line, summaryOf } from "./chart-data.ts";
import { RangeChoice } from "./range-choice.tsx";
import "./chart.css";

/** A point stands for the time around it: so far a single value reaches in the strip of coverage. */
const SINGLE_REACH_MS = 90_000;

/** The lowest, highest and latest value in words; of means, when the points are means. */
export function saySeries({ words, format }: Speech, { pollutant }: Choice, series: AirSeries): string {
  const summary = summaryOf(series.value);
  if (summary === undefined) return words.map.chartEmpty;
  const withUnit = (value: number) => `${format.number(value)} ${unitName(words, unitOfPollutant(pollutant))}`;
  const said = words.map.chartSummary(withUnit(summary.lowest), withUnit(summary.highest), withUnit(summary.last));
  const { meanOfMs, coverage } = series;
  const means = meanOfMs === null ? said : `${words.map.chartMeans(meanOfMs)}; ${words.map.chartOfMeans(said)}`;
  return coverage === null ? means : `${means}; ${words.air.chartCoverage(format.percent(coverage))}`;
}

/** When a series has values, as stretches of time. */
export function coveredOf({ value, meanOfMs }: AirSeries): readonly (readonly [number, number])[] {
  const reachMs = meanOfMs === null ? SINGLE_REACH_MS : meanOfMs;
  return joined(value.flatMap(([at, one]) => (one === null ? [] : [[at - reachMs / 2, at + reachMs / 2] as const])));
}

function contentsOf(speech: Speech, series: AirSeries, lens: Lens, fromMs: number, toMs: number): ChartContents {
  const { words } = speech;
  const { standard, choice, isSafe } = lens;
  const lines: Line[] = [{ label: words.air.corrected, colour: "#0f4c46", dash: [], points: series.value }];
  if (series.raw.length > 0)
    lines.unshift({ label: words.air.chartRaw, colour: "#7a5a10", dash: [4, 4], points: series.raw });
  return {
    lines,
    fromMs,
    toMs,
    bands: chartBands(standard, tableFor(standard, choice.pollutant, standardAveraging[choice.average]), isSafe),
    doubts: series.doubts,
    covered: coveredOf(series),
    startsAtZero: true,
  };
}

function ChartKey({ series }: { readonly series: AirSeries }) {
  const { words } = useSpeech();
  return (
    <ul class="chart-key">
      <li>
        <span class="key-line" aria-hidden="true" />
        {series.raw.length > 0 ? words.air.corrected : words.air.value}
      </li>
      {series.raw.length > 0 && (
        <li>
          <span class="key-line dashed" aria-hidden="true" />
          {words.air.chartRaw}
        </li>
      )}
      {series.doubts.length > 0 && (
        <li>
          <span class="key-hatch" aria-hidden="true" />
          {words.air.chartDoubtful}
        </li>
      )}
      <li>
        <span class="key-strip" aria-hidden="true" />
        {words.air.chartGap}
      </li>
    </ul>
  );
}

interface StationChartProps {
  readonly station: StationFeature;
  readonly lens: Lens;
  /** Where the chart ends: the present minute, also while the past is shown on the map. */
  readonly toMs: number;
}

/** The history of a station: gaps as gaps, doubtful parts hatched, raw beside corrected; it goes on by itself. */
export function StationChart({ station, lens, toMs }: StationChartProps) {
  const speech = useSpeech();
  const { words } = speech;
  const range = useSignal<ChartRange>("day");
  const rangeMs = chartRanges[range.value];
  const { pollutant } = lens.choice;
  const { series: all, trouble, retry } = useAirSeries([station.id], pollutant, rangeMs, toMs);
  const series = all?.[0];
  const said = series === undefined ? words.loading : saySeries(speech, lens.choice, series);
  const contents = useMemo(
    () => (series === undefined ? undefined : contentsOf(speech, series, lens, toMs - rangeMs, toMs)),
    [series, lens.standard, lens.choice, lens.isSafe, toMs, rangeMs, speech],
  );
  return (
    <section class="chart-section">
      <header>
        <h3>
          {words.air.history}: {words.air.pollutant[pollutant]}
        </h3>
        <RangeChoice range={range} />
      </header>
      {trouble !== null && <FetchNotice trouble={trouble} onRetry={retry} />}
      {series === undefined || contents === undefined || series.value.length === 0 ? (
        (series !== undefined || trouble === null) && <p class="chart-empty">{said}</p>
      ) : (
        <>
          <AirChart contents={contents} summary={`${words.air.pollutant[pollutant]}: ${said}`} />
          <ChartKey series={series} />
          <p class="chart-summary">{said}</p>
        </>
      )}
    </section>
  );
}
