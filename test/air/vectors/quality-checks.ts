import {
  airnow2023,
  barkjohn2021,
  epa2021TwoPart,
  hackair10,
  hackair25,
  koehler25,
} from "../../../cloud/air/correction/evaluate.ts";
import { atm, cf1, pm10, pm25 } from "../../../cloud/air/correction/formulas.ts";
import { doChannelsDisagree } from "../../../cloud/air/quality/checks.ts";
import {
  buddyCheck,
  duplicateCheck,
  isolationCheck,
  type Places,
  rangeCheck,
} from "../../../cloud/air/quality/spatial-checks.ts";
import { type Check, numberAt, numbersAt, textAt, type Vector } from "./vector-file.ts";

/** Takes two channels, or one mass that stands for both. */
function channels(input: Vector["input"]): readonly [number, number] | null {
  const one = numberAt(input, "cf1", "pm25_cf1");
  const [a, b] = [numberAt(input, "cf1_a", "a") ?? one, numberAt(input, "cf1_b", "b") ?? one];
  return a === null || b === null ? null : [a, b];
}

const twoPart: Check = ({ input }) => {
  const both = channels(input);
  return both === null ? null : epa2021TwoPart(cf1(both[0]), cf1(both[1]), numberAt(input, "rh"));
};

const barkjohn: Check = ({ input }) => {
  const both = channels(input);
  return both === null ? null : barkjohn2021(cf1((both[0] + both[1]) / 2), numberAt(input, "rh"));
};

const piecewise: Check = ({ input }) => {
  const mass = numberAt(input, "pm25_cf_atm");
  return mass === null ? null : airnow2023(atm(mass), numberAt(input, "rh"));
};

const hackair: Check = ({ input }) => {
  const [raw, humidity] = [numberAt(input, "raw"), numberAt(input, "rh")];
  if (raw === null) return null;
  return textAt(input, "pollutant") === "pm10" ? hackair10(pm10(raw), humidity) : hackair25(pm25(raw), humidity);
};

const koehler: Check = ({ input }) => {
  const [raw, kappa] = [numberAt(input, "raw"), numberAt(input, "kappa")];
  return raw === null ? null : koehler25(pm25(raw), numberAt(input, "rh"), kappa ?? undefined);
};

const agreementEpa: Check = ({ input }) => {
  const both = channels(input);
  return { agree: both !== null && !doChannelsDisagree(both[0], both[1]) };
};

/**
 * weewx-purple's rule, which is not ours: more than twenty-fold and 10 µg/m³ apart. Its published case shows that the two
 * differ: EPA's rule, in force here, says of the same values that they disagree.
 */
const agreementWeewx: Check = ({ input }) => {
  const both = channels(input);
  if (both === null) return { agree: false };
  const [low, high] = [Math.min(...both), Math.max(...both)];
  return { agree: !(high > 20 * low && high - low >= 10) };
};

const flagged = (flags: readonly boolean[]): readonly number[] => flags.map((flag) => (flag ? 1 : 0));

const spatial: Check = ({ id, input }) => {
  const values = numbersAt(input, "values");
  const places: Places = {
    lats: numbersAt(input, "lats"),
    lons: numbersAt(input, "lons"),
    elevs: "elevs" in input ? numbersAt(input, "elevs") : numbersAt(input, "lats").map(() => 0),
  };
  const number = (name: string, other: number) => numberAt(input, name) ?? other;
  const verticalRadius = number("vertical_radius", number("vertical_range", Number.POSITIVE_INFINITY));
  const radius = number("radius", 0);
  if (id.includes("range") || "max" in input) return flagged(rangeCheck(values, number("min", 0), number("max", 0)));
  if (id.includes("isolation")) {
    return flagged(isolationCheck(places, { radius, leastNeighbours: number("num_min", 1), verticalRadius }));
  }
  if (id.includes("dup")) return flagged(duplicateCheck(places, { radius, verticalRadius }));
  return flagged(
    buddyCheck(places, values, {
      radius,
      leastNeighbours: number("num_min", 1),
      threshold: number("threshold", 1),
      mostElevDifference: number("max_elev_diff", 0),
      elevGradient: number("elev_gradient", 0),
      leastDeviation: number("min_std", 0),
      iterations: number("num_iterations", 1),
    }),
  );
};

/** Each group of corrections and of quality control, and what computes it. */
export const QUALITY_CHECKS: Readonly<Record<string, Check>> = {
  purpleair_epa2021_two_part: twoPart,
  purpleair_barkjohn_2021: barkjohn,
  barkjohn_2021: barkjohn,
  purpleair_airnow_piecewise: piecewise,
  humidity_hackair: hackair,
  humidity_koehler: koehler,
  kappa_koehler: koehler,
  ab_agreement_weewx: agreementWeewx,
  ab_agreement_epa: agreementEpa,
  spatial_qc: spatial,
};
