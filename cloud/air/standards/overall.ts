import { type Asked, type Judgement, judge, type NoJudgement } from "./index-of.ts";
import type { Standard } from "./standard.ts";

/** The worst of several substances, with what is missing. */
export interface Overall {
  /** Decides; null where too little is known to speak of the whole. */
  readonly worst: Judgement | null;
  /** Of each substance the worst of its averaging times (ozone: the higher of 8 h and 1 h). */
  readonly parts: readonly Judgement[];
  /** What was given and could not be judged, with the reason. */
  readonly refused: readonly { readonly asked: Asked; readonly why: NoJudgement }[];
  /** Substances of the standard of which nothing was judged. */
  readonly missing: readonly string[];
  /** Whether nothing is missing: an incomplete index may be too low, never too high. */
  readonly isComplete: boolean;
}

/** Judges all values by one standard. Hints (`isIndicative`) take no part: an index is of its own averaging time. */
export function overallOf(standard: Standard, values: readonly Asked[]): Overall {
  const judged = values.map((asked) => ({ asked, result: judge(standard, asked) }));
  const refused = judged.flatMap(({ asked, result }) => ("none" in result ? [{ asked, why: result.none }] : []));
  const good = judged.flatMap(({ result }) => ("none" in result || result.isIndicative ? [] : [result]));
  // Below its table a mean decides nothing, but it is known.
  const longer = judged.filter(({ result }) => !("none" in result) || result.none === "below-table");
  const worstOf = new Map<string, Judgement>();
  for (const one of good) {
    const other = worstOf.get(one.pollutant);
    if (other === undefined || isWorse(standard, one, other)) worstOf.set(one.pollutant, settled(one, longer));
  }
  const parts = [...worstOf.values()];
  const substances = [...new Set(standard.tables.map(({ pollutant }) => pollutant))];
  const missing = substances.filter((substance) => !worstOf.has(substance));
  const { atLeast, oneOf } = standard.overall;
  const isEnough = parts.length >= atLeast && (oneOf.length === 0 || oneOf.some((one) => worstOf.has(one)));
  const worst = parts.reduce<Judgement | null>(
    (far, one) => (far === null || isWorse(standard, one, far) ? one : far),
    null,
  );
  return { worst: isEnough ? worst : null, parts, refused, missing, isComplete: missing.length === 0 };
}

/** A number that was held for want of a longer mean is final once that mean is there. */
function settled(one: Judgement, known: readonly { readonly asked: Asked }[]): Judgement {
  const { pollutant, averaging } = one;
  const hasLonger = known.some(({ asked }) => asked.pollutant === pollutant && asked.averaging !== averaging);
  return one.isAtLeast && hasLonger ? { ...one, isAtLeast: false } : one;
}

function isWorse(standard: Standard, one: Judgement, other: Judgement): boolean {
  const rank = ({ category }: Judgement) => standard.categories.findIndex(({ id }) => id === category.id);
  const [a, b] = [rank(one), rank(other)];
  if (a !== b) return a > b;
  return (one.index ?? one.multiple ?? 0) > (other.index ?? other.multiple ?? 0);
}
