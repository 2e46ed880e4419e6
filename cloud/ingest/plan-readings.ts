import type { Reading, Sample, Values } from "#contract/messages.ts";
import type { RegistryIndex } from "../registry/registry-index.ts";
import type { Point } from "../store/measurements/measurements.ts";
import type { Letter, Problem } from "../store/state/dead-letters.ts";
import type { Place } from "../store/state/log-book.ts";
import type { LatestSample } from "../store/state/state-view.ts";
import { type OpenedMessage, openDelivery } from "./open-delivery.ts";

/** What one delivery of the air group amounts to, before anything is written. */
export interface PlannedReading {
  readonly letter: Letter;
  readonly place: Place | undefined;
  readonly points: readonly Point[];
  /** The samples of the points, one for each. */
  readonly samples: readonly LatestSample[];
  /** Why the message, or a part of it, cannot be used; its good samples are points nevertheless. */
  readonly problem: Problem | undefined;
}

/** Opens deliveries of readings and finds their stations. Pure: the same bytes and registry give the same plan. */
export function planReadings(letters: readonly Letter[], registry: RegistryIndex): readonly PlannedReading[] {
  return letters.map((letter) => {
    const opened = openDelivery(letter);
    if (opened.problem !== undefined) return { ...nothing, ...opened };
    const { message } = opened;
    if (message.kind !== "reading") {
      const problem: Problem = { reason: "wrong-topic", detail: `a ${message.kind} is no reading` };
      return { ...nothing, letter, place: opened.place, problem };
    }
    return planReading({ ...opened, message }, registry);
  });
}

const nothing = { points: [], samples: [] };

function planReading(opened: OpenedMessage<Reading>, registry: RegistryIndex): PlannedReading {
  const { address, message, letter, place } = opened;
  const points: Point[] = [];
  const samples: LatestSample[] = [];
  let problem: Problem | undefined;
  for (const sample of message.samples) {
    const { at, values } = sample;
    if (at === null || message.clock === "none") {
      problem ??= { reason: "no-time", detail: "the device did not know the time" };
      continue;
    }
    const station = registry.stationOf(address, at);
    if (station === undefined) {
      const detail = `${address.tenant}:${address.device} had no station at ${new Date(at).toISOString()}`;
      problem = { reason: "no-station", detail };
      continue;
    }
    const measured = measuredOf(values);
    if (Object.keys(measured).length === 0) {
      problem = { reason: "malformed", detail: "no value under a name that a value may have" };
      continue;
    }
    points.push(pointOf(message, address.device, station, at, { ...measured, ...doubtsOf(sample, message) }));
    const replay = message.replay ?? null;
    samples.push({ station: station.id, sensor: message.sensor, at, values: measured, replay });
  }
  return { letter, place, points, samples, problem };
}

function pointOf(
  message: Reading,
  device: string,
  station: { readonly id: string; readonly tenant: string },
  at: number,
  values: Readonly<Record<string, number | string>>,
): Point {
  const replay = message.replay === undefined ? {} : { replay: message.replay };
  return {
    tenant: station.tenant,
    station: station.id,
    sensor: message.sensor,
    at,
    fields: { ...values, device, instrument: message.model, clock: message.clock, ...replay },
  };
}

/** What the device said of a sample beside its values: kept with them, under names that no value may have. */
function doubtsOf(sample: Sample, reading: Reading): Readonly<Record<string, number | string>> {
  const { windowMs = reading.windowMs, status = [] } = sample;
  return {
    ...(windowMs !== undefined && { window_ms: windowMs }),
    ...(status.length > 0 && { status: status.join(",") }),
  };
}

/** Fields that a point has anyway, and the one name that no store takes for a field: a value may not have them. */
const TAKEN = ["device", "instrument", "clock", "replay", "time", "window_ms", "status"];

const measuredOf = (values: Values): Values =>
  Object.fromEntries(Object.entries(values).filter(([name]) => !TAKEN.includes(name)));
