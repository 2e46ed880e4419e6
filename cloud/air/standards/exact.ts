/**
 * Arithmetic in whole units: binary fractions break edges and halves (16.1 × 10 is 161.00000000000003, 0.078 × 1000 is 78
 * only by luck).
 */

/** More digits than any instrument has; what lies behind them is noise of a mean. */
const DIGITS = 12;

/** A value times ten to the power of `decimals`, the decimal point moved in its written form. */
export function scaled(value: number, decimals: number): number {
  const [mantissa = "", exponent = "0"] = String(Number(value.toPrecision(DIGITS))).split("e");
  return Number(`${mantissa}e${Number(exponent) + decimals}`);
}

/** A value as a whole number of units of its last decimal. */
export function wholeUnits(value: number, decimals: number, rounding: "truncate" | "half-up"): number {
  const units = scaled(value, decimals);
  return rounding === "truncate" ? Math.trunc(units) : Math.floor(units + 0.5);
}

/** A quotient of whole numbers, rounded as asked; `none` gives the fraction. */
export function divide(numerator: number, denominator: number, rounding: "half-up" | "up" | "none"): number {
  if (rounding === "half-up") return Math.floor((2 * numerator + denominator) / (2 * denominator));
  return rounding === "up" ? Math.ceil(numerator / denominator) : numerator / denominator;
}
