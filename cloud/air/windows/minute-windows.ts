import type { AirWindow } from "../../store/measurements/air-windows.ts";
import type { Point } from "../../store/measurements/measurements.ts";
import { correctedField, Pollutant, RAW_FIELDS } from "../pollutants.ts";
import { MINUTE_MS, type Span } from "./clock-windows.ts";
import { meanOf, tidy, unionOf } from "./means.ts";

/** A sample below this is kept and shown, and is part of no average. */
export const GOOD_CONFIDENCE = 0.5;
/** A sample that stands for a longer time than this stands for this. */
export const LONGEST_SAMPLE_MS = 15 * MINUTE_MS;

/** What of a point the averages need. */
export const POINT_FIELDS: readonly string[] = [
  ...Pollutant.options.flatMap((pollutant) => [...RAW_FIELDS[pollutant], correctedField(pollutant)]),
  "correction",
  "flags",
  "confidence",
  "window_ms",
];

/** The minutes that a sample speaks of: its own, or those that it is a median of (`window_ms`). */
export function minutesOf(at: number, windowMs: number): Span {
  if (windowMs <= MINUTE_MS) {
    const start = floorToMinute(at);
    return { start, end: start + MINUTE_MS };
  }
  const start = floorToMinute(at - Math.min(windowMs, LONGEST_SAMPLE_MS) + 1);
  return { start, end: floorToMinute(at - 1) + MINUTE_MS };
}

interface Sample {
  readonly sensor: string;
  readonly value: number;
  readonly raw: number;
  readonly confidence: number;
  readonly flags: readonly string[];
  readonly correction: string | null;
}

interface Minute {
  readonly tenant: string;
  readonly station: string;
  readonly pollutant: Pollutant;
  readonly start: number;
  readonly samples: Sample[];
}

/**
 * The one-minute windows of some points that lie in a span. Pure: the same points, in whatever order and however often, give the
 * same windows. The sensors of a station (the channels A and B of a device, too) are averaged each for itself first.
 */
export function minuteWindows(points: readonly Point[], span: Span): readonly AirWindow[] {
  const minutes = new Map<string, Minute>();
  for (const point of points) {
    const { tenant, station, sensor, at, fields } = point;
    const windowMs = typeof fields.window_ms === "number" ? fields.window_ms : 0;
    const spoken = minutesOf(at, windowMs);
    for (const pollutant of Pollutant.options) {
      const sample = sampleOf(pollutant, sensor, fields);
      if (sample === undefined) continue;
      const from = Math.max(spoken.start, span.start);
      for (let start = from; start < Math.min(spoken.end, span.end); start += MINUTE_MS) {
        const key = `${station}\n${pollutant}\n${start}`;
        const minute = minutes.get(key) ?? { tenant, station, pollutant, start, samples: [] };
        minute.samples.push(sample);
        minutes.set(key, minute);
      }
    }
  }
  return [...minutes.values()].map(windowOfMinute);
}

function sampleOf(pollutant: Pollutant, sensor: string, fields: Point["fields"]): Sample | undefined {
  const raw = RAW_FIELDS[pollutant].map((field) => fields[field]).find((value) => typeof value === "number");
  if (typeof raw !== "number") return undefined;
  const corrected = fields[correctedField(pollutant)];
  const { correction, confidence, flags } = fields;
  const formula = typeof correction === "string" && mayBeCorrected(pollutant) ? correction : null;
  const isCorrected = typeof corrected === "number" && formula !== null && !formula.startsWith("none:");
  return {
    sensor,
    value: isCorrected ? corrected : raw,
    raw,
    confidence: typeof confidence === "number" ? confidence : 1,
    flags: typeof flags === "string" && flags !== "" ? flags.split(",") : [],
    correction: formula,
  };
}

/** The one word of a point about its correction is about its fine dust. */
const mayBeCorrected = (pollutant: Pollutant): boolean => pollutant === "pm25";

function windowOfMinute({ tenant, station, pollutant, start, samples }: Minute): AirWindow {
  const good = samples.filter(({ confidence }) => confidence >= GOOD_CONFIDENCE);
  const used = good.length > 0 ? good : samples;
  const bySensor = [...Map.groupBy(used, ({ sensor }) => sensor).values()];
  const mean = (of: (sample: Sample) => number) => tidy(meanOf(bySensor.map((some) => meanOf(some.map(of)))));
  const isGood = good.length > 0;
  return {
    tenant,
    station,
    pollutant,
    resolution: "m1",
    start,
    value: isGood ? mean(({ value }) => value) : null,
    raw: mean(({ raw }) => raw),
    minutes: isGood ? 1 : 0,
    coverage: isGood ? 1 : 0,
    confidence: mean(({ confidence }) => confidence),
    flags: unionOf(samples.map(({ flags }) => flags)),
    correction: unionOf(used.map(({ correction }) => (correction === null ? [] : [correction]))).join("+") || null,
  };
}

const floorToMinute = (ms: number): number => Math.floor(ms / MINUTE_MS) * MINUTE_MS;
