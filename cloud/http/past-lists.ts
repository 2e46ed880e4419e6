import type { Clock } from "#kit/clock.ts";
import { Pollutant } from "../air/pollutants.ts";
import { HOUR_MS, MINUTE_MS } from "../air/windows/clock-windows.ts";
import type { AirWindow, AirWindowStore } from "../store/measurements/air-windows.ts";
import { forEachPiece, inPieces } from "./in-pieces.ts";
import { type ListLimits, type ReadyList, writeList } from "./ready-list.ts";
import type { Air, AirValue, StationFeature } from "./schemas.ts";
import type { StationBook } from "./station-book.ts";
import type { Turns } from "./turns.ts";

export interface PastListsParts extends ListLimits {
  readonly book: Pick<StationBook, "all">;
  readonly airWindows: Pick<AirWindowStore, "windows">;
  /** One moment after the other: each reads windows of all stations. */
  readonly pastTurns: Turns;
  readonly clock: Pick<Clock, "nowMs">;
}

const MOMENT_MS = 20 * MINUTE_MS;
/** Late data change what is new, and seldom what is older: such a moment is read again after a longer time. */
const NEW_MS = 2 * HOUR_MS;
const NEW_HOLDS_MS = MINUTE_MS;
const OLD_HOLDS_MS = 10 * MINUTE_MS;
/** Somewhat more than the moments of 48 hours. */
const KEPT = 160;

/** Gives all stations as of a moment, for somebody (an IP address). */
export type PastLists = (atMs: number, asker: string) => Promise<ReadyList>;

/**
 * Lists of all stations as of moments of the past, by the windows that were full then: each is written once for all who ask while it holds. A
 * list rejects where the store does not answer, and with `ApiError` 503 where too many moments are asked for.
 */
export function createPastLists(parts: PastListsParts): PastLists {
  const { pastTurns, clock } = parts;
  const kept = new Map<number, { untilMs: number; readonly list: Promise<ReadyList> }>();
  return (atMs, asker) => {
    const momentMs = floorTo(atMs, MOMENT_MS);
    const known = kept.get(momentMs);
    if (known !== undefined && clock.nowMs() < known.untilMs) return known.list;
    // While it is on its way, it is that of all who ask.
    const one = { untilMs: Number.POSITIVE_INFINITY, list: pastTurns(asker, () => readPast(momentMs, parts)) };
    kept.delete(momentMs);
    kept.set(momentMs, one);
    const [oldest] = kept.keys();
    if (kept.size > KEPT && oldest !== undefined) kept.delete(oldest);
    one.list.then(
      () => {
        const nowMs = clock.nowMs();
        one.untilMs = nowMs + (nowMs - momentMs < NEW_MS ? NEW_HOLDS_MS : OLD_HOLDS_MS);
      },
      () => {
        if (kept.get(momentMs) === one) kept.delete(momentMs);
      },
    );
    return one.list;
  };
}

/** One question for each average and substance: none of them gives more than a row for each station. */
async function readPast(momentMs: number, parts: PastListsParts): Promise<ReadyList> {
  const airs = new Map<string, Air>();
  for (const [resolution, lengthMs] of [
    ["h1", HOUR_MS],
    ["m20", MOMENT_MS],
  ] as const) {
    const toMs = floorTo(momentMs, lengthMs);
    for (const pollutant of Pollutant.options) {
      const asked = { pollutant, resolution, fromMs: toMs - lengthMs, toMs };
      const windows = await parts.airWindows.windows(asked);
      await inPieces(forEachPiece(windows, (window) => putInto(airs, window, resolution, toMs)));
    }
  }
  const features: StationFeature[] = [];
  const put = (feature: StationFeature) => void features.push(asItWas(feature, airs.get(feature.id) ?? {}));
  await inPieces(forEachPiece(parts.book.all(), put));
  return writeList(features, momentMs, parts);
}

const floorTo = (ms: number, stepMs: number): number => Math.floor(ms / stepMs) * stepMs;

const NONE = { now: null, m20: null, h1: null, nowcast: null, h8: null, h24: null };

function putInto(airs: Map<string, Air>, window: AirWindow, averaging: "m20" | "h1", at: number): void {
  const { station, value, coverage, confidence, flags } = window;
  const pollutant: Pollutant = window.pollutant;
  const air = airs.get(station) ?? {};
  const one: AirValue = { value, at, coverage, confidence, flags: [...flags] };
  air[pollutant] = { ...(air[pollutant] ?? NONE), [averaging]: one };
  airs.set(station, air);
}

/** A station with the air of then; of everything else of then nothing is kept. */
function asItWas(feature: StationFeature, air: Air): StationFeature {
  const averages = Object.values(air);
  const moments = averages.flatMap(({ m20, h1 }) => (m20 ?? h1)?.at ?? []);
  const spoke = moments.length > 0;
  return {
    ...feature,
    properties: {
      ...feature.properties,
      air,
      lastAt: spoke ? Math.max(...moments) : null,
      status: spoke ? "live" : "offline",
      isStale: !spoke,
      marks: [...new Set(averages.flatMap(({ m20, h1 }) => (m20 ?? h1)?.flags ?? []))],
      values: {},
      wind: null,
    },
  };
}
