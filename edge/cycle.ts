import type { ClockQuality, Sample, SampleStatus } from "#contract/messages.ts";
import type { Closer } from "#kit/closer.ts";
import { codeOf } from "#kit/errors.ts";
import { every } from "#kit/every.ts";
import type { Logger } from "#kit/logger.ts";
import type { Counters } from "./health/counters.ts";
import type { DeviceTime } from "./health/device-time.ts";
import type { NewReading } from "./outbox/new-message.ts";
import type { Outbox } from "./outbox/outbox.ts";
import type { Pace } from "./pace.ts";
import { createPacks } from "./packs.ts";
import { createDoubts, type RoundAnswer } from "./sensors/doubts.ts";
import { type Measurement, type Sensor, SensorHung } from "./sensors/sensor.ts";

/** What a round needs. */
export interface CycleOptions {
  readonly sensors: readonly Sensor[];
  /** How often there is a round and how many go into a reading; a change counts at once. */
  readonly pace: Pick<Pace, "now" | "onChange">;
  /** A sensor that takes longer is counted as `sensor-hung`, and not asked again before it has answered. */
  readonly sampleWithinMs?: number;
  /** Name of the recording that the sensors replay, or undefined for live sensors. */
  readonly replay: string | undefined;
  readonly outbox: Outbox;
  readonly time: DeviceTime;
  readonly counters: Counters;
  readonly log: Logger;
}

/** The slowest of the kernel (SCD4x) measures anew for each of its three channels, 5 s each. */
const SAMPLE_WITHIN_MS = 20_000;
/** Doubts that are somebody's fault: counted, so that `health` tells of them. */
const FAULTS: ReadonlySet<SampleStatus> = new Set([
  "laser-life-exceeded",
  "instrument-fault",
  "stuck",
  "inconsistent",
  "over-range",
]);

/** What a sensor said last: milliseconds since boot, and what was to be doubted of it. */
export interface LastSample {
  readonly up: number;
  readonly status: readonly SampleStatus[];
  /** Its bad frames by then. */
  readonly badFrames: number;
}

/** The rounds of a device: `last` of a sensor is undefined until it has said something. */
export interface Cycle extends Closer {
  last(sensor: string): LastSample | undefined;
  /** Rounds that came to their end since the start, well or not. */
  rounds(): number;
  /** Whether it was asked and has not answered in time. */
  isHung(sensor: string): boolean;
}

interface Answer extends RoundAnswer {
  readonly sensor: Sensor;
  readonly at: number | null;
  readonly clock: ClockQuality;
}

/**
 * Reads every sensor once a round and appends a pack of readings when it is full; closing appends what was begun.
 *
 * What the outbox refuses waits in memory, of each sensor as many samples as one reading may hold; those that have to go
 * then, or at the close, are counted as `reading-lost`.
 */
export function startCycle(options: CycleOptions): Cycle {
  const { sensors, pace, outbox, time, counters, log } = options;
  const { sampleWithinMs = SAMPLE_WITHIN_MS } = options;
  const unanswered = new Set<Sensor>();
  const hung = new Set<string>();
  const packs = createPacks();
  const badFrames = new Map<Sensor, number>();
  const last = new Map<string, LastSample>();
  const doubts = createDoubts();
  let finished = 0;

  function ask(sensor: Sensor): Promise<Measurement | undefined> {
    unanswered.add(sensor);
    const answered = sensor.sample().finally(() => {
      unanswered.delete(sensor);
      hung.delete(sensor.name);
    });
    return within(sampleWithinMs, answered, sensor.name);
  }

  async function readOne(sensor: Sensor): Promise<readonly Answer[]> {
    if (unanswered.has(sensor)) {
      counters.count("sensor-hung");
      return [];
    }
    const measurement = await ask(sensor).catch((error: unknown) => {
      counters.count(codeOf(error));
      if (error instanceof SensorHung) hung.add(sensor.name);
      log.warn({ event: "sensor.failed", sensor: sensor.name, err: error }, "a sensor could not be read");
      return null;
    });
    const bad = sensor.health().badFrames - (badFrames.get(sensor) ?? 0);
    if (bad > 0 && measurement !== null) counters.count("sensor-bad-frame", bad);
    badFrames.set(sensor, sensor.health().badFrames);
    if (measurement === undefined) counters.count("sensor-silent");
    if (measurement === null || measurement === undefined) return [];
    const { at, clock, up } = time.stamp();
    return [{ sensor, measurement, at, clock, up }];
  }

  function keep(
    { sensor, measurement: { values, windowMs }, at, clock, up }: Answer,
    status: readonly SampleStatus[],
  ): void {
    for (const word of status) if (FAULTS.has(word)) counters.count(`sensor-${word}`);
    last.set(sensor.name, { up, status, badFrames: sensor.health().badFrames });
    const doubted = status.length > 0 ? { status: [...status] } : {};
    lose(packs.add(sensor, { at, clock, up, values, ...(windowMs !== undefined && { windowMs }), ...doubted }));
  }

  function lose(samples: number): void {
    if (samples > 0) counters.count("reading-lost", samples);
  }

  /** Appends what is full; what the outbox refuses stays, and is tried again after the next round. */
  async function appendPacks(smallest: number): Promise<void> {
    const full = packs.full(smallest);
    if (full.length === 0) return;
    const readings = full.map(({ sensor, samples }) => readingOf(sensor, samples, options));
    try {
      await outbox.append(readings);
      packs.remove(full);
    } catch (error) {
      counters.count(codeOf(error));
      log.error({ event: "reading.unkept", err: error }, "the outbox takes no readings: they wait in memory");
    }
  }

  const round = async () => {
    const answers = (await Promise.all(sensors.map(readOne))).flat();
    const statuses = doubts.of(answers);
    for (const [i, answer] of answers.entries()) keep(answer, statuses[i] ?? []);
    await appendPacks(pace.now().samplesPerPack);
  };
  const onFailed = (error: unknown) => {
    counters.count(codeOf(error));
    log.error({ event: "round.failed", err: error }, "a round failed");
  };
  const finish = () => {
    finished += 1;
  };
  const rounds = every(pace.now().everyMs, () => round().finally(finish), onFailed);
  const stopListening = pace.onChange(() => rounds.setEvery(pace.now().everyMs));
  return {
    last: (sensor) => last.get(sensor),
    rounds: () => finished,
    isHung: (sensor) => hung.has(sensor),
    close: async () => {
      stopListening();
      await rounds.close();
      await appendPacks(1);
      lose(packs.full(1).reduce((sum, { samples }) => sum + samples.length, 0));
    },
  };
}

/** Rejects with `sensor-hung` when the answer takes longer; one that comes later is lost. */
async function within<Answer>(ms: number, answer: Promise<Answer>, sensor: string): Promise<Answer> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new SensorHung(`${sensor} did not answer within ${ms} ms`)), ms);
  try {
    return await Promise.race([answer, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function readingOf({ name, model }: Sensor, samples: readonly Sample[], { time, replay }: CycleOptions): NewReading {
  const windowMs = samples[0]?.windowMs;
  const stamp = time.stamp();
  return {
    kind: "reading",
    ...stamp,
    sensor: name,
    model,
    ...(replay !== undefined && { replay }),
    ...(windowMs !== undefined && { windowMs }),
    samples: samples.map(({ windowMs: own, clock, ...sample }) => ({
      ...sample,
      ...(own !== windowMs && { windowMs: own }),
      ...(clock !== stamp.clock && { clock }),
    })),
  };
}
