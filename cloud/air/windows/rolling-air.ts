import { z } from "zod";
import { AirAverages, type AirValue } from "../../http/schemas.ts";
import type { AirWindow } from "../../store/measurements/air-windows.ts";
import { Pollutant } from "../pollutants.ts";
import { convert } from "../standards/convert.ts";
import { judgedOverEightHours } from "../standards/eight-hours.ts";
import { type Nowcast, nowcastOzone, nowcastPm } from "../standards/nowcast.ts";
import { HOUR_MS, MINUTE_MS, type Span } from "./clock-windows.ts";
import { joinWindows } from "./join-windows.ts";
import { tidy, unionOf } from "./means.ts";

/** A station's averages by pollutant; what it says now comes from its newest samples. */
export const Averages = z.partialRecord(Pollutant, AirAverages.omit({ now: true }));
export type Averages = z.infer<typeof Averages>;

/** A window counts as the newest full one so long after its end: its last samples are on their way until then. */
export const SETTLE_MS = MINUTE_MS;
const HOURS = 24;
/** Hours that a NowCast looks at: of ozone as `nowcastOzone` says, else as `nowcastPm`. */
const nowcastHours = (pollutant: Pollutant): number => (pollutant === "o3" ? 8 : 12);
/** The reason that a NowCast of ozone is the newest hour alone, by the surrogate (`nowcastOzone`). */
const SURROGATE_FLAG = "ozone-surrogate";
/** An hour with fewer of its minutes says nothing of itself (EPA: three quarters). */
const ENOUGH = 0.75;

/** The spans that a station's averages are made of at a moment: the newest full 20 minutes, and 24 full hours. */
export function spansOfNow(nowMs: number): { readonly m20: Span; readonly hours: Span } {
  const settled = nowMs - SETTLE_MS;
  const m20End = Math.floor(settled / (20 * MINUTE_MS)) * 20 * MINUTE_MS;
  const hourEnd = Math.floor(settled / HOUR_MS) * HOUR_MS;
  return {
    m20: { start: m20End - 20 * MINUTE_MS, end: m20End },
    hours: { start: hourEnd - HOURS * HOUR_MS, end: hourEnd },
  };
}

/**
 * The averages of one station from its windows: `m20` of the newest full 20 minutes, `hours` of the last 24. Empty where none of them
 * says anything.
 */
export function averagesOf(m20: readonly AirWindow[], hours: readonly AirWindow[], nowMs: number): Averages {
  const spans = spansOfNow(nowMs);
  const averages: Averages = {};
  for (const pollutant of Pollutant.options) {
    const ofIt = hours.filter((window) => window.pollutant === pollutant);
    const newest20 = m20.find((window) => window.pollutant === pollutant && window.start === spans.m20.start);
    const newest = ofIt.find(({ start }) => start === spans.hours.end - HOUR_MS);
    const day = joinWindows(ofIt, "d1", spans.hours);
    const values = {
      m20: newest20 === undefined ? null : airValue(newest20, spans.m20.end),
      h1: newest === undefined ? null : airValue(newest, spans.hours.end),
      nowcast: nowcastOf(pollutant, ofIt, spans.hours.end),
      h8: eightHoursOf(pollutant, ofIt, spans.hours.end),
      h24: day === undefined ? null : airValue(day, spans.hours.end),
    };
    if (Object.values(values).some((value) => value !== null)) averages[pollutant] = values;
  }
  return averages;
}

const airValue = ({ value, raw, coverage, confidence, flags, correction }: AirWindow, at: number): AirValue => ({
  value,
  raw,
  at,
  coverage,
  confidence: tidy(confidence),
  flags: [...flags],
  correction,
});

/** The EPA states its concentrations at 25 °C (40 CFR 50.3). */
const EPA_CELSIUS = 25;
const ozoneIn = (unit: "ppb" | "ug/m3", value: number): number =>
  convert("o3", value, unit === "ppb" ? ["ug/m3", "ppb"] : ["ppb", "ug/m3"], EPA_CELSIUS) ?? Number.NaN;

/** The last hours, newest first; undefined where one has too few data to say anything of itself. */
const newestHours = (count: number, hours: readonly AirWindow[], end: number): readonly (AirWindow | undefined)[] =>
  Array.from({ length: count }, (_, age) =>
    hours.find(({ start, coverage }) => start === end - (age + 1) * HOUR_MS && coverage >= ENOUGH),
  );

const EIGHT = 8;

/**
 * The mean of the last 8 hours, each with three quarters of its minutes at least, where a standard judges by it; coverage is the share
 * of such hours: the standards ask for 6 of them (40 CFR 50 appendix U; 75 % capture in the UK's DAQI).
 */
function eightHoursOf(pollutant: Pollutant, hours: readonly AirWindow[], end: number): AirValue | null {
  if (!judgedOverEightHours.has(pollutant)) return null;
  const there = newestHours(EIGHT, hours, end).filter((hour) => hour !== undefined);
  const mean = joinWindows(
    there.map((hour) => ({ ...hour, minutes: 1 })),
    "h1",
    { start: end - EIGHT * HOUR_MS, end },
  );
  return mean === undefined ? null : { ...airValue(mean, end), coverage: there.length / EIGHT };
}

/** The EPA's NowCast where there is one; null where the newest hours have too few data. */
function nowcastOf(pollutant: Pollutant, hours: readonly AirWindow[], end: number): AirValue | null {
  const of = nowcastHours(pollutant);
  const newestFirst = newestHours(of, hours, end);
  const cast = (of: (window: AirWindow) => number | null): Pick<Nowcast, "value" | "method"> => {
    const values = newestFirst.map((window) => (window === undefined ? null : of(window)));
    if (pollutant === "pm25" || pollutant === "pm10") return nowcastPm(pollutant, values);
    if (pollutant !== "o3") return { value: null, method: "none" };
    const { value: ppb, method } = nowcastOzone(values.map((value) => (value === null ? null : ozoneIn("ppb", value))));
    return { value: ppb === null ? null : tidy(ozoneIn("ug/m3", ppb)), method };
  };
  const { value, method } = cast((window) => window.value);
  if (value === null) return null;
  const isSurrogate = method === "ozone-surrogate-2019";
  const there = newestFirst.filter((window) => window !== undefined);
  const used = isSurrogate ? there.slice(0, 1) : there;
  const corrections = used.flatMap(({ correction }) => (correction === null ? [] : [correction.split("+")]));
  return {
    value,
    raw: cast(({ raw }) => raw).value,
    at: end,
    coverage: tidy(used.length / of),
    confidence: tidy(used.reduce((sum, { confidence }) => sum + confidence, 0) / used.length),
    flags: [...unionOf([...used.map(({ flags }) => flags), isSurrogate ? [SURROGATE_FLAG] : []])],
    correction: unionOf(corrections).join("+") || null,
  };
}
