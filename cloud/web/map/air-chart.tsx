import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Format } from "../page/format.ts";
import { useSpeech } from "../page/language.ts";
import { categoryPaint, pm25Bands } from "./air-scale.ts";
import { chartData, type Point } from "./chart-data.ts";

const HEIGHT_PX = 190;
const INK = "#3d474d";
const GRID = "#e3e7e3";

/** Paints the index' categories faintly behind PM2.5, so that the line can be read as "good" or "bad". */
function paintBands(plot: uPlot): void {
  const { ctx, bbox } = plot;
  const top = bbox.top;
  const bottom = bbox.top + bbox.height;
  const y = (value: number) => Math.min(bottom, Math.max(top, plot.valToPos(value, "y", true)));
  ctx.save();
  ctx.globalAlpha = 0.16;
  let lowerEdge = y(0);
  for (const { category, upTo } of pm25Bands) {
    const upperEdge = upTo === Number.POSITIVE_INFINITY ? top : y(upTo);
    ctx.fillStyle = categoryPaint[category].colour;
    ctx.fillRect(bbox.left, upperEdge, bbox.width, lowerEdge - upperEdge);
    lowerEdge = upperEdge;
  }
  ctx.restore();
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

interface ChartOptions {
  readonly widthPx: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly hasBands: boolean;
  readonly language: string;
  readonly format: Format;
}

function optionsOf({ widthPx, fromMs, toMs, hasBands, language, format }: ChartOptions): uPlot.Options {
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
        range: (_, low, high) => (hasBands ? [0, Math.max(12, high * 1.15)] : uPlot.rangeNum(low, high, 0.15, false)),
      },
    },
    axes: [
      { ...axis, space: 64, size: 28, values: (_, splits) => toLabels(splits) },
      { ...axis, size: 44, values: (_, splits) => splits.map((split) => format.number(split)) },
    ],
    series: [{}, { stroke: "#0f4c46", width: 2, points: { size: 4, fill: "#0f4c46" } }],
    hooks: hasBands ? { drawClear: [paintBands] } : {},
  };
}

interface AirChartProps {
  readonly points: readonly Point[];
  readonly fromMs: number;
  readonly toMs: number;
  readonly hasBands: boolean;
  /** What the picture shows, for those who do not see it. */
  readonly summary: string;
}

/** A line over time as wide as its place; the words of its summary say the same. */
export function AirChart({ points, fromMs, toMs, hasBands, summary }: AirChartProps) {
  const { language, format } = useSpeech();
  const holder = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = holder.current;
    if (element === null) return;
    const { seconds, values } = chartData(points);
    const options = optionsOf({ widthPx: element.clientWidth, fromMs, toMs, hasBands, language, format });
    const plot = new uPlot(options, [seconds, values], element);
    const watch = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT_PX }));
    watch.observe(element);
    return () => {
      watch.disconnect();
      plot.destroy();
    };
  }, [points, fromMs, toMs, hasBands, language, format]);
  return <div class="chart" role="img" aria-label={summary} ref={holder} />;
}
