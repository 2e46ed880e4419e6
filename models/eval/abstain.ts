import { confidenceOf } from "../../edge/visits/verdict-counts.ts";
import { isGroupRight, isRight } from "./accuracy.ts";
import { groupOf, type Judged } from "./judged.ts";
import { type Estimate, shareOf } from "./statistics.ts";

/** How right the answers are when only the surest share of photos is answered. */
export interface AbstainPoint {
  readonly answered: number;
  /** Smallest confidence that is still answered. */
  readonly threshold: number;
  /** Clean, dirty or not a site. */
  readonly group: Estimate;
  readonly fourWay: Estimate;
}

export const SHARES = [1, 0.98, 0.95, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5] as const;

/** The curve of share answered against accuracy, over the photos that are not refused as unusable. */
export function abstainCurve(judged: readonly Judged[], shares: readonly number[] = SHARES): readonly AbstainPoint[] {
  const surest = judged
    .flatMap((one) =>
      one.probabilities === null || one.state === "unusable"
        ? []
        : [{ one, confidence: confidenceOf(one.probabilities) }],
    )
    .sort((a, b) => b.confidence - a.confidence);
  return shares.map((share) => {
    const kept = surest.slice(0, Math.round(share * surest.length));
    const hits = (isHit: (judged: Judged) => boolean) => kept.filter(({ one }) => isHit(one)).length;
    return {
      answered: kept.length / surest.length,
      threshold: kept.at(-1)?.confidence ?? Number.NaN,
      group: shareOf(hits(isGroupRight), kept.length),
      fourWay: shareOf(hits(isRight), kept.length),
    };
  });
}

/** What the device says with the thresholds that are shipped. */
export interface OperatingPoint {
  readonly unusable: Estimate;
  readonly unsure: Estimate;
  readonly answered: Estimate;
  /** Of the answered: right on clean, dirty or not a site. */
  readonly group: Estimate;
  readonly fourWay: Estimate;
  /** Of the dirty sites, those that it calls clean: litter that nobody comes for. */
  readonly missed: Estimate;
  /** Of the clean sites, those that it calls dirty: blame for nothing. */
  readonly blamed: Estimate;
}

export function operatingPoint(judged: readonly Judged[]): OperatingPoint {
  const n = judged.length;
  const counted = (of: readonly Judged[], isHit: (judged: Judged) => boolean) =>
    shareOf(of.filter(isHit).length, of.length);
  const isAnswered = ({ state }: Judged) => state !== "unusable" && state !== "unsure";
  const answered = judged.filter(isAnswered);
  const ofGroup = (group: string) => judged.filter(({ photo }) => groupOf(photo.label) === group);
  return {
    unusable: counted(judged, ({ state }) => state === "unusable"),
    unsure: counted(judged, ({ state }) => state === "unsure"),
    answered: shareOf(answered.length, n),
    group: counted(answered, isGroupRight),
    fourWay: counted(answered, isRight),
    missed: counted(ofGroup("dirty"), ({ state }) => state === "clean"),
    blamed: counted(ofGroup("clean"), ({ state }) => state === "overflow" || state === "scattered"),
  };
}
