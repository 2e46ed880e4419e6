import type { Corrections, Station } from "#contract/registry.ts";
import { type Choice, type Corrected, chooser, correct, type SensorPlace } from "../correction/choose.ts";
import type { Surroundings } from "../correction/evaluate.ts";
import { doChannelsDisagree, levelOfNeighbours, lnRatio, type NeighbourLevel } from "./checks.ts";
import { confidenceOf } from "./confidence.ts";
import { type JudgedSample, judge, massOf } from "./judge.ts";
import { type Judgement, UNJUDGED } from "./judgement.ts";
import { neighbourFinder } from "./neighbours.ts";
import { SensorMemory } from "./sensor-memory.ts";

/** One sample of one sensor, as a point has it. */
export interface StationSample extends SensorPlace {
  readonly device: string;
  readonly at: number;
  readonly values: Readonly<Record<string, number>>;
  readonly status: readonly string[];
  readonly clock: string;
  readonly isTimeRepaired: boolean;
  readonly newestAt: number;
}

/** The part of the registry that a judge needs. */
export interface JudgeRegistry {
  readonly stations: readonly Station[];
  readonly corrections?: Corrections | undefined;
}

/** Judges samples one after the other, with a memory of each sensor and of its neighbours. */
export interface AirJudge {
  /**
   * Gives a judgement for each sample, in their order. All of them are taken in before the first is judged, so it does not matter
   * which of two channels, or which of two stations, comes first in a batch. Never throws: where the judge itself fails the sample says so, and `onFault` hears
   * the error.
   */
  judge(samples: readonly StationSample[], registry: JudgeRegistry, arrivedAt: number | null): readonly Judgement[];
  /** What is remembered of a sensor, as text; undefined where nothing is. */
  memoryOf(station: string, sensor: string): string | undefined;
}

export interface AirJudgeOptions {
  /** What a judge before this one remembered. */
  readonly recall?: (station: string, sensor: string) => string | undefined;
  readonly onFault?: (error: unknown) => void;
}

/** A humidity this near in time is that of the sample: weather does not change faster. */
const CLIMATE_NEAR_MS = 10 * 60_000;
/** Both channels are read in one round. */
const CHANNEL_NEAR_MS = 30_000;
/** A comparison of the channels holds so long where the other one is not here yet. */
const CHANNELS_LAST_MS = 3_600_000;
const CHANNELS_LOOK_AT = 12;
/** A second channel that was silent for longer is none. */
const CHANNEL_LIVES_MS = 24 * 3_600_000;
const NEIGHBOUR_NEAR_MS = 2 * 3_600_000;
const SPIKE_LOOKS_BACK_MS = 90 * 60_000;
const SPIKE_LOOKS_AT = 8;
/** A station with more sensors than this is a mistake; what is beyond is judged without a memory. */
const MOST_SENSORS = 32;
/** Below it a value counts in no mean, and in no comparison with others. */
const COUNTS_FROM = 0.5;

/** What is known of a sample before any is judged. */
interface Known {
  readonly around: Surroundings;
  readonly corrected: Corrected | null;
  readonly arrivedAt: number | null;
}

type Sensors = Map<string, SensorMemory>;

/** What follows from a registry, made anew for each. */
interface Prepared {
  readonly registry: JudgeRegistry;
  readonly choose: (place: SensorPlace) => Choice;
  readonly neighboursOf: (station: string) => readonly string[];
}

function prepare(registry: JudgeRegistry): Prepared {
  const stations = new Map(registry.stations.map((station) => [station.id, station]));
  const find = neighbourFinder(registry.stations);
  return {
    registry,
    choose: chooser(registry.corrections),
    neighboursOf: (id) => {
      const station = stations.get(id);
      return station === undefined ? [] : find(station);
    },
  };
}

/** A judge with an empty memory, or with what `recall` still has. */
export function createAirJudge({ recall = () => undefined, onFault = () => {} }: AirJudgeOptions = {}): AirJudge {
  const stations = new Map<string, Sensors>();
  let prepared: Prepared | undefined;

  const sensorsOf = (station: string): Sensors => {
    const known = stations.get(station) ?? new Map<string, SensorMemory>();
    stations.set(station, known);
    return known;
  };
  const memoryFor = ({ station, sensor, device, model }: StationSample): SensorMemory => {
    const sensors = sensorsOf(station);
    const known = sensors.get(sensor) ?? recalled(station, sensor) ?? new SensorMemory(device, model);
    known.device = device;
    known.model = model;
    if (sensors.size < MOST_SENSORS) sensors.set(sensor, known);
    return known;
  };
  const recalled = (station: string, sensor: string) => {
    const text = recall(station, sensor);
    return text === undefined ? undefined : SensorMemory.fromText(text);
  };
  const judgeOne = (
    sample: StationSample,
    memory: SensorMemory,
    { arrivedAt, ...known }: Known,
    now: Prepared,
  ): Judgement => {
    const { station, model, at, values, status, clock, isTimeRepaired, newestAt } = sample;
    const sensors = sensorsOf(station);
    const said = fingerprintOf(values);
    memory.noteValues(said, at);
    const neighbours = known.corrected === null ? undefined : neighbourLevel(now.neighboursOf(station), at, stations);
    const judged: JudgedSample = {
      model,
      at,
      values,
      status,
      clock,
      isTimeRepaired,
      arrivedAt,
      newestAt,
    };
    const judgement = judge(judged, {
      ...known,
      before: memory
        .before(at, at - SPIKE_LOOKS_BACK_MS, SPIKE_LOOKS_AT)
        .flatMap(({ mass }) => (Number.isFinite(mass) ? [mass] : [])),
      equalForMs: memory.equalFor(said, at),
      ...channelsAt(sensors, sample, memory),
      neighbours,
      hasDrifted: memory.hasDriftedBefore(at),
    });
    compareAndMark(memory, at, judgement, neighbours);
    return judgement;
  };
  return {
    judge: (samples, registry, arrivedAt) => {
      if (prepared?.registry !== registry) prepared = prepare(registry);
      const now = prepared;
      const memories = samples.map((sample) => takeIn(sample, memoryFor(sample)));
      const climates = samples.map(({ at, station }, i) => climateAt(sensorsOf(station), memories[i], at));
      const corrected = samples.map((sample, i) => correctAndLearn(sample, climates[i], memories[i], now));
      const judgements = samples.map((sample, i) => {
        const [memory, around] = [memories[i], climates[i]];
        try {
          if (memory === undefined || around === undefined) return UNJUDGED;
          return judgeOne(sample, memory, { around, corrected: corrected[i] ?? null, arrivedAt }, now);
        } catch (error) {
          onFault(error);
          return UNJUDGED;
        }
      });
      for (const memory of new Set(memories)) memory?.trim();
      return judgements;
    },
    memoryOf: (station, sensor) => stations.get(station)?.get(sensor)?.toText(),
  };
}

/** FNV-1a of the values: equal for equal ones, and short. */
function fingerprintOf(values: StationSample["values"]): string {
  const text = JSON.stringify(values);
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(36);
}

/** Takes a sample into the memory of its sensor, before anything is judged. */
function takeIn({ at, values }: StationSample, memory: SensorMemory): SensorMemory {
  const { humidity = Number.NaN, temperature = Number.NaN } = values;
  memory.learn({ at, mass: massOf(values) ?? Number.NaN, level: Number.NaN, humidity, temperature });
  return memory;
}

const NOWHERE: Surroundings = { humidity: null, temperature: null };

/** Corrects a sample and says what others may compare themselves with, now that the climate of all samples is known. */
function correctAndLearn(
  sample: StationSample,
  around: Surroundings | undefined,
  memory: SensorMemory | undefined,
  { choose }: Prepared,
): Corrected | null {
  const mass = massOf(sample.values);
  if (mass === undefined) return null;
  const corrected = correct(choose(sample), sample.values, around ?? NOWHERE);
  const moment = memory?.at(sample.at);
  if (moment !== undefined) memory?.learn({ ...moment, level: corrected.value ?? mass });
  return corrected;
}

/** The climate nearest in time at the station: of the sensor itself, else of the first that has one. */
function climateAt(sensors: Sensors, own: SensorMemory | undefined, at: number): Surroundings {
  const nearestWith = (name: "humidity" | "temperature"): number | null => {
    const mine = own?.nearest(at, CLIMATE_NEAR_MS, name);
    if (mine !== undefined) return mine[name];
    for (const memory of sensors.values()) {
      const found = memory.nearest(at, CLIMATE_NEAR_MS, name);
      if (found !== undefined) return found[name];
    }
    return null;
  };
  return { humidity: nearestWith("humidity"), temperature: nearestWith("temperature") };
}

/** What the device's second channel says at the moment, and what both said when they were last compared. */
function channelsAt(
  sensors: Sensors,
  { sensor, device, model, at }: StationSample,
  own: SensorMemory,
): { readonly sister: number | null | undefined; readonly didChannelsDisagree: boolean } {
  for (const [name, other] of sensors) {
    if (name === sensor || other.device !== device || other.model !== model) continue;
    if (other.nearest(at, CHANNEL_LIVES_MS, "mass") === undefined) continue;
    const now = other.nearest(at, CHANNEL_NEAR_MS, "mass");
    if (now !== undefined) return { sister: now.mass, didChannelsDisagree: false };
    for (const moment of own.before(at, at - CHANNELS_LAST_MS, CHANNELS_LOOK_AT).toReversed()) {
      const then = other.nearest(moment.at, CHANNEL_NEAR_MS, "mass");
      if (then !== undefined) return { sister: null, didChannelsDisagree: doChannelsDisagree(moment.mass, then.mass) };
    }
    return { sister: null, didChannelsDisagree: false };
  }
  return { sister: undefined, didChannelsDisagree: false };
}

/** What the stations around say within two hours of a moment: of each the mean of its sensors, nearest in time. */
function neighbourLevel(
  neighbours: readonly string[],
  at: number,
  stations: ReadonlyMap<string, Sensors>,
): NeighbourLevel | undefined {
  const levels: number[] = [];
  for (const neighbour of neighbours) {
    let sum = 0;
    let count = 0;
    for (const memory of stations.get(neighbour)?.values() ?? []) {
      const moment = memory.nearest(at, NEIGHBOUR_NEAR_MS, "level");
      if (moment === undefined) continue;
      sum += moment.level;
      count += 1;
    }
    if (count > 0) levels.push(sum / count);
  }
  return levelOfNeighbours(levels);
}

/**
 * Notes how the sensor stands to its neighbours, and takes a value out of the comparison that is doubtful by itself. One that only differs from its
 * neighbours, or has only jumped, stays: it may be the first to see the smoke.
 */
function compareAndMark(
  memory: SensorMemory,
  at: number,
  judgement: Judgement,
  neighbours: NeighbourLevel | undefined,
): void {
  const moment = memory.at(at);
  if (moment === undefined || !Number.isFinite(moment.level)) return;
  const { flags, unchecked } = judgement;
  const ofItsOwn = flags.filter((flag) => flag !== "neighbours-differ" && flag !== "spike");
  if (confidenceOf(ofItsOwn, [], false) < COUNTS_FROM) {
    memory.learn({ ...moment, level: Number.NaN });
  } else if (neighbours !== undefined && !unchecked.includes("everything")) {
    memory.noteRatio(lnRatio(moment.level, neighbours.middle), at);
  }
}
