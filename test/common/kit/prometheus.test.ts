import { describe, expect, it } from "vitest";
import { Histogram } from "#kit/histogram.ts";
import { exposition } from "#kit/prometheus.ts";

describe("exposition", () => {
  it("spells a metric with its help, its type and a line for each value", () => {
    const samples = [{ value: 1 }, { labels: { reason: 'a "b"\\\n', at: "x" }, value: 2.5 }];

    expect(exposition([{ name: "refused_total", help: "Turned\naway.", type: "counter", samples }])).toBe(
      [
        "# HELP refused_total Turned\\naway.",
        "# TYPE refused_total counter",
        "refused_total 1",
        'refused_total{reason="a \\"b\\"\\\\\\n",at="x"} 2.5',
        "",
      ].join("\n"),
    );
  });

  it("spells a histogram with cumulative buckets, its sum and its count", () => {
    const histogram = new Histogram([0.1, 1]);
    for (const value of [0.05, 0.1, 0.5, 7]) histogram.observe(value);

    const text = exposition([{ name: "commit_seconds", help: "x", type: "histogram", counts: histogram.counts() }]);

    expect(text.split("\n").slice(2)).toEqual([
      'commit_seconds_bucket{le="0.1"} 2',
      'commit_seconds_bucket{le="1"} 3',
      'commit_seconds_bucket{le="+Inf"} 4',
      "commit_seconds_sum 7.65",
      "commit_seconds_count 4",
      "",
    ]);
  });

  it("leaves out a metric without any value", () => {
    expect(exposition([{ name: "a", help: "b", type: "gauge", samples: [] }])).toBe("");
  });
});
