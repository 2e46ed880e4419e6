import { readFile, rename, writeFile } from "node:fs/promises";
import { z } from "zod";
import { type CorrectionRule, Corrections, NetworkFit, Registry } from "#contract/registry.ts";
import { AppError, messageOf } from "#kit/errors.ts";
import { flawsOf } from "../correction/choose.ts";
import type { PairsReport } from "./evaluate-pairs.ts";

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

/**
 * The registry's entry of a fit: exactly what was judged on later hours, with its errors there. Throws `NoFit` where the report has no
 * such fit, or where it makes later hours worse than they are without any.
 */
export function fitEntry(report: PairsReport, { id, terms, models, reference, data }: WantedFit): NetworkFit {
  const result = report.results.find(({ formula }) => formula === `fit-${terms}@1`);
  const fit = result?.fit;
  if (result === undefined || fit === undefined) {
    const there = report.results.flatMap(({ formula, fit: one }) => (one ? [formula.slice(4, -2)] : []));
    throw new NoFit(`these hours have no fit called ${terms}; there are: ${there.join(", ") || "none"}`);
  }
  const [before, after] = [result.raw.rmse, result.figures.rmse];
  if (!(after < before)) {
    throw new NoFit(
      `on later hours ${terms} is no better than no correction (RMSE ${after.toFixed(1)}, without ${before.toFixed(1)} µg/m³)`,
    );
  }
  const rounded = (value: number) => Number(value.toPrecision(6));
  const parsed = NetworkFit.safeParse({
    ...{ id, version: 1, input: report.scale, models, reference, data },
    ...{ x: rounded(fit.x), humidity: rounded(fit.humidity), temperature: rounded(fit.temperature) },
    ...{ constant: rounded(fit.constant), pairs: fit.pairs, maxInput: rounded(fit.maxInput) },
    ...{ from: report.earlier.from, to: report.earlier.to, rmseBefore: rounded(before), rmseAfter: rounded(after) },
  });
  if (!parsed.success) throw new NoFit(`the registry would not take it:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
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

/**
 * Puts a fit into force in a registry file: a running cloud takes it within a second. Written beside and renamed, so that it is there
 * whole or not at all. Rejects with `NoFit` where the file is no registry.
 */
export async function writeFit(file: string, fit: NetworkFit): Promise<Corrections> {
  let raw: z.infer<typeof Raw>;
  try {
    raw = Raw.parse(JSON.parse(await readFile(file, "utf8")));
  } catch (cause) {
    throw new NoFit(`${file} cannot be read as a registry: ${messageOf(cause)}`, { cause });
  }
  const corrections = withFit(raw.corrections, fit);
  const registry = Registry.safeParse({ ...raw, corrections });
  if (!registry.success) throw new NoFit(`${file} is no registry:\n${z.prettifyError(registry.error)}`);
  const flaws = flawsOf(corrections);
  if (flaws.length > 0) throw new NoFit(flaws.join("\n"));
  const beside = `${file}.new`;
  await writeFile(beside, `${JSON.stringify({ ...raw, corrections }, undefined, 2)}\n`, { flush: true });
  await rename(beside, file);
  return corrections;
}
