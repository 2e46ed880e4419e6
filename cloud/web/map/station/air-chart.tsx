import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Format } from "../../page/format.ts";
import { useSpeech } from "../../page/language.ts";
import { chartData, type Line } from "./chart-data.ts";

const HEIGHT_PX = 200;
/** With more points than this a dot on each would only thicken the line. */
const MAX_DOTS = 120;
const INK = "#3d474d";
const GRID = "#e3e7e3";

/** A category behind the lines: its colour up to a value; the last has no end. */
export interface ChartBand {
  readonly colour: string;
  readonly upTo: number | null;
}

/** Paints the standard's categories faintly behind the lines, so that they can be read as "good" or "bad". */
function paintBands(bands: readonly ChartBand[]): (plot: uPlot) => void {
  return (plot) => {
    const { ctx, bbox } = plot;
    const [top, bottom] = [bbox.top, bbox.top + bbox.height];
    const y = (value: number) => Math.min(bottom, Math.max(top, plot.valToPos(value, "y", true)));
    ctx.save();
    ctx.globalAlpha = 0.18;
    let lowerEdge = y(0);
    for (const { colour, upTo } of bands) {
      const upperEdge = upTo === null ? top : y(upTo);
      ctx.fillStyle = colour;
      ctx.fillRect(bbox.left, upperEdge, bbox.width, lowerEdge - upperEdge);
      lowerEdge = upperEdge;
    }
    ctx.restore();
  };
}

/** Hatches the stretches of time whose values are to be doubted. */
function paintDoubts(doubts: readonly (readonly [number, number])[]): (plot: uPlot) => void {
  return (plot) => {
    const { ctx, bbox } = plot;
    for (const [from, to] of doubts) {
      const left = Math.max(bbox.left, plot.valToPos(from / 1_000, "x", true));
      const right = Math.min(bbox.left + bbox.width, plot.valToPos(to / 1_000, "x", true));
      if (right <= left) continue;
      ctx.save();
      ctx.beginPath();
      ctx.rect(left, bbox.top, right - left, bbox.height);
      ctx.clip();
      ctx.strokeStyle = "rgb(24 32 37 / 45%)";
      ctx.lineWidth = window.devicePixelRatio;
      const step = 7 * window.devicePixelRatio;
      for (let x = left - bbox.height; x < right; x += step) {
        ctx.beginPath();
        ctx.moveTo(x, bbox.top + bbox.height);
        ctx.lineTo(x + bbox.height, bbox.top);
        ctx.stroke();
      }
      ctx.restore();
    }
  };
}

/** A strip along the bottom: filled where something was measured, empty where not. */
function paintCoverage(covered: readonly (readonly [number, number])[]): (plot: uPlot) => void {
  return (plot) => {
    const { ctx, bbox } = plot;
    const height = 4 * window.devicePixelRatio;
    const y = bbox.top + bbox.height - height;
    ctx.save();
    ctx.fillStyle = "#ffffff";
    ctx.fillRect(bbox.left, y, bbox.width, height);
    ctx.fillStyle = "#4a555c";
    for (const [from, to] of covered) {
      const left = Math.max(bbox.left, plot.valToPos(from / 1_000, "x", true));
      const right = Math.min(bbox.left + bbox.width, plot.valToPos(to / 1_000, "x", true));
      if (right > left) ctx.fillRect(left, y, right - left, height);
    }
    ctx.restore();
  };
}

function axisLabels(language: string, rangeMs: number): (seconds: number[]) => string[] {
  const format = new Intl.DateTimeFormat(
    language,
    rangeMs > 2 * 86_400_000
      ? { day: "numeric", month: "short" }
      : { hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  );
  return (seconds) => seconds.map((second) => format.format(second * 1_000));
}

/** What a chart shows. */
export interface ChartContents {
  readonly lines: readonly Line[];
  readonly fromMs: number;
  readonly toMs: number;
  readonly bands: readonly ChartBand[];
  readonly doubts: readonly (readonly [number, number])[];
  readonly covered: readonly (readonly [number, number])[];
  readonly startsAtZero: boolean;
}

function optionsOf(contents: ChartContents, widthPx: number, language: string, format: Format): uPlot.Options {
  const { lines, fromMs, toMs, bands, doubts, covered, startsAtZero } = contents;
  const toLabels = axisLabels(language, toMs - fromMs);
  const axis = { stroke: INK, grid: { stroke: GRID, width: 1 }, ticks: { show: false }, font: "12px system-ui" };
  return {
    width: widthPx,
    height: HEIGHT_PX,
    padding: [8, 10, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: true, range: [fromMs / 1_000, toMs / 1_000] },
      y: {
        range: (_, low, high) =>
          startsAtZero ? [0, Math.max(12, high * 1.15)] : uPlot.rangeNum(low, high, 0.15, false),
      },
    },
    axes: [
      { ...axis, space: 64, size: 28, values: (_, splits) => toLabels(splits) },
      { ...axis, size: 44, values: (_, splits) => splits.map((split) => format.number(split)) },
    ],
    series: [
      {},
      ...lines.map(({ label, colour, dash, points }) => ({
        label,
        stroke: colour,
        width: 2,
        dash: [...dash],
        points: { size: 4, fill: colour, show: dash.length === 0 && points.length <= MAX_DOTS },
        spanGaps: false,
      })),
    ],
    hooks: { drawClear: [paintBands(bands)], draw: [paintDoubts(doubts), paintCoverage(covered)] },
  };
}

/** Lines over time as wide as their place; the words of `summary` say the same to those who do not see it. */
export function AirChart({ contents, summary }: { readonly contents: ChartContents; readonly summary: string }) {
  const { language, format } = useSpeech();
  const holder = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = holder.current;
    if (element === null) return;
    const { seconds, lines } = chartData(contents.lines.map(({ points }) => points));
    const plot = new uPlot(optionsOf(contents, element.clientWidth, language, format), [seconds, ...lines], element);
    const watch = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT_PX }));
    watch.observe(element);
    return () => {
      watch.disconnect();
      plot.destroy();
    };
  }, [contents, language, format]);
  return <div class="chart" role="img" aria-label={summary} ref={holder} />;
}
