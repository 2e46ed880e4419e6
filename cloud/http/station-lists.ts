import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Clock } from "#kit/clock.ts";
import type { Pollutant } from "../air/pollutants.ts";
import { HOUR_MS, MINUTE_MS } from "../air/windows/clock-windows.ts";
import { type StationTable, toTable } from "../live/station-table.ts";
import type { AirWindow, AirWindowStore } from "../store/measurements/air-windows.ts";
import type { Air, AirValue, StationFeature } from "./schemas.ts";
import type { StationBook } from "./station-book.ts";

const pack = promisify(gzip);

/** A list as it is sent; its tag changes with it. */
export interface ReadyList {
  readonly text: string;
  readonly packed: Buffer;
  readonly etag: string;
}

export interface StationListsParts {
  readonly book: Pick<StationBook, "all" | "version">;
  readonly airWindows: Pick<AirWindowStore, "windows">;
  readonly clock: Clock;
  readonly staleAfterMs: number;
  readonly offlineAfterMs: number;
  /** Random name of this start: versions are counted from it. */
  readonly epoch: string;
}

/** A moment of the past is read again after this: late data may have changed it. */
const PAST_HOLDS_MS = 60_000;
const PAST_KEPT = 160;

/** Lists of all stations, written and packed once for all who ask while nothing changes, and one at a time while much does. */
export function createStationLists(parts: StationListsParts) {
  const { book, airWindows, clock, staleAfterMs, offlineAfterMs, epoch } = parts;
  const past = new Map<number, { readonly untilMs: number; readonly list: Promise<ReadyList> }>();

  const write = async (table: StationTable, etag: string): Promise<ReadyList> => {
    const text = JSON.stringify({ staleAfterMs, offlineAfterMs, table });
    return { text, packed: await pack(text, { level: 9 }), etag: `"${etag}"` };
  };
  const now = newestOf(
    () => book.version(),
    async (version) => write(toTable(book.all(), clock.nowMs()), `${epoch}.${version}`),
  );
  const readPast = async (momentMs: number, tag: string): Promise<ReadyList> => {
    const [hourEnd, m20End] = [floorTo(momentMs, HOUR_MS), floorTo(momentMs, 20 * MINUTE_MS)];
    const [hours, m20s] = await Promise.all([
      airWindows.windows({ resolution: "h1", fromMs: hourEnd - HOUR_MS, toMs: hourEnd }),
      airWindows.windows({ resolution: "m20", fromMs: m20End - 20 * MINUTE_MS, toMs: m20End }),
    ]);
    const airs = new Map<string, Air>();
    for (const window of hours) putInto(airs, window, "h1", hourEnd);
    for (const window of m20s) putInto(airs, window, "m20", m20End);
    const features = book.all().map((feature) => asItWas(feature, airs.get(feature.id) ?? {}));
    return write(toTable(features, momentMs), tag);
  };

  return {
    /** As of the last tick of the stream: whoever listens to it misses nothing between. */
    now,
    /** As of a moment of the past, by the windows that were full then. Rejects where the store does not answer. */
    past: (atMs: number): Promise<ReadyList> => {
      const momentMs = floorTo(atMs, 20 * MINUTE_MS);
      const known = past.get(momentMs);
      const nowMs = clock.nowMs();
      if (known !== undefined && nowMs < known.untilMs) return known.list;
      const list = readPast(momentMs, `${epoch}.${momentMs}.${nowMs}`);
      past.delete(momentMs);
      past.set(momentMs, { untilMs: nowMs + PAST_HOLDS_MS, list });
      const [oldest] = past.keys();
      if (past.size > PAST_KEPT && oldest !== undefined) past.delete(oldest);
      list.catch(() => past.delete(momentMs));
      return list;
    },
  };
}

/**
 * Makes a thing once for each version that is asked for. While one is being made, those who need a newer one wait together for the
 * next: however many ask and however fast versions follow each other, one is made at a time.
 */
function newestOf<T>(versionNow: () => number, make: (version: number) => Promise<T>): () => Promise<T> {
  let current: { readonly version: number; readonly made: Promise<T>; isMaking: boolean } | undefined;
  let next: Promise<T> | undefined;
  const begin = (version: number): Promise<T> => {
    const made = make(version);
    const mine = { version, made, isMaking: true };
    current = mine;
    made.then(
      () => {
        mine.isMaking = false;
      },
      () => {
        current = undefined;
      },
    );
    return made;
  };
  return () => {
    const version = versionNow();
    if (current?.version === version) return current.made;
    if (current === undefined || !current.isMaking) return begin(version);
    const makeNext = () => {
      next = undefined;
      return begin(versionNow());
    };
    next ??= current.made.then(makeNext, makeNext);
    return next;
  };
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
