/** The mean of some numbers, of which there is one at least. */
export const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The mean of numbers that count differently; null where nothing counts. */
export function weightedMean(values: readonly (readonly [value: number, weight: number])[]): number | null {
  const weight = values.reduce((sum, [, one]) => sum + one, 0);
  return weight === 0 ? null : tidy(values.reduce((sum, [value, one]) => sum + value * one, 0) / weight);
}

/** Without what binary fractions leave behind the sixth decimal: a mean of 9.1 must not become 9.099999999999998. */
export const tidy = (value: number): number => Math.round(value * 1e6) / 1e6;

/** Each word once, sorted: the order in which samples come must not change a window. */
export const unionOf = (lists: readonly (readonly string[])[]): readonly string[] => [...new Set(lists.flat())].sort();
