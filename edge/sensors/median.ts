import type { SensorValues } from "./sensor.ts";

/** The middle of at least one number; of an even count the mean of the two middle ones. */
export function medianOf(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  if (low === undefined || high === undefined) throw new RangeError("there is no median of nothing");
  return low === high ? low : (low + high) / 2;
}

/** Each value's median over some measurements: one wild measurement among many changes nothing. */
export function medianValues(measurements: readonly SensorValues[]): SensorValues {
  const numbers = new Map<string, number[]>();
  for (const values of measurements) {
    for (const [name, value] of Object.entries(values)) {
      const known = numbers.get(name);
      if (known === undefined) numbers.set(name, [value]);
      else known.push(value);
    }
  }
  // Three decimals: far below what any of the instruments resolves, and short on the wire.
  return Object.fromEntries(Array.from(numbers, ([name, all]) => [name, Math.round(medianOf(all) * 1000) / 1000]));
}
