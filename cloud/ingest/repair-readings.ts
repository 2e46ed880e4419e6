import { messageOf } from "#kit/errors.ts";
import { pairsOf } from "../store/state/boot-times.ts";
import { addTo } from "../store/state/counters.ts";
import { isTriedAgain, keepDeadLetter } from "../store/state/dead-letters.ts";
import type { StateTransaction } from "../store/state/state-store.ts";
import {
  chooseTime,
  dueReadings,
  markDoubtful,
  markPlaceless,
  removeTimeless,
  type TimelessReading,
} from "../store/state/timeless-readings.ts";
import { deriveTime } from "./derive-time.ts";
import type { IngestEvent } from "./events.ts";
import { openDelivery } from "./open-delivery.ts";
import { type OnInternal, workOrBury } from "./our-fault.ts";
import { type PlannedReading, planRepair, type RepairPlan } from "./plan-readings.ts";
import { keepNewest, markTouched, type ReadingStores, sortOut, writePoints } from "./store-readings.ts";

/** A kept reading with the points that it becomes. */
interface Repair {
  readonly reading: TimelessReading;
  readonly planned: PlannedReading;
}

/**
 * Makes points of readings whose device did not know the time, as far as the time of their boot is known by now: one round,
 * all of one boot. Gives what has changed, or undefined when there was nothing to do.
 *
 * The time is chosen and written down first, then the points are written, then the readings are taken out: killed between
 * any two steps the same points are written again, also where a better time came in between. A reading that breaks our own
 * code becomes a dead letter (`internal`) and holds up no other. When it rejects it is to be called again.
 */
export async function repairReadings(
  stores: ReadingStores,
  onInternal: OnInternal,
): Promise<readonly IngestEvent[] | undefined> {
  const due = stores.state.read(dueReadings);
  if (due.length === 0) return undefined;
  const events: IngestEvent[] = [];
  const repair = async (some: readonly TimelessReading[]) => {
    const chosen = chooseTimes(some, stores);
    const judged = stores.judge.judgeKept(
      chosen.map(({ planned }) => planned),
      stores.registry(),
      stores.nowMs(),
    );
    const repairs = chosen.map((repair, i) => ({ ...repair, planned: judged[i] ?? repair.planned }));
    const refused = await writePoints(
      repairs.map(({ planned }) => planned),
      stores.measurements,
    );
    events.push(...commitRepairs(repairs, refused, stores));
  };
  await workOrBury(due, repair, (reading, error) => {
    onInternal(error, reading.letter);
    stores.state.transaction(stores.nowMs(), (transaction) => bury(reading, messageOf(error), transaction));
  });
  return events;
}

/** Writes down a time for each reading of a boot that has none yet; those for which none can be believed are put aside. */
export function chooseTimes(
  readings: readonly TimelessReading[],
  { state, registry, nowMs }: Pick<ReadingStores, "state" | "registry" | "nowMs">,
): readonly Repair[] {
  const [first] = readings;
  if (first === undefined) return [];
  const pairs = state.read((sql) => pairsOf(sql, first));
  const index = registry();
  const now = nowMs();
  // The slow part, before anybody has to wait for the file.
  const plans = readings.map((reading): readonly [TimelessReading, RepairPlan | undefined] => [
    reading,
    planRepair(reading.letter, ({ fromUp, toUp }) => reading.time ?? deriveTime(pairs, fromUp, toUp, now), index),
  ]);
  state.transaction(now, ({ sql }) => {
    for (const [reading, plan] of plans) {
      if (plan === undefined) markDoubtful(sql, reading);
      else if (plan.time !== undefined) chooseTime(sql, reading.n, plan.time);
    }
  });
  return plans.flatMap(([reading, plan]) => (plan === undefined ? [] : [{ reading, planned: plan.planned }]));
}

function commitRepairs(
  repairs: readonly Repair[],
  refused: Parameters<typeof sortOut>[0],
  { state, nowMs, retention, judge }: ReadingStores,
): readonly IngestEvent[] {
  const { problemOf, storedOf } = sortOut(refused);
  return state.transaction(nowMs(), (transaction) => {
    const { sql, logs, nowMs: now } = transaction;
    for (const { reading, planned } of repairs) {
      const problem = problemOf(planned);
      // Where another part of it waits for a registry too, that goes first: one letter has one reason.
      if (problem?.reason === "no-station" || (problem !== undefined && isTriedAgain(sql, reading.letter))) {
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
    const repaired = repairs.map(({ planned }) => planned);
    markTouched(transaction, repaired, retention);
    judge.keep(sql, repaired);
    return keepNewest(
      transaction,
      repairs.flatMap(({ planned }) => storedOf(planned)),
    );
  });
}

function bury(reading: TimelessReading, detail: string, { sql, logs, nowMs }: StateTransaction): void {
  if (!removeTimeless(sql, reading)) return;
  const { place } = openDelivery(reading.letter);
  if (place !== undefined) logs.lose(place);
  keepDeadLetter(sql, reading.letter, { reason: "internal", detail }, nowMs);
}
