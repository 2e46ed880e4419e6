import { type Flag, flagsOf } from "./flags.ts";

/**
 * What could not be looked at: the memory of the sensor was too young or had a hole (`memory`), no second channel near in time
 * (`channels`), no humidity near in time (`climate`), fewer than three neighbours near in time (`neighbours`), or nothing was
 * looked at because the judge itself failed (`everything`).
 */
export type Unchecked = "memory" | "channels" | "climate" | "neighbours" | "everything";

/** What is known of one sample beside its raw values, which stay as they are. */
export interface Judgement {
  /** PM2.5 in µg/m³ by the formula named in `correction`; null where none was applied. */
  readonly corrected: number | null;
  /** The formula and its version (`epa-2023@1`), or why there is none (`none:no-humidity`); null: a sample without PM2.5. */
  readonly correction: string | null;
  readonly flags: readonly Flag[];
  /** From 0 (do not rely on it) to 1 (nothing to doubt); see confidence.ts. */
  readonly confidence: number;
  readonly unchecked: readonly Unchecked[];
}

/** Names of the fields that a judgement adds to a point; no measured value may have them. */
export const JUDGEMENT_FIELDS = ["pm25_corrected", "correction", "flags", "confidence", "unchecked"] as const;
export type JudgementField = (typeof JUDGEMENT_FIELDS)[number];

/**
 * The fields that a judgement adds to its point. Always the same ones for the same kind of sample, also where there is nothing
 * to doubt (`flags` is empty then): a point that is written again never keeps a word of an older judgement.
 */
export function fieldsOf({
  corrected,
  correction,
  flags,
  confidence,
  unchecked,
}: Judgement): Readonly<Partial<Record<JudgementField, number | string>>> {
  return {
    ...(corrected !== null && { pm25_corrected: corrected }),
    ...(correction !== null && { correction }),
    flags: flags.join(","),
    confidence,
    unchecked: unchecked.join(","),
  };
}

/** For a sample that the judge could not look at because of our own fault: it counts, by half, and says so. */
export const UNJUDGED: Judgement = {
  corrected: null,
  correction: "none:not-judged",
  flags: [],
  confidence: 0.5,
  unchecked: ["everything"],
};

/**
 * A stored point's judgement; undefined for a point from before there was one. A corrected value counts only where `correction`
 * names its formula: a store cannot take a field back from a point that is written again.
 */
export function judgementOf(fields: Readonly<Record<string, unknown>>): Judgement | undefined {
  const { pm25_corrected: corrected, correction, flags, confidence, unchecked } = fields;
  if (typeof confidence !== "number") return undefined;
  const formula = typeof correction === "string" ? correction : null;
  const isCorrected = typeof corrected === "number" && formula !== null && !formula.startsWith("none:");
  return {
    corrected: isCorrected ? corrected : null,
    correction: formula,
    flags: typeof flags === "string" ? flagsOf(flags) : [],
    confidence,
    unchecked: typeof unchecked === "string" ? unchecked.split(",").filter(isUnchecked) : [],
  };
}

const UNCHECKED: readonly string[] = [
  "memory",
  "channels",
  "climate",
  "neighbours",
  "everything",
] satisfies Unchecked[];
const isUnchecked = (word: string): word is Unchecked => UNCHECKED.includes(word);
