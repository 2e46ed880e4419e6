import { limits } from "#contract/limits.ts";
import type { Sample } from "#contract/messages.ts";
import { foldSamples } from "#contract/sample-table.ts";
import type { Sensor } from "./sensors/sensor.ts";

/** Samples of one sensor that become one reading. */
export interface Pack {
  readonly sensor: Sensor;
  readonly samples: readonly Sample[];
}

/** The samples of all sensors that are not in the outbox yet. */
export interface Packs {
  /** Adds a sensor's newest sample; gives how many of its oldest had to go for it (0 or 1). */
  add(sensor: Sensor, sample: Sample): number;
  /** All samples of each sensor that has at least so many, or as many bytes as a pack should have; none is taken out. */
  full(smallest: number): readonly Pack[];
  /** Takes out what `full` gave: it is kept in the outbox now. */
  remove(packs: readonly Pack[]): void;
}

/**
 * From so many bytes on a pack is full, however few rounds it has; a message is twice as long at most. The gateway hangs up
 * on a packet beyond `limits.packetBytes`, and behind this one an alert waits 13 s at most over a link of 10 kB/s.
 */
const PACK_BYTES = 64 * 1024;
const MOST_BYTES = 2 * PACK_BYTES;

/** Samples that wait for their outbox; of a sensor as many as one reading may hold, then its oldest goes. */
export function createPacks(): Packs {
  const waiting = new Map<Sensor, readonly Sample[]>();
  return {
    add: (sensor, sample) => {
      const samples = [...(waiting.get(sensor) ?? []), sample];
      const kept = samples.slice(-limits.samplesPerReading);
      waiting.set(sensor, kept);
      return samples.length - kept.length;
    },
    full: (smallest) =>
      [...waiting]
        .filter(([, samples]) => samples.length > 0)
        .filter(([, samples]) => samples.length >= smallest || bytesOf(samples) >= PACK_BYTES)
        .flatMap(([sensor, samples]) => splitToFit(samples).map((fitting) => ({ sensor, samples: fitting }))),
    remove: (packs) => {
      for (const { sensor, samples } of packs) {
        waiting.set(sensor, (waiting.get(sensor) ?? []).slice(samples.length));
      }
    },
  };
}

/** Halves until each part fits into a message. */
function splitToFit(samples: readonly Sample[]): readonly (readonly Sample[])[] {
  if (samples.length < 2 || bytesOf(samples) <= MOST_BYTES) return [samples];
  const middle = Math.ceil(samples.length / 2);
  return [...splitToFit(samples.slice(0, middle)), ...splitToFit(samples.slice(middle))];
}

/** As they go over the wire; what else a reading says is short. */
const bytesOf = (samples: readonly Sample[]): number =>
  Buffer.byteLength(JSON.stringify(foldSamples({ samples: [...samples] })));
