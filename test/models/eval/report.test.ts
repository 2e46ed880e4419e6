import { describe, expect, it } from "vitest";
import { readManifest } from "../../../edge/classify/onnx-classifier.ts";
import type { Judged, Label } from "../../../models/eval/judged.ts";
import { pairUp } from "../../../models/eval/report/precision-section.ts";
import { type Evaluation, writeReport } from "../../../models/eval/report/report.ts";
import { shareOf } from "../../../models/eval/statistics.ts";
import { aJudged, refused } from "./judgements.ts";

const manifest = await readManifest("models/waste-site/manifest.json");

function named(name: string, label: Label, answer: Label, set = "", sure = 0.9): Judged {
  const one = aJudged(label, answer, { sure });
  return { ...one, photo: { ...one.photo, name, set } };
}

function anEvaluation(change: Partial<Evaluation> = {}): Evaluation {
  return {
    manifest,
    judged: [named("street-1.jpg", "clean", "clean"), named("street-2.jpg", "overflow", "clean", "", 0.99)],
    unread: [],
    precision: null,
    caught: [],
    poor: [],
    latency: null,
    pairs: null,
    screens: null,
    machine: { model: "a processor", cores: 2, load: 0.1 },
    day: "2026-11-22",
    seed: 7,
    ...change,
  };
}

describe("the report", () => {
  it("names the model by its hash and each failure by its file, the surest first", () => {
    const report = writeReport(anEvaluation());

    expect(report).toContain(manifest.sha256);
    expect(report).toContain("| street | `street-2.jpg` | overflow | clean | 0.990 | clean |");
  });

  it("has a dash where there is nothing to count, never a broken number", () => {
    const few = [[refused("clean")], [named("a.jpg", "not_a_site", "not_a_site")], []];

    for (const judged of few) expect(writeReport(anEvaluation({ judged }))).not.toMatch(/NaN|undefined|Infinity/);
  });

  it("gives each set and each source in it a line, and all together", () => {
    const judged = ["val", "test"].flatMap((set) => [
      named("a.jpg", "clean", "clean", set),
      named("b.jpg", "overflow", "overflow", set),
    ]);

    const report = writeReport(anEvaluation({ judged }));

    for (const name of ["all", "val/", "val/ street", "test/", "test/ street"]) expect(report).toContain(`| ${name} |`);
  });

  it("says of a goal whether it was met", () => {
    const judged = Array.from({ length: 100 }, (_, i) =>
      named(`${i}.jpg`, "clean", i < 95 ? "clean" : "overflow", "val"),
    );
    const caught = [{ kind: "dark" as const, caught: shareOf(9, 10), reasons: { dark: 9 } }];

    const report = writeReport(anEvaluation({ judged, caught }));

    expect(report).toContain("| `val/` four-way ≥ 0.93 | 0.950 (0.888–0.978) | met |");
    expect(report).toMatch(/\| unusable photos caught ≥ 0.95 \| 0.900 .* \| \*\*missed\*\* \|/);
  });

  it("has a line for each goal that was not measured, with what it wants", () => {
    const report = writeReport(anEvaluation());

    expect(report).toContain("| int8 within 0.01 of fp32 | not measured: `--fp32` | – |");
    expect(report).toContain("| `val/` four-way ≥ 0.93 | not measured: photos in `val/` | – |");
    expect(report.match(/not measured:/g)).toHaveLength(9);
  });

  it("takes the figures of the pair checks into the goals, and their section as it is", () => {
    const figures = {
      samePlaceMadeRoc: 0.981,
      "seenRecall-cropped": 0.85,
      seenByChance: 0.0027,
      seenByChanceLow: 0.0005,
      seenByChanceHigh: 0.0154,
    };

    const report = writeReport(anEvaluation({ pairs: { section: "## Pairs of photos\n\nAs they are.", figures } }));

    expect(report).toContain("| same place, ROC area on made pairs, ≥ 0.97 | 0.981 | met |");
    expect(report).toContain("| seen before, cut to 70 % of each side, known ≥ 0.9 | 0.850 | **missed** |");
    const byChance = "seen before, by chance alone ≤ 0.001 false alarms a look-up at 20,000 kept photos";
    expect(report).toContain(`| ${byChance} | not shown by so few comparisons: 0.0027 (0.0005–0.0154) | – |`);
    expect(report).toContain("As they are.");
  });

  it("compares int8 with fp32 on the photos that both judged", () => {
    const fp32 = [
      named("1.jpg", "clean", "clean"),
      named("2.jpg", "overflow", "overflow"),
      named("3.jpg", "clean", "clean"),
    ];
    const int8 = [named("1.jpg", "clean", "clean"), named("2.jpg", "overflow", "clean")];

    const report = writeReport(anEvaluation({ precision: pairUp(fp32, int8) }));

    expect(report).toContain("| all, four-way | 2 | 1.000 | 0.500 | 1 | 0 | -0.500");
  });
});
