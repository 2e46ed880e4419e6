import type { Unit } from "./standard.ts";

/** Grams of a mole (NIST Chemistry WebBook, SRD 69). */
const MOLAR_G: Readonly<Record<string, number>> = {
  o3: 47.9982,
  no2: 46.0055,
  no: 30.0061,
  so2: 64.064,
  co: 28.0101,
  h2s: 34.081,
  nh3: 17.0305,
  formaldehyde: 30.026,
};

/** Litres of a mole of gas at 0 °C and 1013.25 hPa (CODATA 2018). */
const MOLAR_L_AT_0 = 22.41396954;
const ZERO_CELSIUS_K = 273.15;

/** The unit in which all parts of the program carry a substance. */
export const ownUnitOf = (pollutant: string): Unit => (pollutant === "co" ? "mg/m3" : "ug/m3");

/**
 * A concentration in another unit, at 1013.25 hPa and so many °C; undefined where that cannot be said (ppb of dust).
 *
 * Amounts of one kind (µg and mg, ppb and ppm) differ by 1,000 exactly and need no temperature.
 */
export function convert(
  pollutant: string,
  value: number,
  [from, to]: readonly [Unit, Unit],
  celsius: number,
): number | undefined {
  const [fine, target] = [isFine(from) ? value : value * 1000, isFine(to) ? 1 : 1000];
  if (isMass(from) === isMass(to)) return fine / target;
  const grams = MOLAR_G[pollutant];
  if (grams === undefined) return undefined;
  const litres = (MOLAR_L_AT_0 * (ZERO_CELSIUS_K + celsius)) / ZERO_CELSIUS_K;
  const factor = grams / litres;
  return (isMass(from) ? fine / factor : fine * factor) / target;
}

const isMass = (unit: Unit): boolean => unit === "ug/m3" || unit === "mg/m3";
const isFine = (unit: Unit): boolean => unit === "ug/m3" || unit === "ppb";
