import { isRight, isSideRight } from "../accuracy.ts";
import { answerOf, type Judged, placeOf } from "../judged.ts";
import { comparePaired, shareOf } from "../statistics.ts";
import { estimate, figure, table } from "./markdown.ts";

/** Photos that two networks judged, paired by where they lie. */
export interface Pair {
  readonly first: Judged;
  readonly second: Judged;
}

/** Pairs the photos that both have. */
export function pairUp(first: readonly Judged[], second: readonly Judged[]): readonly Pair[] {
  const others = new Map(second.map((one) => [placeOf(one.photo), one]));
  return first.flatMap((one) => {
    const other = others.get(placeOf(one.photo));
    return other === undefined ? [] : [{ first: one, second: other }];
  });
}

/** int8 against fp32 on the same photos. */
export function precisionSection(pairs: readonly Pair[] | null): string {
  if (pairs === null) {
    return "## int8 against fp32\n\nNot measured: no fp32 file was named with `--fp32`.";
  }
  const isSite = ({ first }: Pair) => first.photo.label !== "not_a_site";
  const row = (name: string, of: readonly Pair[], isHit: (judged: Judged) => boolean) => {
    const outcomes = of.map(({ first, second }) => ({ first: isHit(first), second: isHit(second) }));
    const { difference, onlyFirst, onlySecond, p } = comparePaired(outcomes);
    const share = (which: "first" | "second") => figure(outcomes.filter((one) => one[which]).length / outcomes.length);
    return [
      name,
      of.length,
      share("first"),
      share("second"),
      onlyFirst,
      onlySecond,
      estimate(difference),
      figure(p, 2),
    ];
  };
  const same = pairs.filter(({ first, second }) => answerOf(first) === answerOf(second)).length;
  const sets = [...Map.groupBy(pairs, ({ first }) => first.photo.set)];
  const named = [
    ["all", pairs] as const,
    ...(sets.length > 1 ? sets.map(([set, of]) => [`${set}/`, of] as const) : []),
  ];
  const rows = named.flatMap(([name, of]) => [
    row(`${name}, four-way`, of, isRight),
    row(`${name}, dirty or clean`, of.filter(isSite), isSideRight),
  ]);
  return `## int8 against fp32

The same photos through the same code; the device runs int8. Both name the same of four in ${estimate(shareOf(same, pairs.length))} of them. The
difference is int8 less fp32, with its interval for paired shares (Agresti & Min 2005); p is McNemar's exact test.

${table(["photos", "n", "fp32", "int8", "only fp32 right", "only int8 right", "difference", "p"], rows)}`;
}
