import { evaluate } from "../correction/evaluate.ts";
import { type FitTerm, fitLinear, formulaOfLinear, type LinearFit } from "../correction/fit.ts";
import { FORMULAS, type Formula, nameOf } from "../correction/formulas.ts";
import { type ErrorFigures, errorsOf, type Interval, intervalsOf } from "./metrics.ts";
import type { PairedHour, PairedHours } from "./paired-hours.ts";

/** What the masses of a file are: the scale is known, or is assumed and said so. */
export type Scale = "pm25_atm" | "pm25_cf1" | "pm25";

/** One formula on the later hours, beside the raw values of the very same hours. */
export interface FormulaResult {
  readonly formula: string;
  readonly title: string;
  readonly figures: ErrorFigures;
  readonly intervals: Readonly<Record<"bias" | "rmse" | "nrmse" | "r2", Interval>>;
  /** Raw values of the hours that this formula could correct. */
  readonly raw: ErrorFigures;
  /** Later hours that it gave no value for (no humidity, fog, more than it was made for). */
  readonly without: number;
  /** What was fitted on the earlier hours. */
  readonly fit?: LinearFit;
}

export interface PairsReport {
  readonly hours: number;
  /** Rows left out because their hour had come before. */
  readonly repeated: number;
  /** Hours left out because the channels disagreed. */
  readonly disagreeing: number;
  readonly earlier: { readonly n: number; readonly from: number; readonly to: number };
  readonly later: { readonly n: number; readonly from: number; readonly to: number };
  readonly scale: Scale;
  readonly raw: ErrorFigures & { readonly intervals: FormulaResult["intervals"] };
  readonly results: readonly FormulaResult[];
  /** Formulas that were not tried, and why. */
  readonly skipped: readonly string[];
}

/** The first 60 % of the hours are for fitting, the rest for judging. */
const EARLIER_SHARE = 0.6;

const FITS: readonly { readonly id: string; readonly terms: readonly FitTerm[]; readonly title: string }[] = [
  { id: "fit-linear", terms: [], title: "straight line fitted on the earlier hours" },
  { id: "fit-humidity", terms: ["humidity"], title: "line with humidity fitted on the earlier hours" },
  {
    id: "fit-climate",
    terms: ["humidity", "temperature"],
    title: "line with humidity and temperature, fitted likewise",
  },
];

/** Judges each formula on the later hours; what is fitted is fitted on the earlier ones alone. */
export function evaluatePairs({ hours: all, repeated }: PairedHours, scale: Scale): PairsReport {
  const hours = all.filter(({ doChannelsAgree }) => doChannelsAgree !== false);
  const cut = Math.floor(hours.length * EARLIER_SHARE);
  const [earlier, later] = [hours.slice(0, cut), hours.slice(cut)];
  const published = FORMULAS.filter(({ input }) => input === scale);
  const fitted = FITS.flatMap(({ id, terms, title }) => {
    const fit = fitLinear(earlier.map(pairOf), terms);
    return fit === undefined ? [] : [{ formula: formulaOfLinear(id, title, scale, fit), fit }];
  });
  const rawPairs = later.map((hour) => ({ at: hour.at, estimate: hour.mass, reference: hour.reference }));
  const results = [...published.map((formula) => ({ formula, fit: undefined })), ...fitted].flatMap(
    ({ formula, fit }) => resultOf(formula, fit, later),
  );
  const tried = new Set(results.map(({ formula }) => formula));
  return {
    hours: all.length,
    repeated,
    disagreeing: all.length - hours.length,
    earlier: spanOf(earlier),
    later: spanOf(later),
    scale,
    raw: { ...errorsOf(rawPairs), intervals: intervalsOf(rawPairs) },
    results,
    skipped: [
      ...FORMULAS.filter(({ input }) => input !== scale && input !== "pm10").map(
        (formula) => `${nameOf(formula)}: takes ${formula.input}, the file has ${scale}`,
      ),
      ...published
        .filter((formula) => !tried.has(nameOf(formula)))
        .map((formula) => `${nameOf(formula)}: no hour for it`),
      ...FITS.filter(({ id }) => !tried.has(`${id}@1`)).map(
        ({ id }) =>
          `${id}: ${fitted.some(({ formula }) => formula.id === id) ? "no later hour for it" : "too few earlier hours with what it needs"}`,
      ),
    ],
  };
}

const pairOf = ({ mass, humidity, temperature, reference }: PairedHour) => ({
  mass,
  around: { humidity, temperature },
  reference,
});

const spanOf = (hours: readonly PairedHour[]) => ({
  n: hours.length,
  from: hours[0]?.at ?? Number.NaN,
  to: hours.at(-1)?.at ?? Number.NaN,
});

function resultOf(
  formula: Formula,
  fit: LinearFit | undefined,
  later: readonly PairedHour[],
): readonly FormulaResult[] {
  const corrected = later.flatMap((hour) => {
    const estimate = evaluate(formula, hour.mass, hour);
    return typeof estimate === "number" ? [{ hour, pair: { at: hour.at, estimate, reference: hour.reference } }] : [];
  });
  if (corrected.length < 2) return [];
  const pairs = corrected.map(({ pair }) => pair);
  return [
    {
      formula: nameOf(formula),
      title: formula.title,
      figures: errorsOf(pairs),
      intervals: intervalsOf(pairs),
      raw: errorsOf(corrected.map(({ hour }) => ({ at: hour.at, estimate: hour.mass, reference: hour.reference }))),
      without: later.length - corrected.length,
      ...(fit !== undefined && { fit }),
    },
  ];
}
