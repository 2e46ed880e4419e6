import type { Bilingual, Corrections, NetworkFit } from "#contract/registry.ts";
import { evaluate, type Surroundings } from "./evaluate.ts";
import { defaultFormulaOf, FORMULAS, type Formula, nameOf } from "./formulas.ts";

/** Which sensor a formula is wanted for. */
export interface SensorPlace {
  readonly tenant: string;
  readonly station: string;
  readonly sensor: string;
  /** The instrument: `pms5003`. */
  readonly model: string;
}

/** The formula for a sensor, or why there is none. */
export type Choice = { readonly formula: Formula } | { readonly formula: undefined; readonly why: string };

const none = (why: string): Choice => ({ formula: undefined, why });

/** A fit as a formula like the published ones. */
export function formulaOfFit(fit: NetworkFit): Formula {
  const { id, version, input, models, reference, from, to, pairs, x, humidity, temperature, constant, maxInput } = fit;
  const name = fit.name ?? { en: `fitted beside ${reference}`, ru: `подогнано рядом с ${reference}` };
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  return {
    id,
    version,
    name,
    title: `fit beside ${reference}`,
    date: day(to),
    source: `${pairs} pairs from ${day(from)} to ${day(to)}`,
    input,
    models,
    zeroStaysZero: true,
    maxInput,
    form: { kind: "regimes", regimes: [{ x2: 0, x, humidity, temperature, constant }], blends: [] },
  };
}

/** PM2.5 formulas by name: the published ones and the network's own fits. */
function knownFormulas(corrections: Corrections | undefined): ReadonlyMap<string, Formula> {
  const all = [...FORMULAS.filter(({ input }) => input !== "pm10"), ...(corrections?.fits ?? []).map(formulaOfFit)];
  return new Map(all.map((formula) => [formula.id, formula]));
}

/** What people are told a correction is called, by its id. */
export const formulaNames = (corrections: Corrections | undefined): ReadonlyMap<string, Bilingual> =>
  new Map([...knownFormulas(corrections).values()].map(({ id, name }) => [id, name]));

/** What is wrong with the corrections of a registry, in words for the person who wrote it; empty when nothing is. */
export function flawsOf(corrections: Corrections | undefined): readonly string[] {
  const known = knownFormulas(corrections);
  const flaws = (corrections?.rules ?? []).flatMap(({ formula, model }) => {
    if (formula === "none") return [];
    const found = known.get(formula);
    if (found === undefined)
      return [`no correction is called ${formula}; there are none, ${[...known.keys()].join(", ")}`];
    const isForModel = model === undefined || found.models.includes(model);
    return isForModel ? [] : [`${formula} was made for ${found.models.join(", ")}, never for ${model}`];
  });
  const ids = (corrections?.fits ?? []).map(({ id }) => id);
  return [...flaws, ...ids.filter((id, at) => ids.indexOf(id) !== at).map((id) => `the fit ${id} stands twice`)];
}

/**
 * Gives the formula of a sensor by the rules of the registry, and by the default of its model where no rule matches. A formula
 * is never used for an instrument that it was not made for.
 */
export function chooser(corrections: Corrections | undefined): (place: SensorPlace) => Choice {
  const known = knownFormulas(corrections);
  const rules = corrections?.rules ?? [];
  return (place) => {
    const { tenant, station, sensor, model } = place;
    const rule = rules.findLast(
      (one) =>
        (one.tenant ?? tenant) === tenant &&
        (one.station ?? station) === station &&
        (one.sensor ?? sensor) === sensor &&
        (one.model ?? model) === model,
    );
    const id = rule?.formula ?? defaultFormulaOf(model);
    if (id === undefined || id === "none") return none(rule === undefined ? "no-formula" : "by-setting");
    const formula = known.get(id);
    if (formula === undefined) return none("unknown-formula");
    return formula.models.includes(model) ? { formula } : none("not-for-this-instrument");
  };
}

/** A corrected PM2.5 in µg/m³ with the name of its formula, or no value and why. */
export interface Corrected {
  readonly value: number | null;
  /** `epa-2023@1`, or `none:` and the reason. */
  readonly correction: string;
}

/** Corrects the values of one sample by the formula that was chosen; only the scale that it was made for is ever put in. */
export function correct(choice: Choice, values: Readonly<Record<string, number>>, around: Surroundings): Corrected {
  if (choice.formula === undefined) return { value: null, correction: `none:${choice.why}` };
  const mass = values[choice.formula.input];
  if (mass === undefined) return { value: null, correction: `none:no-${choice.formula.input.replace("_", "-")}` };
  const result = evaluate(choice.formula, mass, around);
  if (typeof result !== "number") return { value: null, correction: `none:${result}` };
  return { value: Math.round(result * 1000) / 1000, correction: nameOf(choice.formula) };
}
