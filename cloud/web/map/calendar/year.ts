import type { Pollutant } from "../../../air/pollutants.ts";
import { type Judgement, judge, type NoJudgement } from "../../../air/standards/index-of.ts";
import type { Standard } from "../../../air/standards/standard.ts";
import type { AverageRow } from "../../../http/schemas.ts";
import { LEAST_CONFIDENCE } from "../station/air-view.ts";

const DAY_MS = 86_400_000;
/**
 * Days begin at the midnight of the region, whose time zone the page does not know: so long after that the date of UTC is
 * the same, from UTC-11 to UTC+12.
 */
const MIDDAY_MS = DAY_MS / 2;

/** One day of a year at a station. */
export interface Day {
  /** `2026-03-14`, as a name and for sorting. */
  readonly date: string;
  /** Mean of the day; null where nothing of it can be relied on, undefined where nothing is known at all. */
  readonly value: number | null | undefined;
  readonly coverage: number;
  readonly isDoubtful: boolean;
  readonly judgement: Judgement | null;
  /** Why a value has no judgement. */
  readonly why: NoJudgement | null;
}

/** Weeks of a month, Monday first; null before its first and after its last day. */
export interface Month {
  /** `2026-03`. */
  readonly month: string;
  readonly weeks: readonly (readonly (Day | null)[])[];
}

const dateOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** The days of a year up to a date, with what is known of each by a standard. */
export function daysOfYear(
  year: number,
  lastDate: string,
  rows: readonly AverageRow[],
  { standard, pollutant }: { readonly standard: Standard; readonly pollutant: Pollutant },
): readonly Day[] {
  const known = new Map(rows.map((row) => [dateOf(row[0] + MIDDAY_MS), row]));
  const first = Date.UTC(year, 0, 1);
  const count = (Date.UTC(year + 1, 0, 1) - first) / DAY_MS;
  const dates = Array.from({ length: count }, (_, i) => dateOf(first + i * DAY_MS)).filter((date) => date <= lastDate);
  return dates.map((date): Day => {
    const row = known.get(date);
    if (row === undefined)
      return { date, value: undefined, coverage: 0, isDoubtful: false, judgement: null, why: null };
    const [, value, , coverage, confidence] = row;
    const day = { date, value, coverage, isDoubtful: value === null || confidence < LEAST_CONFIDENCE };
    if (value === null) return { ...day, judgement: null, why: null };
    const judged = judge(standard, { pollutant, averaging: "24h", value, coverage });
    return "none" in judged ? { ...day, judgement: null, why: judged.none } : { ...day, judgement: judged, why: null };
  });
}

/** The days by months and weeks. */
export function monthsOf(days: readonly Day[]): readonly Month[] {
  return [...Map.groupBy(days, ({ date }) => date.slice(0, 7))].map(([month, own]) => {
    const lead = (new Date(`${month}-01T00:00:00Z`).getUTCDay() + 6) % 7;
    const cells = [...Array.from({ length: lead }, () => null), ...own];
    const weeks = Array.from({ length: Math.ceil(cells.length / 7) }, (_, week) =>
      Array.from({ length: 7 }, (_, day) => cells[week * 7 + day] ?? null),
    );
    return { month, weeks };
  });
}

/** How many days each category had, best first, and the worst day; doubtful days are left out. */
export function countDays(standard: Standard, days: readonly Day[]) {
  const sure = days.filter(({ judgement, isDoubtful }) => judgement !== null && !isDoubtful);
  const counts = standard.categories.flatMap((category) => {
    const count = sure.filter(({ judgement }) => judgement?.category.id === category.id).length;
    return count === 0 ? [] : [{ category, count }];
  });
  const worst = sure.toSorted((a, b) => (b.value ?? 0) - (a.value ?? 0))[0];
  return { measured: days.filter(({ value }) => value !== undefined).length, counts, worst };
}

/** The day that a key leads to: arrows by day and week, Home and End to the ends of the month; null for another key. */
export function dayAfterKey(days: readonly Day[], index: number, key: string): number | null {
  const month = days[index]?.date.slice(0, 7);
  const isOfMonth = ({ date }: Day) => date.startsWith(month ?? "");
  const steps: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };
  const step = steps[key];
  const to =
    key === "Home"
      ? days.findIndex(isOfMonth)
      : key === "End"
        ? days.findLastIndex(isOfMonth)
        : step === undefined
          ? null
          : index + step;
  return to === null ? null : Math.min(days.length - 1, Math.max(0, to));
}
