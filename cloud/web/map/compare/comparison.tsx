import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { standardAveraging } from "../../../air/averagings.ts";
import { useSpeech } from "../../page/language.ts";
import { FetchNotice } from "../../page/notice.tsx";
import { MAX_COMPARED } from "../address/view-address.ts";
import type { ViewStore } from "../address/view-store.ts";
import { sayValue } from "../card/say-value.ts";
import { MarkPicture } from "../marks/mark-picture.tsx";
import { sayAir } from "../say-place.ts";
import { AirChart, type ChartContents } from "../station/air-chart.tsx";
import { useAirSeries } from "../station/air-series.ts";
import type { AirStore, SeenStation } from "../station/air-store.ts";
import { chartBands, tableFor } from "../station/bands.ts";
import { type ChartRange, chartRanges } from "../station/chart-data.ts";
import { RangeChoice } from "../station/range-choice.tsx";
import { saySeries } from "../station/station-chart.tsx";
import "./comparison.css";

/** Colours of the Okabe-Ito set with a dash each, so that lines are told apart without colour. */
const STYLES = [
  { colour: "#0072b2", dash: [] },
  { colour: "#b04a00", dash: [8, 4] },
  { colour: "#00694c", dash: [2, 4] },
  { colour: "#8e2c72", dash: [10, 3, 2, 3] },
] as const satisfies readonly { colour: string; dash: readonly number[] }[];

function LineSample({ index }: { readonly index: number }) {
  const { colour, dash } = STYLES[index % STYLES.length] ?? STYLES[0];
  return (
    <svg class="line-sample" viewBox="0 0 36 8" aria-hidden="true">
      <path d="M0 4h36" stroke={colour} stroke-width="3" stroke-dasharray={dash.join(" ")} />
    </svg>
  );
}

interface ComparisonProps {
  readonly ids: readonly string[];
  readonly air: AirStore;
  readonly views: ViewStore;
}

function Compared({ seen, index, nowMs, ids, views }: ComparisonRowProps) {
  const speech = useSpeech();
  const { words, name } = speech;
  const { station, view } = seen;
  const title = name(station.properties.name);
  return (
    <li data-id={station.id}>
      <LineSample index={index} />
      <MarkPicture look={view.look} sizePx={44} />
      <span class="row-text">
        <strong>{title}</strong>
        <span>
          {sayAir(speech, view, nowMs)}, {sayValue(speech, view.air?.value ?? null, views.choice.value.pollutant)}
        </span>
      </span>
      <button
        type="button"
        class="button icon small"
        aria-label={words.air.compareRemove(title)}
        title={words.air.compareRemove(title)}
        onClick={() => {
          const left = ids.filter((id) => id !== station.id);
          views.open(left.length === 0 ? { kind: "map" } : { kind: "compare", ids: left });
        }}
      >
        <span aria-hidden="true">×</span>
      </button>
    </li>
  );
}

interface ComparisonRowProps {
  readonly seen: SeenStation;
  readonly index: number;
  readonly nowMs: number;
  readonly ids: readonly string[];
  readonly views: ViewStore;
}

function AddStation({ ids, air, views }: ComparisonProps) {
  const { words, name, language } = useSpeech();
  if (ids.length >= MAX_COMPARED) return null;
  const others = [...air.seen.value.values()]
    .filter(({ station }) => !ids.includes(station.id))
    .map(({ station }) => ({ id: station.id, title: name(station.properties.name) }))
    .sort((a, b) => a.title.localeCompare(b.title, language));
  return (
    <label class="choose">
      <span>{words.air.compareAdd}</span>
      <select
        name="add-station"
        value=""
        onChange={(event) => views.open({ kind: "compare", ids: [...ids, event.currentTarget.value] })}
      >
        <option value="">…</option>
        {others.map(({ id, title }) => (
          <option key={id} value={id}>
            {title}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Up to four stations in one chart and one list; which ones stands in the address. */
export function Comparison(props: ComparisonProps) {
  const { ids, air } = props;
  const speech = useSpeech();
  const { words, name } = speech;
  const range = useSignal<ChartRange>("day");
  const lens = air.lens.value;
  const { pollutant, average } = lens.choice;
  const seen = ids.flatMap((id) => air.seen.value.get(id) ?? []);
  const toMs = air.minuteMs.value;
  const rangeMs = chartRanges[range.value];
  const known = seen.map(({ station }) => station.id);
  const { series, trouble, retry } = useAirSeries(known, pollutant, rangeMs, toMs);
  const contents = useMemo<ChartContents | undefined>(() => {
    if (series === undefined) return undefined;
    return {
      lines: series.map((one, i) => ({
        ...(STYLES[i % STYLES.length] ?? STYLES[0]),
        label: one.station,
        points: one.value,
      })),
      fromMs: toMs - rangeMs,
      toMs,
      bands: chartBands(lens.standard, tableFor(lens.standard, pollutant, standardAveraging[average]), lens.isSafe),
      doubts: [],
      covered: [],
      startsAtZero: true,
    };
  }, [series, lens.standard, pollutant, average, lens.isSafe, toMs, rangeMs]);
  const summary = (series ?? [])
    .map((one, i) => {
      const station = seen[i]?.station;
      return `${station === undefined ? "" : name(station.properties.name)}: ${saySeries(speech, lens.choice, one)}`;
    })
    .join(". ");
  return (
    <>
      <ul class="compared">
        {seen.map((one, index) => (
          <Compared key={one.station.id} {...props} seen={one} index={index} nowMs={lens.moment.nowMs} />
        ))}
      </ul>
      <AddStation {...props} />
      <section class="chart-section">
        <header>
          <h3>{words.air.pollutant[pollutant]}</h3>
          <RangeChoice range={range} />
        </header>
        {trouble !== null && <FetchNotice trouble={trouble} onRetry={retry} />}
        {contents === undefined ? (
          trouble === null && <p class="chart-empty">{words.loading}</p>
        ) : (
          <>
            <AirChart contents={contents} summary={summary} />
            <p class="chart-summary">{summary}</p>
          </>
        )}
      </section>
    </>
  );
}
