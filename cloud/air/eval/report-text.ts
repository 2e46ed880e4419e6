import type { Finding, NetworkReport, Survival } from "./evaluate-network.ts";
import type { FormulaResult, PairsReport } from "./evaluate-pairs.ts";
import type { ErrorFigures, Interval } from "./metrics.ts";

const moment = (at: number) => (Number.isFinite(at) ? `${new Date(at).toISOString().slice(0, 16)}Z` : "never");
const one = (value: number) => (Number.isFinite(value) ? value.toFixed(1) : "–");
const two = (value: number) => (Number.isFinite(value) ? value.toFixed(2) : "–");
const percent = (share: number) => (Number.isFinite(share) ? `${(100 * share).toFixed(0)} %` : "–");

function figureLine(name: string, figures: ErrorFigures, intervals: FormulaResult["intervals"]): string {
  const within = ([low, high]: Interval, say: (value: number) => string) => `[${say(low)}, ${say(high)}]`;
  return [
    name.padEnd(24),
    `n ${String(figures.n).padStart(5)}`,
    `bias ${one(figures.bias).padStart(6)} ${within(intervals.bias, one)}`,
    `RMSE ${one(figures.rmse).padStart(5)} ${within(intervals.rmse, one)}`,
    `MAE ${one(figures.mae)}`,
    `NRMSE ${percent(figures.nrmse)} ${within(intervals.nrmse, percent)}`,
    `R² ${two(figures.r2)} ${within(intervals.r2, two)}`,
    `slope ${two(figures.slope)}`,
    `intercept ${one(figures.intercept)}`,
  ].join("  ");
}

/** The report on hours beside a reference, for a person. */
export function pairsText(title: string, report: PairsReport): string {
  const { hours, repeated, disagreeing, earlier, later, scale, raw, results, skipped } = report;
  const lines = [
    title,
    `${hours} hours with a reference; ${disagreeing} left out because channels A and B disagreed (5 µg/m³ and 70 %).`,
    ...(repeated > 0 ? [`${repeated} rows left out because their hour had come before.`] : []),
    `Fitted on ${earlier.n} hours, ${moment(earlier.from)} to ${moment(earlier.to)}; judged on the ${later.n} later ones, to ${moment(later.to)}.`,
    `The masses are taken as ${scale}. µg/m³; 95 % intervals in brackets, over days drawn with replacement.`,
    "",
    figureLine("raw, uncorrected", raw, raw.intervals),
    ...results.map(({ formula, figures, intervals }) => figureLine(formula, figures, intervals)),
    "",
    ...results.flatMap(({ formula, without, raw: same, figures, fit }) => [
      ...(without > 0
        ? [
            `${formula}: no value for ${without} later hours; raw RMSE of the others ${one(same.rmse)}, corrected ${one(figures.rmse)}`,
          ]
        : []),
      ...(fit === undefined
        ? []
        : [
            `${formula}: ${fit.x.toFixed(4)}·PM ${signed(fit.humidity)}·RH ${signed(fit.temperature)}·°C ${signed(fit.constant)}, of ${fit.pairs} hours up to ${one(fit.maxInput)} µg/m³`,
          ]),
    ]),
    ...skipped.map((text) => `not tried: ${text}`),
    "EPA's targets for PM2.5: slope 1 ± 0.35, intercept ± 5, R² ≥ 0.70, RMSE ≤ 7 µg/m³ or NRMSE ≤ 30 %.",
  ];
  return lines.join("\n");
}

const signed = (value: number) => `${value < 0 ? "−" : "+"} ${Math.abs(value).toFixed(4)}`;

/** The report on a network, for a person. */
export function networkText(title: string, report: NetworkReport): string {
  const { notes, stations, samples, withoutPlace, findings, smoke, zeros, counting, detections } = report;
  const byCheck = [...Map.groupBy(findings, ({ check }) => check)].sort((a, b) => b[1].length - a[1].length);
  return [
    title,
    ...notes.map((note) => `  ${note}`),
    `${stations} stations, ${samples} samples${withoutPlace.length > 0 ? `; without a place: ${withoutPlace.join(", ")}` : ""}.`,
    "",
    survivalLine("All particle samples that count (confidence 0.5 or more)", counting),
    survivalLine("Smoke (the middle of the network at 100 µg/m³ or more) that counts", smoke),
    survivalLine("Zeros in clean air (the middle below 3 µg/m³) that count", zeros),
    ...byCheck.flatMap(([check, some]) => checkLines(check, some)),
    "",
    "Faults put into the recording, so that the truth is known:",
    ...(detections.length === 0 ? ["  none: too few stations"] : []),
    ...detections.map(
      ({ fault, expects, faulty, found, falseAlarms, precision, recall }) =>
        `  ${fault}: recall ${percent(recall)} (${found} of ${faulty}), precision ${percent(precision)} (${falseAlarms} false alarms elsewhere), by ${expects.join(" or ")}`,
    ),
  ].join("\n");
}

const survivalLine = (what: string, { samples, counting }: Survival) =>
  `${what}: ${counting} of ${samples}${samples > 0 ? ` (${((100 * counting) / samples).toFixed(2)} %)` : ""}`;

function checkLines(check: string, findings: readonly Finding[]): readonly string[] {
  const samples = findings.reduce((sum, finding) => sum + finding.samples, 0);
  const [first] = findings;
  const byTime = findings.toSorted((a, b) => a.from - b.from || (a.station < b.station ? -1 : 1));
  return [
    "",
    `${check}: ${findings.length} findings, ${samples} samples (${first?.reason ?? ""})`,
    ...byTime.map(
      ({ station, channel, from, to, samples: n, mean }) =>
        `  ${moment(from)} to ${moment(to)}  station ${station} ${channel}  ${n} samples${mean === null ? "" : `, mean ${one(mean)} µg/m³`}`,
    ),
  ];
}
