import { FieldName } from "#contract/messages.ts";
import type { Bilingual, Station } from "#contract/registry.ts";
import type { LatestValue, StationFeature } from "../http/schemas.ts";
import type { LatestSample } from "../store/state/state-view.ts";
import { compareNewest, isAhead } from "./believable.ts";
import { airOfNow, joinAir, marksOf, statusOf, windOf } from "./newest-air.ts";
import { RAW_FIELDS } from "./pollutants.ts";
import { unitOf } from "./units.ts";
import type { Averages } from "./windows/rolling-air.ts";

/** Whether a value says nothing of now: so much time has passed since, or it claims to be from the future. */
export function isStale(lastAtMs: number, nowMs: number, staleAfterMs: number): boolean {
  return nowMs - lastAtMs > staleAfterMs || isAhead(lastAtMs, nowMs);
}

/** What the map needs to know of the moment. */
export interface Moment {
  readonly nowMs: number;
  /** Silent for longer than this, a station is late; longer than the other, offline. */
  readonly staleAfterMs: number;
  readonly offlineAfterMs: number;
}

/**
 * A station for the map. It never vanishes: without samples it has nulls, when stale it keeps its last values and says
 * so. No index is in it: which standard judges which average is the reader's choice.
 */
export function stationFeature(
  station: Station,
  municipalityName: Bilingual,
  samples: readonly LatestSample[],
  averages: Averages,
  moment: Moment,
): StationFeature {
  const { nowMs, staleAfterMs } = moment;
  const newestFirst = samples.toSorted((a, b) => compareNewest(a, b, nowMs) || (a.sensor < b.sensor ? -1 : 1));
  const newest = newestFirst[0];
  const ofDust = newestFirst.find((sample) => RAW_FIELDS.pm25.some((field) => field in sample.values));
  const latest = Object.fromEntries(newestValues(newestFirst));
  const air = joinAir(airOfNow(newestFirst), averages);
  return {
    type: "Feature",
    id: station.id,
    geometry: { type: "Point", coordinates: station.position },
    properties: {
      id: station.id,
      name: station.name,
      municipality: station.municipality,
      municipalityName,
      demo: station.demo,
      replay: (ofDust ?? newest)?.replay ?? null,
      lastAt: newest?.at ?? null,
      isStale: newest === undefined || isStale(newest.at, nowMs, staleAfterMs),
      values: latest,
      air,
      status: statusOf(newest?.at ?? null, moment),
      marks: marksOf(air),
      wind: windOf(latest, nowMs, staleAfterMs),
      sensors: samples.map(({ sensor, notes }) => ({ sensor, model: notes?.model ?? null })).toSorted(bySensor),
    },
  };
}

const bySensor = (a: { sensor: string }, b: { sensor: string }): number => (a.sensor < b.sensor ? -1 : 1);

function newestValues(newestFirst: readonly LatestSample[]): ReadonlyMap<string, LatestValue> {
  const values = new Map<string, LatestValue>();
  for (const { sensor, at, values: measured, timeErrorMs } of newestFirst) {
    const derived = timeErrorMs !== undefined && { timeErrorMs };
    for (const [field, value] of Object.entries(measured)) {
      const isKnown = FieldName.safeParse(field).success;
      if (isKnown && !values.has(field)) values.set(field, { value, at, sensor, unit: unitOf(field), ...derived });
    }
  }
  return values;
}
