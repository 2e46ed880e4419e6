import { unite } from "#kit/ranges.ts";
import { compareNewest } from "../air/believable.ts";
import { markDirty } from "../air/windows/dirty-windows.ts";
import { minutesOf } from "../air/windows/minute-windows.ts";
import { keptSince, type Retention } from "../air/windows/retention.ts";
import type { RegistryIndex } from "../registry/registry-index.ts";
import type { Measurements, Point, RefusedPoint } from "../store/measurements/measurements.ts";
import { countWrongClocks, type ToldTime } from "../store/state/boot-times.ts";
import {
  keepDeadLetter,
  type Letter,
  lettersOf,
  markKept,
  type Problem,
  removeDeadLetter,
  renameDeadLetter,
} from "../store/state/dead-letters.ts";
import { keepLatestSample } from "../store/state/latest-samples.ts";
import type { StateStore, StateTransaction } from "../store/state/state-store.ts";
import type { LatestSample } from "../store/state/state-view.ts";
import { keepTimeless } from "../store/state/timeless-readings.ts";
import type { IngestEvent } from "./events.ts";
import type { ReadingJudge } from "./judge-readings.ts";
import { keepNews, type PairMemory } from "./pair-memory.ts";
import { type PlannedReading, planPortions } from "./plan-readings.ts";
import { withNotes } from "./sample-notes.ts";

/** What storing readings needs. */
export interface ReadingStores {
  readonly measurements: Pick<Measurements, "write">;
  readonly state: StateStore;
  readonly registry: () => RegistryIndex;
  readonly nowMs: () => number;
  readonly pairs: PairMemory;
  /** What is older than it is kept changes no average any more. */
  readonly retention: Retention;
  readonly judge: ReadingJudge;
}

/** Letters of one round of a replay. */
const REPLAY_BATCH = 200;

/**
 * Stores a batch of readings, in portions where it holds many samples: points first, which may be repeated, then everything
 * else of the portion in one transaction.
 *
 * When it resolves all of the batch is on disk and may be acknowledged. When it rejects the same batch is to be stored
 * again; whatever had been written by then counts once.
 */
export async function storeReadings(
  letters: readonly Letter[],
  stores: ReadingStores,
): Promise<readonly IngestEvent[]> {
  const events: IngestEvent[] = [];
  const registry = stores.registry();
  for (const portion of planPortions(letters, registry, stores.nowMs())) {
    const planned = stores.judge.judge(portion, registry, stores.nowMs());
    const refused = await writePoints(planned, stores.measurements);
    events.push(...commitReadings(planned, refused, stores));
  }
  return events;
}

/** Tries the letters without a station again; gives what has changed. A new registry is the reason to call it. */
export async function replayReadings(stores: ReadingStores): Promise<readonly IngestEvent[]> {
  const events: IngestEvent[] = [];
  for (let after = 0; ; ) {
    const letters = stores.state.read((sql) => lettersOf(sql, "no-station", after, REPLAY_BATCH));
    if (letters.length === 0) return events;
    after = letters.at(-1)?.n ?? after;
    const old: ReadonlySet<Letter> = new Set(letters.filter(({ isOld }) => isOld));
    const registry = stores.registry();
    for (const portion of planPortions(letters, registry, stores.nowMs())) {
      const planned = stores.judge.judgeKept(portion, registry, stores.nowMs());
      const refused = await writePoints(planned, stores.measurements);
      events.push(...commitReplay(planned, refused, old, stores));
    }
  }
}

/** The repeatable half: every point, also of messages that were here before. */
export async function writePoints(
  planned: readonly PlannedReading[],
  measurements: Pick<Measurements, "write">,
): Promise<readonly RefusedPoint[]> {
  const points = planned.flatMap((reading) => reading.points);
  return points.length === 0 ? [] : await measurements.write(points);
}

/** The state half of a batch: received numbers, newest samples and dead letters, in one transaction. */
export function commitReadings(
  planned: readonly PlannedReading[],
  refused: readonly RefusedPoint[],
  { state, nowMs, pairs, retention, judge }: Pick<ReadingStores, "state" | "nowMs" | "pairs" | "retention" | "judge">,
): readonly IngestEvent[] {
  const { problemOf, storedOf } = sortOut(refused);
  const news = pairs.newsIn(planned.map(({ told }) => told?.pair));
  const events = state.transaction(nowMs(), (transaction) => {
    keepNews(transaction, news);
    const latest: LatestSample[] = [];
    const arrived: PlannedReading[] = [];
    const told: ToldTime[] = [];
    for (const reading of planned) {
      const isNew = reading.place === undefined || transaction.logs.receive(reading.place);
      if (isNew && reading.told !== undefined) told.push(reading.told);
      const hasRoom = !isNew || waitForTime(transaction, reading);
      // A letter without room is final: another registry, which may help with a part of it, would take it for whole.
      const problem = hasRoom ? problemOf(reading) : NO_ROOM;
      if (problem !== undefined) {
        // A number that came before stays what it was: stored, perhaps.
        if (isNew && reading.place !== undefined) transaction.logs.lose(reading.place);
        keepDeadLetter(transaction.sql, reading.letter, problem, transaction.nowMs);
      }
      if (!isNew) continue;
      latest.push(...storedOf(reading));
      arrived.push(reading);
    }
    countWrongClocks(transaction.sql, told);
    markTouched(transaction, arrived, retention);
    judge.keep(transaction.sql, planned);
    return keepNewest(transaction, latest);
  });
  pairs.remember(news);
  judge.forget(planned);
  return events;
}

const NO_ROOM: Problem = { reason: "no-time", detail: "too many readings of this device wait for its time already" };

/** Keeps a reading whose time is not known until it is; false where there is no room for it. */
function waitForTime({ sql, nowMs }: StateTransaction, { waitsFor, letter }: PlannedReading): boolean {
  return waitsFor === undefined || keepTimeless(sql, waitsFor, letter, nowMs);
}

/** The same for a letter from before such were kept, once. */
function keepOld(transaction: StateTransaction, reading: PlannedReading): boolean {
  if (!waitForTime(transaction, reading)) return false;
  markKept(transaction.sql, reading.letter);
  return true;
}

function commitReplay(
  planned: readonly PlannedReading[],
  refused: readonly RefusedPoint[],
  old: ReadonlySet<Letter>,
  { state, nowMs, retention, judge }: ReadingStores,
): readonly IngestEvent[] {
  const { problemOf, storedOf } = sortOut(refused);
  return state.transaction(nowMs(), (transaction) => {
    markTouched(transaction, planned, retention);
    for (const reading of planned) {
      const hasRoom = !old.has(reading.letter) || keepOld(transaction, reading);
      const problem = hasRoom ? problemOf(reading) : NO_ROOM;
      if (problem !== undefined) {
        renameDeadLetter(transaction.sql, reading.letter, problem);
      } else {
        removeDeadLetter(transaction.sql, reading.letter);
        if (reading.place !== undefined) transaction.logs.find(reading.place);
      }
    }
    judge.keep(transaction.sql, planned);
    return keepNewest(transaction, planned.flatMap(storedOf));
  });
}

/** Marks the averages that the samples of some readings change. */
export function markTouched(
  { sql, nowMs }: StateTransaction,
  readings: readonly Pick<PlannedReading, "points">[],
  retention: Retention,
): void {
  const touched = readings.flatMap(({ points }) =>
    points.map(({ tenant, station, at, fields }) => ({
      tenant,
      station,
      ...minutesOf(at, Number(fields.window_ms ?? 0)),
    })),
  );
  const oldestMinuteMs = Math.max(keptSince(retention, "m1", nowMs), keptSince(retention, "m20", nowMs));
  markDirty(sql, touched, { nowMs, oldestMs: keptSince(retention, "raw", nowMs), oldestMinuteMs });
}

/** Keeps only the newest of each sensor, so that a long batch is a few rows. */
export function keepNewest({ sql, nowMs }: StateTransaction, samples: readonly LatestSample[]): readonly IngestEvent[] {
  const newest = new Map<string, LatestSample>();
  for (const sample of samples) {
    const key = `${sample.station}/${sample.sensor}`;
    const known = newest.get(key);
    if (known === undefined || compareNewest(sample, known, nowMs) <= 0) newest.set(key, sample);
  }
  for (const sample of newest.values()) keepLatestSample(sql, sample, nowMs);
  const stations = new Set([...newest.values()].map(({ station }) => station));
  return [...stations].map((station) => ({ kind: "station", station }));
}

/** What the store's answer means for a reading: why it is none, and which of its samples are stored. */
interface Sorted {
  readonly problemOf: (reading: PlannedReading) => Problem | undefined;
  readonly storedOf: (reading: PlannedReading) => readonly LatestSample[];
}

/** Sorts out what the measurements refused. */
export function sortOut(refused: readonly RefusedPoint[]): Sorted {
  const reasons = new Map(refused.map(({ point, reason }) => [identityOf(point), reason]));
  return {
    problemOf: ({ problem, samples, numbers }) => {
      if (reasons.size === 0) return problem;
      const found = samples.map((sample) => reasons.get(identityOf(sample)));
      if (problem?.reason === "no-station") {
        // What is tried again is all that is stored nowhere.
        const refusedOnes = numbers.filter((_, i) => found[i] !== undefined).map((n) => [n, n] as const);
        return { ...problem, placeless: unite(problem.placeless ?? [], refusedOnes) };
      }
      const reason = found.find((text) => text !== undefined);
      return problem ?? (reason === undefined ? undefined : { reason: "refused-by-store", detail: reason });
    },
    storedOf: ({ samples, points }) => {
      const noted = samples.map((sample, i) => withNotes(sample, points[i]));
      return reasons.size === 0 ? noted : noted.filter((sample) => !reasons.has(identityOf(sample)));
    },
  };
}

/** Stations have one name each in the whole registry. */
const identityOf = ({ station, sensor, at }: Point | LatestSample) => `${station}/${sensor}/${at}`;
