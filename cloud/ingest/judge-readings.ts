import { hasNumber, type Ranges } from "#kit/ranges.ts";
import { type AirJudge, createAirJudge, type StationSample } from "../air/quality/air-judge.ts";
import { fieldsOf, UNJUDGED } from "../air/quality/judgement.ts";
import type { RegistryIndex } from "../registry/registry-index.ts";
import type { Point } from "../store/measurements/measurements.ts";
import type { Sql } from "../store/state/database.ts";
import { arrivedRangesOf, type Place } from "../store/state/log-book.ts";
import { keepSensorMemory, sensorMemoryOf } from "../store/state/sensor-memories.ts";
import type { StateStore } from "../store/state/state-store.ts";
import type { PlannedReading } from "./plan-readings.ts";

/**
 * Judges the points of planned readings.
 *
 * A point may be written twice, and is judged once: a message that the state store has received keeps the judgement of its first
 * writing (its points are written again without one, and the stores join fields); one that is tried again before that keeps the one that is remembered here; and what
 * is remembered of a sensor is committed with the message, so that a kill in between leads to the same memory.
 */
export interface ReadingJudge {
  /** The same readings, their points with the fields of judgement.ts. */
  judge(planned: readonly PlannedReading[], registry: RegistryIndex, nowMs: number): readonly PlannedReading[];
  /** The same for readings that were received long ago and become points only now. */
  judgeKept(planned: readonly PlannedReading[], registry: RegistryIndex, nowMs: number): readonly PlannedReading[];
  /** Keeps what is remembered of their sensors; to be called in the transaction that settles them. */
  keep(sql: Sql, planned: readonly PlannedReading[]): void;
  /** They are settled: their judgements need not be remembered any more. */
  forget(planned: readonly PlannedReading[]): void;
}

/** Points of messages that are not settled yet: the two batches in hand, and what an unwilling store makes come again. */
const MOST_REMEMBERED = 20_000;

/** A judge that goes on with what the state store remembers. `onFault` hears of an error in the judge itself. */
export function createReadingJudge(state: StateStore, onFault: (error: unknown) => void): ReadingJudge {
  const air: AirJudge = createAirJudge({
    recall: (station, sensor) => state.read((sql) => sensorMemoryOf(sql, station, sensor)),
    onFault,
  });
  const unsettled = new Map<string, readonly Point[]>();

  const judgeOrSay = (samples: readonly StationSample[], { registry }: RegistryIndex, nowMs: number) => {
    try {
      return air.judge(samples, registry, nowMs);
    } catch (error) {
      // A fault of the judge must not hold up the readings; each of them says that nobody looked at it.
      onFault(error);
      return samples.map(() => UNJUDGED);
    }
  };
  const judgeAll = (planned: readonly PlannedReading[], registry: RegistryIndex, nowMs: number) => {
    const samples = planned.map(({ points }) => samplesOf(points));
    const judgements = judgeOrSay(samples.flat(), registry, nowMs);
    let next = 0;
    return planned.map((reading, i) => {
      const from = next;
      next += samples[i]?.length ?? 0;
      return withFields(reading, judgements.slice(from, next).map(fieldsOf));
    });
  };
  return {
    judge: (planned, registry, nowMs) => {
      const isReceived = receivedIn(state, planned);
      const known = planned.map((reading) => {
        if (isReceived(reading.place)) return reading;
        const points = unsettled.get(keyOf(reading.place));
        // Another registry may have come in between: then other samples have a station, or another one.
        return points !== undefined && isSame(points, reading.points) ? { ...reading, points } : undefined;
      });
      const fresh = judgeAll(
        planned.filter((_, i) => known[i] === undefined),
        registry,
        nowMs,
      );
      if (unsettled.size > MOST_REMEMBERED) unsettled.clear();
      for (const { place, points } of fresh) if (place !== undefined) unsettled.set(keyOf(place), points);
      const rest = fresh.values();
      return planned.map((reading, i) => known[i] ?? rest.next().value ?? reading);
    },
    judgeKept: judgeAll,
    keep: (sql, planned) => {
      const sensors = new Map<string, Pick<Point, "station" | "sensor">>();
      for (const { points } of planned)
        for (const point of points) sensors.set(`${point.station}/${point.sensor}`, point);
      for (const { station, sensor } of sensors.values()) {
        const text = air.memoryOf(station, sensor);
        if (text !== undefined) keepSensorMemory(sql, station, sensor, text);
      }
    },
    forget: (planned) => {
      for (const { place } of planned) unsettled.delete(keyOf(place));
    },
  };
}

const keyOf = (place: Place | undefined) =>
  place === undefined ? "" : `${place.tenant}:${place.device}:${place.log}:${place.seq}`;

const isSame = (some: readonly Point[], others: readonly Point[]): boolean =>
  some.length === others.length &&
  some.every(({ station, at }, i) => station === others[i]?.station && at === others[i]?.at);

/** Whether messages were received before, with one look at each of their logs. */
function receivedIn(state: StateStore, planned: readonly PlannedReading[]): (place: Place | undefined) => boolean {
  const logs = new Map<string, Ranges>();
  const logOf = ({ tenant, device, log }: Place) => `${tenant}:${device}:${log}`;
  state.read((sql) => {
    for (const { place } of planned) {
      if (place !== undefined && !logs.has(logOf(place))) logs.set(logOf(place), arrivedRangesOf(sql, place));
    }
  });
  return (place) => place !== undefined && hasNumber(logs.get(logOf(place)) ?? [], place.seq);
}

const textOf = (field: Point["fields"][string] | undefined): string => (typeof field === "string" ? field : "");

function samplesOf(points: readonly Point[]): readonly StationSample[] {
  const newestAt = points.reduce((newest, { at }) => Math.max(newest, at), -Infinity);
  return points.map(({ tenant, station, sensor, at, fields }) => {
    const { window_ms: _, time_error_ms: __, ...others } = fields;
    const values: Record<string, number> = {};
    for (const [name, value] of Object.entries(others)) if (typeof value === "number") values[name] = value;
    const status = textOf(fields.status);
    return {
      tenant,
      station,
      sensor,
      model: textOf(fields.instrument),
      device: textOf(fields.device),
      at,
      values,
      status: status === "" ? [] : status.split(","),
      clock: textOf(fields.clock),
      isTimeRepaired: fields.time_repaired !== undefined,
      newestAt,
    };
  });
}

function withFields(reading: PlannedReading, judged: readonly Point["fields"][]): PlannedReading {
  return {
    ...reading,
    points: reading.points.map((point, i) => ({ ...point, fields: { ...point.fields, ...judged[i] } })),
  };
}
