import { type Curve, likelihoodOf } from "../../../edge/pairs/calibration.ts";
import { SCREEN_CURVE } from "../../../edge/pairs/screen/screen.ts";
import type { PairOptions, PairReport } from "../pair-report.ts";
import { listRealPairs } from "../pairs/real-pairs.ts";
import { evenly, listSet } from "../photos.ts";
import { estimate, estimateOf, figure, table } from "../report/markdown.ts";
import { bootstrap, type Estimate, rocArea, shareOf } from "../statistics.ts";
import { ALL, makeRecaptures, readHonest, type ScreenExample, type SourcedPhoto } from "./examples.ts";
import { SQUARELY } from "./recapture.ts";

/** So many photos of each made case: some two minutes of one processor core in all. */
const PER_CASE = 16;
/** With fewer photos a figure would say nothing. */
const LEAST = 20;
const MARKED = 0.5;

const HEADING = "## Photos of screens and prints";

const ABOUT = `No photo of a real screen or print was at hand: **the rate on real ones is unknown.** These are made
(\`models/eval/screens\`): a held-out photo on a display with its coloured pixels, or in print with its dots, before a camera with a lens, a mosaic of
colours, noise, tone, its own JPEG and the device's. *Near*: a pixel or the way between two dots is 1.5 to 3 px of the device's photo; *usual*: 0.8 to 1.5;
*fine*: 0.45 to 0.8, which the lens and the camera's shrinking leave hardly a trace of. An ink-jet photo without dots, a frame round a display and a
lamp's reflection are not looked for. *Square*: near, but turned by less than 1°, as in a holder: what repeats exactly along rows and columns
is not told from tiles and JPEG (a bare grid at 0° and 0.5° is not found), so **this is not promised**; these do not count in *all*. Real photos are at most 384 px (pairs 640) long and stand for parts of a device's.
The point (probability 0.5) was set on training photos; nothing here fitted anything. Intervals: 95 %; photos of one street are alike, so the true
uncertainty is larger.`;

export interface ScreenOptions extends Pick<PairOptions, "photos" | "seed" | "limit" | "progress"> {
  /** Another curve than the device's. */
  readonly curve?: Curve;
}

/** Judges the device's check for photos of screens and prints on photos that fitted nothing, as they are and made. */
export async function reportScreens({
  photos,
  seed,
  limit,
  progress,
  curve = SCREEN_CURVE,
}: ScreenOptions): Promise<PairReport> {
  const sets = await Promise.all((["val", "test"] as const).map((set) => listSet(photos, set)));
  const own = sets.flat().length > 0 ? sets.flat() : await listSet(photos, "");
  const pairs = (await listRealPairs(photos, "both")).flatMap(({ before, after }) => [
    { path: before, source: "pairs" },
    { path: after, source: "pairs" },
  ]);
  const real: readonly SourcedPhoto[] = [...evenly(own, limit), ...evenly(pairs, limit)];
  const sites = own.filter(({ label }) => label !== "not_a_site");
  if (sites.length < LEAST) {
    return { section: `${HEADING}\n\nNot tried: it needs ${LEAST} photos of sites.`, figures: {} };
  }
  const scoresOf = (examples: readonly ScreenExample[]) =>
    examples.map(({ isTrue, group, figures }) => ({ isTrue, group, p: likelihoodOf(curve, figures) }));
  const honest = scoresOf(await readHonest(real, progress));
  const perCase = Math.min(PER_CASE, limit ?? PER_CASE);
  const made = scoresOf(await makeRecaptures(sites, ALL, perCase, seed, progress));
  const straight = scoresOf(await makeRecaptures(sites, ["near"], perCase, seed, progress, SQUARELY));
  const square = straight.map((score) => ({ ...score, group: `square ${score.group}` })).filter(({ isTrue }) => isTrue);
  const figures = { ...figuresOf(honest, made), squareFound: round(markedOf(square).value) };
  return { section: sectionOf(honest, [...made, ...square], real.length - honest.length), figures };
}

interface Score {
  readonly isTrue: boolean;
  readonly group: string;
  readonly p: number;
}

const markedOf = (scores: readonly Score[]) => shareOf(scores.filter(({ p }) => p >= MARKED).length, scores.length);
const ofKind = (made: readonly Score[], kind: string) => made.filter(({ group }) => group.startsWith(kind));

const SEED = 11;
const areaOf = (honest: readonly Score[], trues: readonly Score[]): Estimate =>
  bootstrap([honest, trues], rocArea, SEED);

const round = (value: number): number => Math.round(value * 10_000) / 10_000;

function figuresOf(honest: readonly Score[], made: readonly Score[]): Readonly<Record<string, number>> {
  const kinds = ["screen", "print"].flatMap((kind) => [
    [`${kind}Roc`, round(areaOf(honest, ofKind(made, kind)).value)] as const,
    [`${kind}Found`, round(markedOf(ofKind(made, kind)).value)] as const,
  ]);
  return { ...Object.fromEntries(kinds), honestMarked: round(markedOf(honest).value) };
}

function sectionOf(honest: readonly Score[], made: readonly Score[], small: number): string {
  const trues = made.filter(({ isTrue }) => isTrue);
  const groups = [...Map.groupBy(trues, ({ group }) => group)];
  const rowOf = (name: string, scores: readonly Score[]) => [
    name,
    scores.length,
    estimate(areaOf(honest, scores)),
    estimate(markedOf(scores)),
    figure(1 - markedOf(scores).value),
  ];
  const rows = [
    rowOf("screens, all", ofKind(made, "screen")),
    rowOf("prints, all", ofKind(made, "print")),
    ...groups.map(([group, scores]) => rowOf(group, scores)),
  ];
  const sources = [...Map.groupBy(honest, ({ group }) => group)];
  const falseRows = [
    ["all real photos held out", estimateOf(markedOf(honest))],
    ...sources.map(([source, scores]) => [source, estimateOf(markedOf(scores))]),
    ["the place itself through the made camera", estimateOf(markedOf(made.filter(({ isTrue }) => !isTrue)))],
  ];
  const left = small === 0 ? "" : ` ${small} photos were too small to tell (under 128 px).`;
  return [
    HEADING,
    ABOUT,
    table(["made", "photos", "ROC area against real photos", "found", "missed"], rows),
    `Honest photos that are marked.${left}`,
    table(["photos", "marked"], falseRows),
  ].join("\n\n");
}
