import { readFile } from "node:fs/promises";
import { z } from "zod";
import { type CorrectionRule, Corrections, NetworkFit, Registry } from "#contract/registry.ts";
import { AppError, messageOf } from "#kit/errors.ts";
import { flawsOf } from "../correction/choose.ts";
import type { FormulaResult, PairsReport } from "./evaluate-pairs.ts";
import { replaceFile } from "./replace-file.ts";

/** A fit that cannot be put into force, in words for the person who wants it. */
export class NoFit extends AppError {
  readonly code = "no-fit";
  readonly retry = false;
}

/** Which of the fits of a report is wanted, and what it is to be called. */
export interface WantedFit {
  /** `fit-…`, the id in the registry. */
  readonly id: string;
  /** `linear`, `humidity` or `climate`. */
  readonly terms: string;
  /** Instruments that it was made with, and that it will be used for. */
  readonly models: readonly string[];
  /** What stood beside them. */
  readonly reference: string;
  readonly data: string;
}

/** Fewer later hours than this judge nothing: a day, as many as a fit takes at least. */
const LEAST_JUDGED = 24;
/** A fit that gives no value for more of the later hours than this would leave the map empty when it matters. */
const MOST_SILENT = 0.25;

/**
 * The registry's entry of a fit: exactly what was judged on later hours, with its errors there. Throws `NoFit` where the report has no
 * such fit, where too few later hours judged it, where it gives no value for more than a quarter of them, or where it makes them worse than they are
 * without any.
 */
export function fitEntry(report: PairsReport, { id, terms, models, reference, data }: WantedFit): NetworkFit {
  const result = report.results.find(({ formula }) => formula === `fit-${terms}@1`);
  const fit = result?.fit;
  if (result === undefined || fit === undefined) {
    const there = report.results.flatMap(({ formula, fit: one }) => (one ? [formula.slice(4, -2)] : []));
    const why = report.skipped.filter((text) => text.startsWith(`fit-${terms}:`)).map((text) => ` (${text})`);
    throw new NoFit(`these hours have no fit called ${terms}${why.join("")}; there are: ${there.join(", ") || "none"}`);
  }
  refuseBad(terms, result, fit.maxInput);
  const rounded = (value: number) => Number(value.toPrecision(6));
  const { pairs, maxInput, x, humidity, temperature, constant } = fit;
  const parsed = NetworkFit.safeParse({
    ...{ id, version: 1, input: report.scale, models, reference, data },
    ...{ x, humidity, temperature, constant, pairs, maxInput, from: report.earlier.from, to: report.earlier.to },
    ...{ rmseBefore: rounded(result.raw.rmse), rmseAfter: rounded(result.figures.rmse) },
  });
  if (!parsed.success) throw new NoFit(`the registry would not take it:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** What a fit does to the later hours, in words: how many it is silent for, and what is left of the error of the others. */
export function sayJudged(report: PairsReport, terms: string): string {
  const result = report.results.find(({ formula }) => formula === `fit-${terms}@1`);
  if (result === undefined) return "";
  const { without, figures, raw, fit } = result;
  const silent = `no value for ${without} of ${without + figures.n} later hours (it was made of hours up to ${fit?.maxInput.toFixed(1)} µg/m³)`;
  return `RMSE ${figures.rmse.toFixed(1)}, without ${raw.rmse.toFixed(1)} µg/m³; ${silent}`;
}

function refuseBad(terms: string, { without, figures, raw }: FormulaResult, maxInput: number): void {
  const later = figures.n + without;
  if (without > MOST_SILENT * later) {
    throw new NoFit(
      `${terms} gives no value for ${without} of ${later} later hours: it was made of hours up to ${maxInput.toFixed(1)} µg/m³ and says nothing ` +
        "above, nor where what it needs is missing. Take hours with dirtier air, or a fit with fewer terms",
    );
  }
  if (figures.n < LEAST_JUDGED) {
    throw new NoFit(
      `only ${figures.n} later hours judge ${terms}: ${LEAST_JUDGED} are needed. Take hours of a longer time`,
    );
  }
  if (!(figures.rmse < raw.rmse)) {
    throw new NoFit(
      `on later hours ${terms} is no better than no correction (RMSE ${figures.rmse.toFixed(1)}, without ${raw.rmse.toFixed(1)} µg/m³)`,
    );
  }
}

/**
 * The corrections with a fit in force for its instruments; one of the same id gives way to its next version. Of the rules the last that matches
 * holds, so a rule for an instrument alone stands before those for a place: what was decided for a place stays.
 */
export function withFit(corrections: Corrections | undefined, fit: NetworkFit): Corrections {
  const { fits = [], rules = [] } = corrections ?? {};
  const version = (fits.find(({ id }) => id === fit.id)?.version ?? 0) + 1;
  const isOwn = (rule: CorrectionRule) => isForAll(rule) && fit.models.includes(rule.model ?? "");
  return {
    fits: [...fits.filter(({ id }) => id !== fit.id), { ...fit, version }],
    rules: [
      ...rules.filter((rule) => isForAll(rule) && !isOwn(rule)),
      ...fit.models.map((model) => ({ model, formula: fit.id })),
      ...rules.filter((rule) => !isForAll(rule)),
    ],
  };
}

/** Whether a rule is for each place. */
const isForAll = ({ tenant, station, sensor }: CorrectionRule): boolean =>
  tenant === undefined && station === undefined && sensor === undefined;

const Raw = z.looseObject({ corrections: Corrections.optional() });

/** What was written into a registry. */
export interface WrittenFit {
  readonly fit: NetworkFit;
  /** Rules of places that hold instead of it there. */
  readonly above: readonly CorrectionRule[];
}

/**
 * Puts a fit into force in a registry file: a running cloud takes it within a second. Rejects with `NoFit`, and the file as it was, where it is no
 * registry or cannot be replaced.
 */
export async function writeFit(file: string, wanted: NetworkFit): Promise<WrittenFit> {
  let raw: z.infer<typeof Raw>;
  try {
    raw = Raw.parse(JSON.parse(await readFile(file, "utf8")));
  } catch (cause) {
    throw new NoFit(`${file} cannot be read as a registry: ${messageOf(cause)}`, { cause });
  }
  const corrections = withFit(raw.corrections, wanted);
  const registry = Registry.safeParse({ ...raw, corrections });
  if (!registry.success) throw new NoFit(`${file} is no registry:\n${z.prettifyError(registry.error)}`);
  const flaws = flawsOf(corrections);
  if (flaws.length > 0) throw new NoFit(flaws.join("\n"));
  try {
    await replaceFile(file, `${JSON.stringify({ ...raw, corrections }, undefined, 2)}\n`);
  } catch (cause) {
    throw new NoFit(
      `${file} is as it was, it cannot be replaced with its owner and mode kept: ${messageOf(cause)}. Run this as its owner, and where it is mounted ` +
        "as a single file, on the machine where it lies",
      { cause },
    );
  }
  return {
    fit: corrections.fits.find(({ id }) => id === wanted.id) ?? wanted,
    above: corrections.rules.filter(
      (rule) =>
        !isForAll(rule) &&
        rule.formula !== wanted.id &&
        (rule.model === undefined || wanted.models.includes(rule.model)),
    ),
  };
}
