import { type Form, type Formula, formulaOf, type Mass, type Terms } from "./formulas.ts";

/** The air around the sensor; null where it is not known. */
export interface Surroundings {
  /** Relative humidity, %. */
  readonly humidity: number | null;
  /** °C. */
  readonly temperature: number | null;
}

/** Why a formula gives no value. */
export type NoValue = "no-humidity" | "no-temperature" | "too-humid" | "beyond-formula" | "no-mass";

/** The concentration by the formula (µg/m³, never below 0), or why it gives none. Pure arithmetic of a formula's data. */
export function evaluate(formula: Formula, ugM3: number, around: Surroundings): number | NoValue {
  if (!Number.isFinite(ugM3) || ugM3 < 0) return "no-mass";
  const humidity = humidityOf(around);
  if (humidity === null && needs(formula.form, "humidity")) return "no-humidity";
  if (around.temperature === null && needs(formula.form, "temperature")) return "no-temperature";
  if (ugM3 === 0 && formula.zeroStaysZero) return 0;
  if (ugM3 > (formula.maxInput ?? Infinity)) return "beyond-formula";
  if ((humidity ?? 0) > (formula.maxHumidity ?? Infinity)) return "too-humid";
  const value = resultOf(formula.form, ugM3, humidity ?? 0, around.temperature ?? 0);
  return Number.isFinite(value) ? Math.max(0, value) : "beyond-formula";
}

/** A hygrometer in fog says a little more than 100 %; what is further off is no humidity. */
const MOST_SAID = 105;

function humidityOf({ humidity }: Surroundings): number | null {
  if (humidity === null || !(humidity >= 0 && humidity <= MOST_SAID)) return null;
  return Math.min(100, humidity);
}

function needs(form: Form, name: "humidity" | "temperature"): boolean {
  if (form.kind === "regimes") return form.regimes.some((terms) => terms[name] !== 0);
  return name === "humidity";
}

function resultOf(form: Form, x: number, humidity: number, temperature: number): number {
  switch (form.kind) {
    case "regimes": {
      const terms = termsAt(form, x);
      return (
        terms.x2 * x * x + terms.x * x + terms.humidity * humidity + terms.temperature * temperature + terms.constant
      );
    }
    case "growth-power":
      return x / (1 + form.factor * (humidity / 100) ** form.exponent);
    case "koehler":
      // Dry air has no water activity: its factor is 1.
      return humidity === 0 ? x : x / (1 + form.kappa / form.density / (100 / humidity - 1));
    default:
      return form satisfies never;
  }
}

/** The terms that hold at an input: of one regime, or between two of them. */
function termsAt({ regimes, blends }: Extract<Form, { kind: "regimes" }>, x: number): Terms {
  const at = blends.findIndex(({ to }) => x <= to);
  const [low, high] = at < 0 ? [regimes.at(-1), undefined] : [regimes[at], regimes[at + 1]];
  if (low === undefined) throw new RangeError("a formula has one blend less than regimes");
  const blend = blends[at];
  if (blend === undefined || high === undefined || x <= blend.from) return low;
  const part = (x - blend.from) / (blend.to - blend.from);
  const mix = (name: keyof Terms) => low[name] * (1 - part) + high[name] * part;
  return {
    x2: mix("x2"),
    x: mix("x"),
    humidity: mix("humidity"),
    temperature: mix("temperature"),
    constant: mix("constant"),
  };
}

const airnow = formulaOf("epa-2023");
const barkjohn = formulaOf("epa-2021");
const twoPart = formulaOf("epa-2021-two-part");
const hackair = formulaOf("hackair");
const hackairCoarse = formulaOf("hackair-pm10");
const koehler = formulaOf("koehler");

const orNull = (value: number | NoValue): number | null => (typeof value === "number" ? value : null);
const at = (humidity: number | null): Surroundings => ({ humidity, temperature: null });

/** EPA/AirNow piecewise (2023): ATM scale in; null without humidity; 0 stays 0. */
export const airnow2023 = ({ ugM3 }: Mass<"pm25_atm">, humidity: number | null): number | null =>
  orNull(evaluate(airnow, ugM3, at(humidity)));

/** Barkjohn 2021 (one equation): CF1 scale in; null without humidity and above 300 µg/m³; 0 stays 0. */
export const barkjohn2021 = ({ ugM3 }: Mass<"pm25_cf1">, humidity: number | null): number | null =>
  orNull(evaluate(barkjohn, ugM3, at(humidity)));

/** EPA 2021 in two parts, from both channels' CF1 masses as published: the mean is corrected, and 0 too. */
export const epa2021TwoPart = (a: Mass<"pm25_cf1">, b: Mass<"pm25_cf1">, humidity: number | null): number | null =>
  orNull(evaluate(twoPart, (a.ugM3 + b.ugM3) / 2, at(humidity)));

/** hackAIR for PM2.5 of an SDS011. */
export const hackair25 = ({ ugM3 }: Mass<"pm25">, humidity: number | null): number | null =>
  orNull(evaluate(hackair, ugM3, at(humidity)));

/** hackAIR for PM10 of an SDS011. */
export const hackair10 = ({ ugM3 }: Mass<"pm10">, humidity: number | null): number | null =>
  orNull(evaluate(hackairCoarse, ugM3, at(humidity)));

/** κ-Köhler with a κ of one's own, or the middle of the published ones; null without humidity and above 95 %. */
export function koehler25({ ugM3 }: Mass<"pm25" | "pm25_atm">, humidity: number | null, kappa?: number): number | null {
  if (kappa === undefined || koehler.form.kind !== "koehler") return orNull(evaluate(koehler, ugM3, at(humidity)));
  return orNull(evaluate({ ...koehler, form: { ...koehler.form, kappa } }, ugM3, at(humidity)));
}
