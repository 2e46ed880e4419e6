import type { ModelManifest } from "../../../edge/classify/manifest.ts";
import type { Unread } from "../judge.ts";
import type { Judged } from "../judged.ts";
import type { Latency } from "../latency.ts";
import type { PairReport } from "../pair-report.ts";
import type { Caught, PoorRefused } from "../unusable-trial.ts";
import { abstainSection } from "./abstain-section.ts";
import { accuracySection } from "./accuracy-section.ts";
import { calibrationSection } from "./calibration-section.ts";
import { failuresSection, isTrainingSet } from "./failures-section.ts";
import { goalsOf, goalsSection } from "./goals-section.ts";
import { latencySection, type Machine } from "./latency-section.ts";
import { partsOf } from "./parts.ts";
import { type Pair, precisionSection } from "./precision-section.ts";
import { unusableSection } from "./unusable-section.ts";

/** All that a report is written from. */
export interface Evaluation {
  readonly manifest: ModelManifest;
  readonly judged: readonly Judged[];
  readonly unread: readonly Unread[];
  /** fp32 first, int8 second; null where no fp32 file was named. */
  readonly precision: readonly Pair[] | null;
  readonly caught: readonly Caught[];
  readonly poor: readonly PoorRefused[];
  readonly latency: Latency | null;
  /** Null where the pair checks were not tried. */
  readonly pairs: PairReport | null;
  /** Null where photos of screens were not tried. */
  readonly screens: PairReport | null;
  readonly machine: Machine;
  /** Day of the run, ISO. */
  readonly day: string;
  readonly seed: number;
}

/** The report as Markdown: every figure is computed from what was judged. */
export function writeReport(evaluation: Evaluation): string {
  const { manifest, judged, precision, caught, latency, pairs, screens, seed } = evaluation;
  const parts = partsOf(judged);
  const goals = goalsOf(evaluation, seed);
  return `${[
    heading(evaluation),
    goalsSection(goals),
    accuracySection(parts, judged),
    abstainSection(parts, manifest),
    calibrationSection(parts, judged, seed),
    precisionSection(precision),
    ...(caught.length > 0 ? [unusableSection(caught, evaluation.poor, parts)] : []),
    latencySection(latency, evaluation.machine),
    ...(pairs === null ? [] : [pairs.section]),
    ...(screens === null ? [] : [screens.section]),
    failuresSection(parts, judged),
  ].join("\n\n")}\n`;
}

function heading({ manifest, judged, unread, day }: Evaluation): string {
  const unreadable =
    unread.length === 0
      ? ""
      : `\n\nCould not be decoded, and count nowhere: ${unread.map(({ name, why }) => `\`${name}\` (${why})`).join("; ")}.`;
  return `# Report: ${manifest.name} ${manifest.version}

Written by \`npm run -s eval:model\` on ${day}: the file \`${manifest.file}\` (SHA-256 \`${manifest.sha256}\`) in the device's own code
judged ${judged.length} photos. Do not edit it by hand. What the model is for and what not, what it was trained on and by whom that was
labelled stands in [MODEL-CARD.md](MODEL-CARD.md).${unreadable}${isTrainingSet(judged) ? OPTIMISTIC : ""}`;
}

const OPTIMISTIC = `

\`val/\` comes from the sources of the training, \`test/\` is one city of them, and 146 of its photos share a day with training photos:
both are optimistic for streets that the model has never seen.`;
