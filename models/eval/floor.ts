import { z } from "zod";
import { Sha256 } from "#contract/names.ts";
import { balancedSides, fourWay } from "./accuracy.ts";
import { expectedError, fourWayClaims } from "./calibration.ts";
import type { Judged } from "./judged.ts";

const Share = z.number().min(0).max(1);

const SetFigures = z.object({
  photos: z.number().int().min(1),
  /** Share of photos whose best of four classes is the true one. */
  fourWay: Share,
  /** Mean of the hit rates on clean and on dirty sites; null where the set lacks one of them. */
  dirtyOrClean: Share.nullable(),
  /** Expected calibration error, best of four, 15 bins. */
  calibrationError: Share,
  /** Share of good photos that are refused as unusable. */
  refused: Share,
});
export type SetFigures = z.infer<typeof SetFigures>;

/** `report.json` beside a model: what its file must not fall below. Other figures may stand beside them. */
export const ReportCard = z.looseObject({
  model: z.looseObject({ version: z.string(), sha256: Sha256 }),
  /** By set (`val`, `test`), or "" for a folder without sets. */
  sets: z.record(z.string(), SetFigures),
  /** Share of spoilt photos that are called unusable; null where it was not tried. */
  unusableCaught: Share.nullable(),
});
export type ReportCard = z.infer<typeof ReportCard>;

/**
 * How far a figure may lie beyond its card: processors round int8 differently, which turns a few photos on the edge of
 * two classes (0.015 is three photos of `test/`); a broken model is far beyond it.
 */
export const TOLERANCE = 0.015;

const rounded = (value: number): number => Math.round(value * 10_000) / 10_000;

/** The figures of judged photos, by set. */
export function figuresBySet(judged: readonly Judged[]): Record<string, SetFigures> {
  const sets = [...Map.groupBy(judged, ({ photo }) => photo.set)];
  return Object.fromEntries(sets.map(([set, photos]) => [set, figuresOf(photos)]));
}

function figuresOf(judged: readonly Judged[]): SetFigures {
  const sides = balancedSides(judged).value;
  return {
    photos: judged.length,
    fourWay: rounded(fourWay(judged).value),
    dirtyOrClean: Number.isNaN(sides) ? null : rounded(sides),
    calibrationError: rounded(expectedError(fourWayClaims(judged)) || 0),
    refused: rounded(judged.filter(({ state }) => state === "unusable").length / judged.length),
  };
}

/** In words, each figure that is worse than the card says, by more than the tolerance; empty where all hold. */
export function fallsBelow(
  measured: Readonly<Record<string, SetFigures>>,
  card: Pick<ReportCard, "sets">,
  tolerance = TOLERANCE,
): readonly string[] {
  return Object.entries(card.sets).flatMap(([set, told]) => {
    const seen = measured[set];
    const name = set === "" ? "photos" : `${set}/`;
    if (seen === undefined) return [`${name}: not measured, the card has ${told.photos} photos of it`];
    const faults = [
      atLeast("four-way accuracy", seen.fourWay, told.fourWay, tolerance),
      atLeast("dirty or clean", seen.dirtyOrClean ?? 0, told.dirtyOrClean ?? 0, tolerance),
      atMost("calibration error", seen.calibrationError, told.calibrationError, tolerance),
      atMost("good photos refused", seen.refused, told.refused, tolerance),
    ];
    const photos = seen.photos === told.photos ? "" : `${seen.photos} photos, the card counts ${told.photos}`;
    return [...faults, photos].filter((fault) => fault !== "").map((fault) => `${name}: ${fault}`);
  });
}

const atLeast = (what: string, seen: number, told: number, tolerance: number): string =>
  seen >= told - tolerance ? "" : `${what} ${seen} is below ${told} of the card (less ${tolerance})`;

const atMost = (what: string, seen: number, told: number, tolerance: number): string =>
  seen <= told + tolerance ? "" : `${what} ${seen} is above ${told} of the card (and ${tolerance})`;
