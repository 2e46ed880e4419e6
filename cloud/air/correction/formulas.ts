import { z } from "zod";
import { Bilingual } from "#contract/registry.ts";
import table from "./formulas.json" with { type: "json" };

/**
 * Fields that hold a mass of particles (µg/m³). Plantower's two scales are never the same thing: `…_cf1` is its factory
 * calibration, `…_atm` what it makes of it for outdoor air.
 */
export const MassField = z.enum(["pm25", "pm25_atm", "pm25_cf1", "pm10"]);
export type MassField = z.infer<typeof MassField>;

/** A mass that knows its scale, so that one cannot be given for the other. */
export interface Mass<Field extends MassField> {
  readonly field: Field;
  readonly ugM3: number;
}

/** Plantower's ATM scale. */
export const atm = (ugM3: number): Mass<"pm25_atm"> => ({ field: "pm25_atm", ugM3 });
/** Plantower's CF1 scale. */
export const cf1 = (ugM3: number): Mass<"pm25_cf1"> => ({ field: "pm25_cf1", ugM3 });
/** Of an instrument that has one scale only. */
export const pm25 = (ugM3: number): Mass<"pm25"> => ({ field: "pm25", ugM3 });
/** PM10 of an instrument that has one scale only. */
export const pm10 = (ugM3: number): Mass<"pm10"> => ({ field: "pm10", ugM3 });

/** One polynomial: x² , x (µg/m³), humidity (%), temperature (°C) and a constant, each with its factor. */
const Terms = z.strictObject({
  x2: z.number().default(0),
  x: z.number(),
  humidity: z.number().default(0),
  temperature: z.number().default(0),
  constant: z.number().default(0),
});
export type Terms = z.infer<typeof Terms>;

/** Between two regimes the terms change in a straight line from `from` to `to` (µg/m³ of the input). */
const Blend = z.strictObject({ from: z.number(), to: z.number() });

const Form = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("regimes"), regimes: z.array(Terms).min(1), blends: z.array(Blend) }),
  /** Mass / (1 + factor · (RH/100)^exponent). */
  z.strictObject({ kind: z.literal("growth-power"), factor: z.number(), exponent: z.number() }),
  /** Mass / (1 + (κ/density) / (1/(RH/100) − 1)). */
  z.strictObject({ kind: z.literal("koehler"), kappa: z.number(), density: z.number() }),
]);
export type Form = z.infer<typeof Form>;

/** A correction as data: what it takes, for which instruments it was made, where it comes from. */
export const Formula = z.strictObject({
  id: z.string().regex(/^[a-z0-9-]{1,48}$/),
  version: z.number().int().min(1),
  /** What people are told. */
  name: Bilingual,
  title: z.string(),
  date: z.string(),
  source: z.string(),
  input: MassField,
  models: z.array(z.string()).min(1),
  /** Whether a raw 0 is left 0: a sum with a constant would make clean air dirty. */
  zeroStaysZero: z.boolean(),
  /** Above it (µg/m³) the formula says nothing. */
  maxInput: z.number().optional(),
  /** Above it (%) the formula says nothing. */
  maxHumidity: z.number().optional(),
  form: Form,
});
export type Formula = z.infer<typeof Formula>;

const FormulaTable = z.strictObject({
  formulas: z.array(Formula),
  defaults: z.array(z.strictObject({ models: z.array(z.string()), formula: z.string(), why: z.string() })),
});

const { formulas, defaults } = FormulaTable.parse(table);

/** Every published formula that we know. */
export const FORMULAS: readonly Formula[] = formulas;

/** The published formula of that name. Throws `RangeError` for an unknown one. */
export function formulaOf(id: string): Formula {
  const found = FORMULAS.find((formula) => formula.id === id);
  if (found === undefined) throw new RangeError(`no correction is called ${id}`);
  return found;
}

/** The name of the formula that an instrument gets where the registry says nothing; undefined: none. */
export function defaultFormulaOf(model: string): string | undefined {
  const id = defaults.find(({ models }) => models.includes(model))?.formula;
  return id === "none" ? undefined : id;
}

/** How a value names its formula: `epa-2023@1`. */
export const nameOf = ({ id, version }: Pick<Formula, "id" | "version">): string => `${id}@${version}`;
