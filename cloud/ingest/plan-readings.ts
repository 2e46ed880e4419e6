import type { KnownClock } from "#contract/clocks.ts";
import type { ClockQuality, Reading, Sample, Values } from "#contract/messages.ts";
import { hasNumber, type Ranges, withNumber } from "#kit/ranges.ts";
import { JUDGEMENT_FIELDS } from "../air/quality/judgement.ts";
import type { RegistryIndex } from "../registry/registry-index.ts";
import type { Point } from "../store/measurements/measurements.ts";
import { type Boot, type ToldTime, timeTold } from "../store/state/boot-times.ts";
import type { Letter, Problem } from "../store/state/dead-letters.ts";
import type { Place } from "../store/state/log-book.ts";
import type { LatestSample } from "../store/state/state-view.ts";
import type { DerivedTime } from "./derive-time.ts";
import { type OpenedMessage, openDelivery } from "./open-delivery.ts";

/** What one delivery of the air group amounts to, before anything is written. */
export interface PlannedReading {
  readonly letter: Letter;
  readonly place: Place | undefined;
  readonly points: readonly Point[];
  /** The samples of the points, one for each. */
  readonly samples: readonly LatestSample[];
  /** Which sample of the message each of them is. */
  readonly numbers: readonly number[];
  /** Why the message, or a part of it, cannot be used; its good samples are points nevertheless. */
  readonly problem: Problem | undefined;
  /** The boot whose time must be known before all of its samples can be points. */
  readonly waitsFor: Boot | undefined;
  /** What it tells of the time of its boot. */
  readonly told: ToldTime | undefined;
  /** How many samples it has, with or without a point. */
  readonly weight: number;
}

/** A letter, and which of its samples are to be planned where that is not all. */
export type PlannableLetter = Letter & { readonly placeless?: Ranges | undefined };

/** Opens deliveries of readings and finds their stations. Pure: the same bytes and registry give the same points. */
export const planReadings = (
  letters: readonly Letter[],
  registry: RegistryIndex,
  nowMs: number,
): readonly PlannedReading[] => letters.map((letter) => planReading(letter, registry, nowMs));

function planReading(letter: PlannableLetter, registry: RegistryIndex, nowMs: number): PlannedReading {
  const opened = openReading(letter);
  if (opened.problem !== undefined) return { ...nothing, ...opened };
  const { message, address } = opened;
  const isTimeless = message.samples.some((sample) => clockOf(sample, message) === "none");
  return {
    ...planSamples(opened, registry, (sample) => timeOf(sample, message), letter.placeless),
    waitsFor: isTimeless ? { ...address, boot: message.boot } : undefined,
    told: timeTold(address, message, nowMs),
    weight: message.samples.length,
  };
}

/** A portion ends at this many samples: 15 MB of points, and about a second of one core. */
const PORTION_SAMPLES = 50_000;

/**
 * Plans letters portion by portion, each when it is asked for: columns say a sample in four bytes, so a batch of few
 * megabytes may hold a million.
 */
export function* planPortions(
  letters: readonly PlannableLetter[],
  registry: RegistryIndex,
  nowMs: number,
  portionSamples = PORTION_SAMPLES,
): Generator<readonly PlannedReading[]> {
  let portion: PlannedReading[] = [];
  let samples = 0;
  for (const letter of letters) {
    const planned = planReading(letter, registry, nowMs);
    portion.push(planned);
    samples += planned.weight;
    if (samples < portionSamples) continue;
    yield portion;
    portion = [];
    samples = 0;
  }
  if (portion.length > 0) yield portion;
}

/** The counts of the samples whose time is unknown, from the first to the last. */
export interface TimelessSpan {
  readonly fromUp: number;
  readonly toUp: number;
}

/** What becomes of a kept reading; no time where it cannot be read (any more). */
export interface RepairPlan {
  readonly time: DerivedTime | undefined;
  readonly planned: PlannedReading;
}

/**
 * Plans the samples of a kept reading whose device did not know the time, by the time that `derive` gives for its boot;
 * undefined where it gives none. Their points say so: `clock` stays `none`, `time_repaired` names the clock that it was
 * derived from, `time_error_ms` how far it may be off.
 */
export function planRepair(
  letter: Letter,
  derive: (span: TimelessSpan) => DerivedTime | undefined,
  registry: RegistryIndex,
): RepairPlan | undefined {
  const opened = openReading(letter);
  if (opened.problem !== undefined) return { time: undefined, planned: { ...nothing, ...opened } };
  const { message } = opened;
  const ups = message.samples.flatMap((sample) => (clockOf(sample, message) === "none" ? [sample.up] : []));
  const time = derive({ fromUp: Math.min(...ups), toUp: Math.max(...ups) });
  if (time === undefined) return undefined;
  const momentOf = (sample: Sample): Moment | undefined =>
    clockOf(sample, message) === "none"
      ? { at: time.zeroAt + sample.up, clock: "none", repair: { from: time.clock, errorMs: time.errorMs } }
      : undefined;
  const planned = planSamples(opened, registry, momentOf);
  return { time, planned: { ...planned, waitsFor: undefined, told: undefined, weight: message.samples.length } };
}

/** When a sample was, and how that is known. */
interface Moment {
  readonly at: number;
  readonly clock: ClockQuality;
  readonly repair?: { readonly from: KnownClock; readonly errorMs: number };
}

/** How far a sample's own time is known; without one it is not, whatever is said. */
const clockOf = ({ at, clock }: Sample, reading: Reading): ClockQuality =>
  at === null ? "none" : (clock ?? reading.clock);

function timeOf(sample: Sample, reading: Reading): Moment | undefined {
  const clock = clockOf(sample, reading);
  return sample.at === null || clock === "none" ? undefined : { at: sample.at, clock };
}

const nothing = { points: [], samples: [], numbers: [], waitsFor: undefined, told: undefined, weight: 0 };

type OpenedReading =
  | (OpenedMessage<Reading> & { readonly problem: undefined })
  | { readonly letter: Letter; readonly place: Place | undefined; readonly problem: Problem };

function openReading(letter: Letter): OpenedReading {
  const opened = openDelivery(letter);
  if (opened.problem !== undefined) return opened;
  const { message, place } = opened;
  if (message.kind === "reading") return { ...opened, message };
  return { letter, place, problem: { reason: "wrong-topic", detail: `a ${message.kind} is no reading` } };
}

/**
 * Plans the samples that have a moment, of them only those that are `meant` where that is said; the others are not for now. A sample that
 * may get a station later goes before one that is good for nothing: what is wrong with that one is found again when it is tried again.
 */
function planSamples(
  { address, message, letter, place }: OpenedMessage<Reading>,
  registry: RegistryIndex,
  momentOf: (sample: Sample) => Moment | undefined,
  meant?: Ranges,
): Pick<PlannedReading, "letter" | "place" | "points" | "samples" | "numbers" | "problem"> {
  const points: Point[] = [];
  const samples: LatestSample[] = [];
  const numbers: number[] = [];
  let unusable: Problem | undefined;
  let stationless: Problem | undefined;
  let placeless: Ranges = [];
  for (const [i, sample] of message.samples.entries()) {
    const moment = momentOf(sample);
    if (moment === undefined) continue;
    const values = measuredOf(sample.values);
    if (Object.keys(values).length === 0) {
      unusable = { reason: "malformed", detail: "no value under a name that a value may have" };
      continue;
    }
    if (meant !== undefined && !hasNumber(meant, i)) continue;
    const { at, clock, repair } = moment;
    const station = registry.stationOf(address, at);
    if (station === undefined) {
      const detail = `${address.tenant}:${address.device} had no station at ${new Date(at).toISOString()}`;
      placeless = withNumber(placeless, i);
      stationless = { reason: "no-station", detail, placeless };
      continue;
    }
    const repaired = repair && { time_repaired: repair.from, time_error_ms: repair.errorMs };
    const known = { ...values, ...doubtsOf(sample, message), clock, ...repaired };
    points.push(pointOf(message, address.device, station, at, known));
    const replay = message.replay ?? null;
    const timeError = repair && { timeErrorMs: repair.errorMs };
    samples.push({ station: station.id, sensor: message.sensor, at, values, replay, ...timeError });
    numbers.push(i);
  }
  return { letter, place, points, samples, numbers, problem: stationless ?? unusable };
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
    fields: { ...values, device, instrument: message.model, ...replay },
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
const TAKEN: readonly string[] = [
  "device",
  "instrument",
  "clock",
  "replay",
  "time",
  "window_ms",
  "status",
  "time_repaired",
  "time_error_ms",
  ...JUDGEMENT_FIELDS,
];

const measuredOf = (values: Values): Values =>
  Object.fromEntries(Object.entries(values).filter(([name]) => !TAKEN.includes(name)));
