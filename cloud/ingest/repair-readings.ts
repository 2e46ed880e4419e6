import { pairsOf } from "../store/state/boot-times.ts";
import { addTo } from "../store/state/counters.ts";
import { keepDeadLetter } from "../store/state/dead-letters.ts";
import {
  chooseTime,
  dueReadings,
  hasDueReadings,
  markPlaceless,
  removeTimeless,
  type TimelessReading,
} from "../store/state/timeless-readings.ts";
import { type DerivedTime, deriveTime } from "./derive-time.ts";
import type { IngestEvent } from "./events.ts";
import { type PlannedReading, planRepair, timelessSpan } from "./plan-readings.ts";
import { keepNewest, type ReadingStores, sortOut, writePoints } from "./store-readings.ts";

/** Readings of one round. */
const REPAIR_BATCH = 500;

/** A kept reading with the points that it becomes. */
interface Repair {
  readonly reading: TimelessReading;
  readonly planned: PlannedReading;
}

/**
 * Makes points of readings whose device did not know the time, as far as the time of their boot is known by now: at most
 * 500, all of one boot. Gives what has changed, or undefined when there was nothing to do.
 *
 * The time is chosen and written down first, then the points are written, then the readings are taken out: killed between
 * any two steps the same points are written again, also where a better time came in between. When it rejects it is to be
 * called again.
 */
export async function repairReadings(stores: ReadingStores): Promise<readonly IngestEvent[] | undefined> {
  const repairs = chooseTimes(stores);
  if (repairs.length === 0) return undefined;
  const planned = repairs.map((repair) => repair.planned);
  const refused = await writePoints(planned, stores.measurements);
  return commitRepairs(repairs, refused, stores);
}

/** Writes down a time for each reading that has none yet. */
export function chooseTimes({ state, registry, nowMs }: Pick<ReadingStores, "state" | "registry" | "nowMs">): Repair[] {
  if (!state.read(hasDueReadings)) return [];
  const index = registry();
  return state.transaction(nowMs(), ({ sql }) => {
    const due = dueReadings(sql, REPAIR_BATCH);
    const [first] = due;
    const pairs = first === undefined ? [] : pairsOf(sql, first);
    return due.flatMap((reading): Repair[] => {
      const time = reading.time ?? newTime(reading, pairs);
      if (time === undefined) return [];
      if (reading.time === undefined) chooseTime(sql, reading.n, time);
      return [{ reading, planned: planRepair(reading.letter, time, index) }];
    });
  });
}

function newTime({ letter }: TimelessReading, pairs: Parameters<typeof deriveTime>[0]): DerivedTime | undefined {
  const { fromUp, toUp } = timelessSpan(letter);
  return deriveTime(pairs, fromUp, toUp);
}

function commitRepairs(
  repairs: readonly Repair[],
  refused: Parameters<typeof sortOut>[0],
  { state, nowMs }: ReadingStores,
): readonly IngestEvent[] {
  const { problemOf, storedOf } = sortOut(refused);
  return state.transaction(nowMs(), (transaction) => {
    const { sql, logs, nowMs: now } = transaction;
    for (const { reading, planned } of repairs) {
      const problem = problemOf(planned);
      if (problem?.reason === "no-station") {
        markPlaceless(sql, reading);
        continue;
      }
      if (!removeTimeless(sql, reading)) continue;
      if (problem === undefined) {
        addTo(sql, "readings-repaired", 1);
      } else {
        if (planned.place !== undefined) logs.lose(planned.place);
        keepDeadLetter(sql, reading.letter, problem, now);
      }
    }
    return keepNewest(
      transaction,
      repairs.flatMap(({ planned }) => storedOf(planned)),
    );
  });
}
