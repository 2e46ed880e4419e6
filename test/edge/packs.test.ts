import { describe, expect, it } from "vitest";
import { limits } from "#contract/limits.ts";
import type { Sample } from "#contract/messages.ts";
import { foldSamples } from "#contract/sample-table.ts";
import { createPacks } from "../../edge/packs.ts";
import type { Sensor } from "../../edge/sensors/sensor.ts";
import { stillTime } from "./support/fakes.ts";

const SENSOR: Sensor = {
  name: "pms",
  model: "pms5003",
  sample: async () => undefined,
  health: () => ({ isKernels: false, isReachable: true, hasSpoken: true, badFrames: 0, trouble: null, about: null }),
  close: async () => {},
};

/** A sample with twelve columns, as a Plantower makes it. */
const sampleOf = (i: number): Sample => ({
  at: (stillTime.stamp().at ?? 0) + i * 10_000,
  up: i * 10_000,
  values: Object.fromEntries(
    Array.from({ length: 12 }, (_, j) => [`column${j}`, ((i * 7919 + j * 104_729) % 65_521) / 7]),
  ),
});

describe("createPacks", () => {
  it("gives all of a sensor once it has enough, and keeps it until it is taken out", () => {
    const packs = createPacks();
    packs.add(SENSOR, sampleOf(0));
    expect(packs.full(2)).toEqual([]);

    packs.add(SENSOR, sampleOf(1));
    const full = packs.full(2);
    expect(full.map(({ samples }) => samples.length)).toEqual([2]);
    expect(packs.full(2)).toEqual(full);
    packs.remove(full);
    expect(packs.full(1)).toEqual([]);
  });

  it("holds as many samples of a sensor as a reading may, then its oldest goes; each pack fits into a message", () => {
    const packs = createPacks();
    const lost = Array.from({ length: limits.samplesPerReading + 100 }, (_, i) => packs.add(SENSOR, sampleOf(i)));

    const full = packs.full(1);
    const samples = full.flatMap((pack) => pack.samples);
    expect(lost.reduce((sum, n) => sum + n, 0)).toBe(100);
    expect(samples.map(({ up }) => up)).toEqual(
      Array.from({ length: limits.samplesPerReading }, (_, i) => (i + 100) * 10_000),
    );
    for (const pack of full) {
      const bytes = JSON.stringify(foldSamples({ samples: [...pack.samples] })).length;
      expect(bytes).toBeLessThanOrEqual(128 * 1024);
    }
    packs.remove(full);
    expect(packs.full(1)).toEqual([]);
  });
});
