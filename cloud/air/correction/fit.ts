import type { Surroundings } from "./evaluate.ts";
import type { Formula, MassField } from "./formulas.ts";

/** A sensor's mass beside what a reference said of the same hour, µg/m³. */
export interface FitPair {
  readonly mass: number;
  readonly around: Surroundings;
  readonly reference: number;
}

/** What a fit may lean on beside the mass. */
export type FitTerm = "humidity" | "temperature";

/** A plane through pairs by least squares, its factors in the six digits that the registry keeps: reference = x·mass + humidity·RH + temperature·°C + constant. */
export interface LinearFit {
  readonly x: number;
  readonly humidity: number;
  readonly temperature: number;
  readonly constant: number;
  readonly pairs: number;
  /** The largest mass among the pairs; above it the fit says nothing. */
  readonly maxInput: number;
}

/** Fewer pairs than this say nothing of later ones. */
const LEAST_PAIRS = 24;

/**
 * Fits a plane by ordinary least squares (normal equations); undefined with fewer than 24 pairs, or where the terms cannot be told
 * from each other (a humidity that never changes).
 */
export function fitLinear(pairs: readonly FitPair[], terms: readonly FitTerm[]): LinearFit | undefined {
  const rows = pairs.flatMap(({ mass, around, reference }) => {
    const extra = terms.map((term) => around[term]);
    const numbers = extra.flatMap((value) => (value === null ? [] : [value]));
    return numbers.length === terms.length ? [{ inputs: [mass, ...numbers, 1], reference }] : [];
  });
  if (rows.length < LEAST_PAIRS) return undefined;
  const size = terms.length + 2;
  const matrix = Array.from({ length: size }, (_, i) =>
    Array.from({ length: size + 1 }, (__, j) =>
      rows.reduce(
        (sum, { inputs, reference }) => sum + (inputs[i] ?? 0) * (j < size ? (inputs[j] ?? 0) : reference),
        0,
      ),
    ),
  );
  const solved = solve(matrix);
  if (solved === undefined) return undefined;
  const of = (term: FitTerm) => (terms.includes(term) ? (solved[1 + terms.indexOf(term)] ?? 0) : 0);
  return {
    x: sixDigits(solved[0] ?? 0),
    humidity: sixDigits(of("humidity")),
    temperature: sixDigits(of("temperature")),
    constant: sixDigits(solved[size - 1] ?? 0),
    pairs: rows.length,
    maxInput: Math.max(...rows.map(({ inputs }) => inputs[0] ?? 0)),
  };
}

const sixDigits = (value: number): number => Number(value.toPrecision(6));

/** Gauss's elimination with the largest pivot; undefined for a singular matrix. */
function solve(augmented: readonly (readonly number[])[]): readonly number[] | undefined {
  const rows = augmented.map((row) => [...row]);
  const size = rows.length;
  const cell = (i: number, j: number) => rows[i]?.[j] ?? 0;
  const scale = Math.max(...rows.map((row, i) => Math.abs(row[i] ?? 0)));
  for (let column = 0; column < size; column++) {
    let pivot = column;
    for (let i = column + 1; i < size; i++) if (Math.abs(cell(i, column)) > Math.abs(cell(pivot, column))) pivot = i;
    const [lead, there] = [rows[pivot], rows[column]];
    if (lead === undefined || there === undefined || Math.abs(lead[column] ?? 0) < 1e-10 * scale) return undefined;
    rows[column] = lead;
    if (pivot !== column) rows[pivot] = there;
    for (let i = 0; i < size; i++) {
      if (i === column) continue;
      const factor = cell(i, column) / (lead[column] ?? 1);
      rows[i] = (rows[i] ?? []).map((value, j) => value - factor * (lead[j] ?? 0));
    }
  }
  return rows.map((row, i) => (row[size] ?? 0) / (row[i] ?? 1));
}

/** A fit as a formula, so that it is judged like the published ones, and exactly as it works once it is in force. */
export function formulaOfLinear(id: string, title: string, input: MassField, fit: LinearFit): Formula {
  const { x, humidity, temperature, constant, maxInput } = fit;
  return {
    id,
    version: 1,
    name: { en: title, ru: title },
    title,
    date: "",
    source: `${fit.pairs} pairs`,
    input,
    models: [],
    zeroStaysZero: true,
    maxInput,
    form: { kind: "regimes", regimes: [{ x2: 0, x, humidity, temperature, constant }], blends: [] },
  };
}
