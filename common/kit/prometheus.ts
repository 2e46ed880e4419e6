import type { HistogramCounts } from "./histogram.ts";

export type Labels = Readonly<Record<string, string>>;

/** One value of a metric, under its labels. */
export interface Sample {
  readonly labels?: Labels;
  readonly value: number;
}

/** A metric with its values: base units (seconds, bytes), counters end in `_total`. */
export type Metric =
  | {
      readonly name: string;
      readonly help: string;
      readonly type: "counter" | "gauge";
      readonly samples: readonly Sample[];
    }
  | { readonly name: string; readonly help: string; readonly type: "histogram"; readonly counts: HistogramCounts };

/**
 * The text exposition format 0.0.4 of metrics (https://prometheus.io/docs/instrumenting/exposition_formats/). A metric
 * without any value is left out.
 */
export function exposition(metrics: readonly Metric[]): string {
  return metrics
    .map((metric) => {
      const lines = linesOf(metric);
      if (lines.length === 0) return "";
      return `# HELP ${metric.name} ${escaped(metric.help)}\n# TYPE ${metric.name} ${metric.type}\n${lines.join("\n")}\n`;
    })
    .join("");
}

function linesOf(metric: Metric): string[] {
  const { name } = metric;
  if (metric.type !== "histogram") return metric.samples.map(({ labels = {}, value }) => line(name, labels, value));
  const { bounds, atMost, count, sum } = metric.counts;
  return [
    ...bounds.map((bound, i) => line(`${name}_bucket`, { le: String(bound) }, atMost[i] ?? 0)),
    line(`${name}_bucket`, { le: "+Inf" }, count),
    line(`${name}_sum`, {}, sum),
    line(`${name}_count`, {}, count),
  ];
}

function line(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escaped(text).replaceAll('"', '\\"')}"`);
  return `${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${Number.isFinite(value) ? value : "NaN"}`;
}

const escaped = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
