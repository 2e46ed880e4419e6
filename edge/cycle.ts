import type { Sample } from "#contract/messages.ts";
import type { Closer } from "#kit/closer.ts";
import { codeOf } from "#kit/errors.ts";
import { every } from "#kit/every.ts";
import type { Logger } from "#kit/logger.ts";
import type { Counters } from "./health/counters.ts";
import type { DeviceTime } from "./health/device-time.ts";
import type { NewReading } from "./outbox/new-message.ts";
import type { Outbox } from "./outbox/outbox.ts";
import { type Sensor, SensorHung, type SensorValues } from "./sensors/sensor.ts";

/** What a round needs. */
export interface CycleOptions {
  readonly sensors: readonly Sensor[];
  readonly everyMs: number;
  /** A sensor that takes longer is counted as `sensor-hung`, and not asked again before it has answered. */
  readonly sampleWithinMs?: number;
  readonly samplesPerPack: number;
  /** Name of the recording that the sensors replay, or undefined for live sensors. */
  readonly replay: string | undefined;
  readonly outbox: Outbox;
  readonly time: DeviceTime;
  readonly counters: Counters;
  readonly log: Logger;
}

/** The slowest instruments of the kernel measure for 5 s (SCD4x); twice that is no measurement any more. */
const SAMPLE_WITHIN_MS = 10_000;

/** The rounds of a device: `lastSampleAt` of a sensor is null until it has said something. */
export interface Cycle extends Closer {
  lastSampleUp(sensor: string): number | null;
}

/**
 * Reads every sensor once a round and appends a pack of readings when it is full; closing appends what was begun.
 *
 * A pack that the outbox refuses is lost before anybody was told of it: its samples are counted as `reading-lost`.
 */
export function startCycle(options: CycleOptions): Cycle {
  const { sensors, everyMs, samplesPerPack, outbox, time, counters, log } = options;
  const { sampleWithinMs = SAMPLE_WITHIN_MS } = options;
  const unanswered = new Set<Sensor>();
  const packs = new Map<Sensor, Sample[]>();
  const badFrames = new Map<Sensor, number>();
  const lastUp = new Map<string, number>();

  function ask(sensor: Sensor): Promise<SensorValues | undefined> {
    unanswered.add(sensor);
    const answered = sensor.sample().finally(() => unanswered.delete(sensor));
    return within(sampleWithinMs, answered, sensor.name);
  }

  async function readOne(sensor: Sensor): Promise<void> {
    if (unanswered.has(sensor)) {
      counters.count("sensor-hung");
      return;
    }
    const values = await ask(sensor).catch((error: unknown) => {
      counters.count(codeOf(error));
      log.warn({ event: "sensor.failed", sensor: sensor.name, err: error }, "a sensor could not be read");
      return null;
    });
    const bad = sensor.health().badFrames - (badFrames.get(sensor) ?? 0);
    if (bad > 0 && values !== null) counters.count("sensor-bad-frame", bad);
    badFrames.set(sensor, sensor.health().badFrames);
    if (values === null) return;
    if (values === undefined) {
      counters.count("sensor-silent");
      return;
    }
    const { at, up } = time.stamp();
    lastUp.set(sensor.name, up);
    const pack = packs.get(sensor) ?? [];
    pack.push({ at, up, values });
    packs.set(sensor, pack);
  }

  async function appendPacks(smallest: number): Promise<void> {
    const full = [...packs].filter(([, samples]) => samples.length >= smallest);
    if (full.length === 0) return;
    for (const [sensor] of full) packs.delete(sensor);
    const readings = full.map(([sensor, samples]) => readingOf(sensor, samples, options));
    await outbox.append(readings).catch((error: unknown) => {
      counters.count(codeOf(error));
      counters.count(
        "reading-lost",
        full.reduce((sum, [, samples]) => sum + samples.length, 0),
      );
      log.error({ event: "reading.lost", err: error }, "the outbox takes nothing: the readings of this round are lost");
    });
  }

  const round = async () => {
    await Promise.all(sensors.map(readOne));
    await appendPacks(samplesPerPack);
  };
  const rounds = every(everyMs, round, (error) => {
    counters.count(codeOf(error));
    log.error({ event: "round.failed", err: error }, "a round failed");
  });
  return {
    lastSampleUp: (sensor) => lastUp.get(sensor) ?? null,
    close: async () => {
      await rounds.close();
      await appendPacks(1);
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

function readingOf({ name, model }: Sensor, samples: Sample[], { time, replay }: CycleOptions): NewReading {
  return {
    kind: "reading",
    ...time.stamp(),
    sensor: name,
    model,
    ...(replay !== undefined && { replay }),
    samples,
  };
}
