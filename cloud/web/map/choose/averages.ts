import { standardAveraging } from "../../../air/averagings.ts";
import type { Pollutant } from "../../../air/pollutants.ts";
import { judgedOverEightHours } from "../../../air/standards/eight-hours.ts";
import type { Standard } from "../../../air/standards/standard.ts";
import { AVERAGINGS, type Averaging } from "../../../http/schemas.ts";

/** The averagings that the map offers of a substance: 8 hours only where some standard is made for them. */
export const averagesOf = (pollutant: Pollutant): readonly Averaging[] =>
  AVERAGINGS.filter((averaging) => averaging !== "h8" || judgedOverEightHours.has(pollutant));

/** How far a standard speaks of an averaging: it judges by it, gives a colour as a hint, or says nothing. */
export type Fit = "judged" | "hint" | "silent";

/** Whether a standard judges a substance over such a time. */
export function fitOf(standard: Standard, pollutant: Pollutant, averaging: Averaging): Fit {
  const asked = standardAveraging[averaging];
  const tables = standard.tables.filter((table) => table.pollutant === pollutant);
  if (tables.some((table) => table.averaging === asked || table.alsoFor.includes(asked))) return "judged";
  return tables.some((table) => table.indicativeFor.includes(asked)) ? "hint" : "silent";
}

/** Averagings that the map offers, in the order in which a standard's own is looked for: the quickest answer first. */
const PREFERENCE = ["nowcast", "m20", "h1", "h8", "h24"] as const satisfies readonly Averaging[];

/** The averaging by which a standard judges a substance soonest; null where it judges by none that we have. */
export function ownAverage(standard: Standard, pollutant: Pollutant): Averaging | null {
  return PREFERENCE.find((averaging) => fitOf(standard, pollutant, averaging) === "judged") ?? null;
}

/** The averaging after another standard or substance is chosen: the same where it still says something, else its own. */
export function keptAverage(standard: Standard, pollutant: Pollutant, average: Averaging): Averaging {
  if (fitOf(standard, pollutant, average) !== "silent") return average;
  const offered = averagesOf(pollutant);
  const own = ownAverage(standard, pollutant) ?? offered.find((one) => fitOf(standard, pollutant, one) === "hint");
  return own ?? (offered.includes(average) ? average : "h1");
}
