import { standardAveraging } from "../../../air/averagings.ts";
import { type Judgement, judge, type NoJudgement } from "../../../air/standards/index-of.ts";
import type { Standard } from "../../../air/standards/standard.ts";
import type { AirValue, Averaging, StationFeature } from "../../../http/schemas.ts";
import type { Choice } from "../address/choice.ts";
import type { MarkLook, Shape } from "../marks/mark-look.ts";
import { inkOn } from "./ink.ts";
import { mainBadge } from "./reasons.ts";

/** The moment that is shown, and how long a value counts as of that moment. */
export interface Moment {
  readonly nowMs: number;
  readonly staleAfterMs: number;
  readonly offlineAfterMs: number;
}

/** How the air is looked at: by which standard, in which colours, at which moment. */
export interface Lens {
  readonly standard: Standard;
  readonly choice: Choice;
  /** Colours whose order holds for every kind of colour vision, instead of the standard's own. */
  readonly isSafe: boolean;
  readonly moment: Moment;
}

/** `future`: its time cannot be true. */
export type Freshness = Shape | "future";

/** What a station looks like through a lens. */
export interface AirView {
  readonly freshness: Freshness;
  /** When the shown pollutant was last measured, else anything; null before the first reading. */
  readonly atMs: number | null;
  /** The value of the chosen averaging; null where there is none. */
  readonly air: AirValue | null;
  readonly judgement: Judgement | null;
  /** Why there is no judgement: the engine's word, or that there is nothing to judge. */
  readonly why: NoJudgement | "not-measured" | "no-value" | "silent" | null;
  readonly isDoubtful: boolean;
  /** How bad, for sorting: believed values of the worst category first, then doubted ones, then silent stations. */
  readonly order: number;
  readonly look: MarkLook;
}

/** Clocks differ a little; what bears a time further ahead of the server's is not believed. The server does the same. */
const MAX_AHEAD_MS = 5 * 60_000;
/** Below this a value takes no part in means on the server either. */
export const LEAST_CONFIDENCE = 0.5;

/** How fresh a last measurement is at a moment. */
export function freshnessOf(atMs: number | null, { nowMs, staleAfterMs, offlineAfterMs }: Moment): Freshness {
  if (atMs === null) return "never";
  if (atMs - nowMs > MAX_AHEAD_MS) return "future";
  const ageMs = nowMs - atMs;
  return ageMs > offlineAfterMs ? "offline" : ageMs > staleAfterMs ? "late" : "live";
}

function judged(lens: Lens, air: AirValue | null, averaging: Averaging): Pick<AirView, "judgement" | "why"> {
  if (air === null || air.value === null) return { judgement: null, why: "no-value" };
  const { pollutant } = lens.choice;
  const asked = { pollutant, averaging: standardAveraging[averaging], value: air.value, coverage: air.coverage };
  const result = judge(lens.standard, asked);
  return "none" in result ? { judgement: null, why: result.none } : { judgement: result, why: null };
}

/** The short text on a mark: the index or level, else the multiple of a limit, else the concentration. */
export function labelOf(judgement: Judgement | null, air: AirValue | null): string {
  if (judgement !== null) {
    const { index, multiple, isAtLeast } = judgement;
    if (index !== null) return `${Math.round(index)}${isAtLeast ? "+" : ""}`;
    if (multiple !== null) return multiple < 10 ? `${multiple.toFixed(1)}×` : `${Math.round(multiple)}×`;
  }
  const value = air?.value ?? null;
  if (value === null) return "–";
  return value < 10 ? String(Math.round(value * 10) / 10) : String(Math.round(value));
}

/** The colour that a judgement is painted with, without `#`. */
export const colourOf = ({ category }: Judgement, isSafe: boolean): string =>
  (isSafe ? category.safeColour : category.colour).slice(1);

const SILENT = 1;
const DOUBTED = 1_000_000;
const BELIEVED = 10_000_000;

function orderOf(freshness: Freshness, judgement: Judgement | null, air: AirValue | null, isDoubtful: boolean): number {
  if (freshness === "never") return 0;
  if (freshness === "offline" || freshness === "future") return SILENT;
  if (air === null || air.value === null) return SILENT + 1;
  const size = judgement?.index ?? (judgement?.multiple ?? air.value / 100) * 100;
  const within = Math.min(999_999, Math.max(0, Math.round(size * 10)));
  if (isDoubtful) return DOUBTED + within;
  return BELIEVED * (1 + (judgement?.category.severity ?? 0)) + within;
}

/** Looks at one averaging of a station; `averaging` is the lens' own unless given. */
export function viewAir(station: StationFeature, lens: Lens, averaging: Averaging = lens.choice.average): AirView {
  const { air: all, lastAt, status, marks, demo, replay } = station.properties;
  const averages = all[lens.choice.pollutant];
  const atMs = averages?.now?.at ?? lastAt;
  // Of a past moment in which a station was silent nothing is known but that.
  const freshness = atMs === null && status === "offline" ? "offline" : freshnessOf(atMs, lens.moment);
  const isSilent = freshness !== "live" && freshness !== "late";
  const air = averages?.[averaging] ?? null;
  const found: Pick<AirView, "judgement" | "why"> =
    averages === undefined
      ? { judgement: null, why: "not-measured" }
      : isSilent && averaging === "now"
        ? { judgement: null, why: "silent" }
        : judged(lens, air, averaging);
  const flags = air?.flags ?? marks;
  const isDoubtful = air !== null && (air.confidence < LEAST_CONFIDENCE || air.value === null);
  const colour = found.judgement === null || isSilent ? null : colourOf(found.judgement, lens.isSafe);
  return {
    ...found,
    freshness,
    atMs,
    air,
    isDoubtful,
    order: orderOf(freshness, found.judgement, air, isDoubtful),
    look: {
      shape: freshness === "future" ? "offline" : freshness,
      label: freshness === "never" ? "" : isSilent ? "–" : labelOf(found.judgement, air),
      colour,
      ink: colour === null ? "182025" : inkOn(colour),
      badge: freshness === "future" ? "clock" : freshness === "never" ? null : mainBadge(flags),
      isDoubtful,
      isDemo: demo,
      isReplay: replay !== null,
    },
  };
}

/** Order of lists: the worst believed air first, silent stations last. */
export const worstFirst = (a: { view: AirView; id: string }, b: { view: AirView; id: string }): number =>
  b.view.order - a.view.order || a.id.localeCompare(b.id);
