import type { AirWindow, AirWindowStore } from "../../store/measurements/air-windows.ts";
import type { StateStore } from "../../store/state/state-store.ts";
import type { ClockWindows, Span } from "./clock-windows.ts";
import { HOUR_MS, MINUTE_MS } from "./clock-windows.ts";
import { type DirtyWindow, dueBefore, dueSince, markParent, settle } from "./dirty-windows.ts";
import { joinWindows, MADE_OF } from "./join-windows.ts";
import { LONGEST_SAMPLE_MS, minuteWindows, POINT_FIELDS } from "./minute-windows.ts";
import { averagesOf, spansOfNow } from "./rolling-air.ts";
import { type DueStation, dueAverages, keepAverages, touchAverages } from "./station-averages.ts";

/** What computing windows needs. */
export interface WindowStores {
  readonly measurements: Pick<AirWindowStore, "points" | "keepWindows" | "windows">;
  readonly state: StateStore;
  readonly clockWindows: ClockWindows;
  readonly nowMs: () => number;
}

/** What one round has done. */
export interface Round {
  readonly computed: number;
  /** Stations whose averages have been looked at. */
  readonly stations: readonly string[];
}

/** Windows of the last hours go first; what an outage has left comes after them, a little in each round. */
const LIVE_MS = 3 * HOUR_MS;
const LIVE_LIMIT = 4_000;
const BACKLOG_LIMIT = 200;
/** A larger window waits so long after its end for the samples that are on their way. */
export const PARENT_AFTER_MS = 20_000;
/** Stations of one query: a few minutes of many, an hour of few. */
const MANY = 400;
const FEW = 25;
const SHORT_MS = 5 * MINUTE_MS;

/**
 * One round: computes windows that are due, and stations' averages. Windows come from stored points and from stored smaller windows,
 * never from what was computed before: late, repeated and re-judged data need no rule of their own. Each step writes its windows
 * first and takes their marks away afterwards, in the transaction that marks what is made of them: killed in between, the same
 * windows are written again. Rejects where a store is down, and is to be called again then.
 */
export async function computeWindows(stores: WindowStores): Promise<Round> {
  const { state, nowMs } = stores;
  const now = nowMs();
  const due = state.read((sql) => [
    ...dueSince(sql, now - LIVE_MS, now, LIVE_LIMIT),
    ...dueBefore(sql, now - LIVE_MS, now, BACKLOG_LIMIT),
  ]);
  const ofMinutes = due.filter(({ resolution }) => resolution === "m1");
  for (const marks of groupsOf(ofMinutes)) await computeMinutes(marks, stores);
  for (const resolution of ["m20", "h1", "d1"] as const) {
    const larger = due.filter((mark) => mark.resolution === resolution);
    for (const marks of groupsOf(larger)) await computeLarger(resolution, marks, stores);
  }
  const stations = state.read((sql) => dueAverages(sql, now, LIVE_LIMIT));
  for (const some of chunksOf(stations, MANY)) await computeAverages(some, stores);
  return { computed: due.length, stations: stations.map(({ station }) => station) };
}

/** Marks that one query can serve: of the same hours, and few stations where the stretch is long. */
function groupsOf(marks: readonly DirtyWindow[]): readonly (readonly DirtyWindow[])[] {
  const bucketOf = ({ start, from, to }: DirtyWindow) =>
    `${start} ${to - from > SHORT_MS} ${Math.floor(from / SHORT_MS)}`;
  return [...Map.groupBy(marks, bucketOf).values()].flatMap((some) => {
    const isShort = some.every(({ from, to }) => to - from <= SHORT_MS);
    return chunksOf(some, isShort ? MANY : FEW);
  });
}

const hullOf = (marks: readonly DirtyWindow[]): Span => ({
  start: Math.min(...marks.map(({ from }) => from)),
  end: Math.max(...marks.map(({ to }) => to)),
});

async function computeMinutes(marks: readonly DirtyWindow[], stores: WindowStores): Promise<void> {
  const { measurements, clockWindows } = stores;
  const span = hullOf(marks);
  const points = await measurements.points({
    stations: stationsOf(marks),
    fields: POINT_FIELDS,
    fromMs: span.start,
    // A sample that stands for the time before it may lie behind the end.
    toMs: span.end + LONGEST_SAMPLE_MS,
  });
  await measurements.keepWindows(minuteWindows(points, span));
  settleAll(marks, stores, (mark, markIt) => {
    for (let at = mark.from; at < mark.to; ) {
      const window = clockWindows.windowOf("m20", at);
      markIt("m20", window);
      at = window.end;
    }
  });
}

async function computeLarger(
  resolution: "m20" | "h1" | "d1",
  marks: readonly DirtyWindow[],
  stores: WindowStores,
): Promise<void> {
  const { measurements, clockWindows } = stores;
  const span = hullOf(marks);
  const parts = await measurements.windows({
    stations: stationsOf(marks),
    resolution: MADE_OF[resolution],
    fromMs: span.start,
    toMs: span.end,
  });
  const byStation = Map.groupBy(parts, ({ station }) => station);
  const windows = marks.flatMap(({ station, start, to: end }): readonly AirWindow[] => {
    const inside = (byStation.get(station) ?? []).filter((part) => part.start >= start && part.start < end);
    const byPollutant = Map.groupBy(inside, ({ pollutant }) => pollutant);
    return [...byPollutant.values()].flatMap((some) => joinWindows(some, resolution, { start, end }) ?? []);
  });
  await measurements.keepWindows(windows);
  settleAll(marks, stores, ({ start }, markIt) => {
    if (resolution === "m20") markIt("h1", clockWindows.windowOf("h1", start));
    if (resolution === "h1") markIt("d1", clockWindows.windowOf("d1", start));
  });
}

type MarkParent = (resolution: "m20" | "h1" | "d1", window: Span) => void;

/** One transaction: the marks go, what is made of their windows is marked, and recent averages are looked at. */
function settleAll(
  marks: readonly DirtyWindow[],
  { state, nowMs }: WindowStores,
  markParents: (mark: DirtyWindow, markIt: MarkParent) => void,
): void {
  const now = nowMs();
  const { hours } = spansOfNow(now);
  state.transaction(now, ({ sql }) => {
    for (const mark of marks) {
      const { tenant, station, resolution, to } = mark;
      settle(sql, mark);
      markParents(mark, (parent, window) => {
        const dueAt = Math.max(now, window.end + PARENT_AFTER_MS);
        markParent(sql, { resolution: parent, tenant, station, ...window }, dueAt);
      });
      const isShown = (resolution === "m20" || resolution === "h1") && to > hours.start;
      if (isShown) touchAverages(sql, { tenant, station }, now);
    }
  });
}

async function computeAverages(
  due: readonly DueStation[],
  { measurements, state, nowMs }: WindowStores,
): Promise<void> {
  const now = nowMs();
  const { m20, hours } = spansOfNow(now);
  const stations = due.map(({ station }) => station);
  const read = (resolution: "m20" | "h1", { start, end }: Span) =>
    measurements.windows({ stations, resolution, fromMs: start, toMs: end });
  const [of20, ofHours] = await Promise.all([read("m20", m20), read("h1", hours)]);
  const by20 = Map.groupBy(of20, ({ station }) => station);
  const byHour = Map.groupBy(ofHours, ({ station }) => station);
  state.transaction(now, ({ sql }) => {
    for (const station of stations) {
      keepAverages(sql, station, averagesOf(by20.get(station) ?? [], byHour.get(station) ?? [], now), now);
    }
  });
}

const stationsOf = (marks: readonly DirtyWindow[]): readonly string[] => [
  ...new Set(marks.map(({ station }) => station)),
];

function chunksOf<T>(list: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size));
}
