import { describe, expect, it, onTestFinished } from "vitest";
import { limits } from "#contract/limits.ts";
import { foldSamples } from "#contract/sample-table.ts";
import { JournalUnavailable } from "#journal/journal.ts";
import { type CycleOptions, startCycle } from "../../edge/cycle.ts";
import { createCounters } from "../../edge/health/counters.ts";
import type { NewMessage, NewReading } from "../../edge/outbox/new-message.ts";
import type { Outbox } from "../../edge/outbox/outbox.ts";
import { createPace, type PaceSettings } from "../../edge/pace.ts";
import { type Measurement, type Sensor, SensorUnreadable, type SensorValues } from "../../edge/sensors/sensor.ts";
import { until } from "../support/until.ts";
import { quiet, stillTime } from "./support/fakes.ts";
import { STAMP } from "./support/messages.ts";

const HEALTH = { isKernels: false, isReachable: true, hasSpoken: true, badFrames: 0, trouble: null, about: null };

const measured = (values: SensorValues, change: Partial<Measurement> = {}): Measurement => ({
  values,
  status: [],
  windowMs: undefined,
  ...change,
});

/** A sensor that says these one after another and then is silent. */
function createSpeakingSensor(words: readonly (SensorValues | Error)[]): Sensor {
  return createMeasuringSensor(words.map((word) => (word instanceof Error ? word : measured(word))));
}

function createMeasuringSensor(words: readonly (Measurement | Error)[]): Sensor {
  const left = [...words];
  return {
    name: "sds011",
    model: "sds011",
    sample: async () => {
      const word = left.shift();
      if (word instanceof Error) throw word;
      return word;
    },
    health: () => HEALTH,
    close: async () => {},
  };
}

/** An outbox that remembers what it was given, and refuses the first `refusals` appends. */
function createMemoryOutbox(refusals = 0): { outbox: Outbox; readings: NewReading[] } {
  const readings: NewReading[] = [];
  let left = refusals;
  const append = async (messages: readonly NewMessage[]) => {
    left -= 1;
    if (left >= 0) throw new JournalUnavailable("the disk is full");
    readings.push(...messages.flatMap((message) => (message.kind === "reading" ? [message] : [])));
  };
  const outbox: Outbox = {
    log: "log-1",
    append,
    value: () => undefined,
    read: async () => [],
    acknowledged: () => 0,
    acknowledge: () => {},
    pending: () => ({
      total: 0,
      byClass: {},
      bytesByClass: {},
      oldestByClass: {},
      budgetBytes: null,
      oldest: null,
      trouble: null,
    }),
    onAppended: () => () => {},
    close: async () => {},
  };
  return { outbox, readings };
}

const PACE: PaceSettings = { everyMs: 5, samplesPerPack: 1, particleWorkMs: 0, healthEveryMs: 60_000 };

function start(sensor: Sensor, change: Partial<CycleOptions> & Pick<CycleOptions, "outbox">) {
  const counters = createCounters();
  const cycle = startCycle({
    sensors: [sensor],
    pace: createPace(PACE),
    replay: undefined,
    time: stillTime,
    counters,
    log: quiet,
    ...change,
  });
  onTestFinished(() => cycle.close());
  return { cycle, counters };
}

describe("startCycle", () => {
  it("makes one reading of what a sensor says in a round and none of its silence", async () => {
    const { outbox, readings } = createMemoryOutbox();

    const { counters } = start(createSpeakingSensor([{ pm25: 1 }, { pm25: 2 }]), { outbox });
    await until("silence is counted", () => (counters.snapshot()["sensor-silent"] ?? 0) > 0);

    expect(readings.map(({ samples }) => samples.map(({ values }) => values.pm25))).toEqual([[1], [2]]);
    expect(readings[0]).not.toHaveProperty("replay");
  });

  it("packs as many rounds as it is told to, and sends the begun pack when it is closed", async () => {
    const { outbox, readings } = createMemoryOutbox();
    const words = [1, 2, 3, 4, 5].map((pm25) => ({ pm25 }));

    const { cycle, counters } = start(createSpeakingSensor(words), {
      outbox,
      pace: createPace({ ...PACE, samplesPerPack: 2 }),
      replay: "albany",
    });
    await until("silence is counted", () => (counters.snapshot()["sensor-silent"] ?? 0) > 0);
    await cycle.close();

    expect(readings.map(({ samples }) => samples.length)).toEqual([2, 2, 1]);
    expect(readings.every(({ replay }) => replay === "albany")).toBe(true);
  });

  it("takes another pace while it runs: rounds come at once more often, and packs grow from the next round on", async () => {
    const { outbox, readings } = createMemoryOutbox();
    const words = Array.from({ length: 1_000 }, (_, i) => ({ pm25: i }));
    const pace = createPace({ ...PACE, everyMs: 3_600_000 });

    const { cycle } = start(createSpeakingSensor(words), { outbox, pace });
    pace.adopt({ everyMs: 5 });
    await until("it reads often now", () => readings.length >= 2);
    pace.adopt({ samplesPerPack: 4 });
    await until("a longer pack is kept", () => readings.some(({ samples }) => samples.length === 4));
    pace.adopt({ everyMs: 3_600_000 });
    await until("the last round is over", () => cycle.rounds() > 0);
    await cycle.close();

    const values = readings.flatMap(({ samples }) => samples.map(({ values }) => values.pm25));
    expect(values).toEqual(values.map((_, i) => i));
  });

  it("keeps what a full disk does not take until there is room", async () => {
    const { outbox, readings } = createMemoryOutbox(2);

    const { counters } = start(createSpeakingSensor([{ pm25: 1 }, { pm25: 2 }, { pm25: 3 }]), { outbox });
    await until("all are kept", () => readings.flatMap(({ samples }) => samples).length === 3);

    expect(readings.flatMap(({ samples }) => samples.map(({ values }) => values.pm25))).toEqual([1, 2, 3]);
    expect(counters.snapshot()).toMatchObject({ "journal-unavailable": 2 });
    expect(counters.snapshot()).not.toHaveProperty("reading-lost");
  });

  it("counts what a disk takes away that is full until the close", async () => {
    const { outbox } = createMemoryOutbox(Number.POSITIVE_INFINITY);

    const { cycle, counters } = start(createSpeakingSensor([{ pm25: 1 }, { pm25: 2 }]), { outbox });
    await until("all were read", () => (counters.snapshot()["sensor-silent"] ?? 0) > 0);
    expect(counters.snapshot()).not.toHaveProperty("reading-lost");
    await cycle.close();

    expect(counters.snapshot()).toMatchObject({ "reading-lost": 2 });
  });

  it("closes a pack before it is too large for a message, however many rounds it is to have", async () => {
    const { outbox, readings } = createMemoryOutbox();
    const names = Array.from({ length: 400 }, (_, i) => `column_${i}`);
    const words = Array.from({ length: 100 }, (_, i) => Object.fromEntries(names.map((name, j) => [name, i + j / 7])));

    const pace = createPace({ ...PACE, samplesPerPack: 3_600 });
    const { cycle, counters } = start(createSpeakingSensor(words), { outbox, pace });
    await until("all were read", () => (counters.snapshot()["sensor-silent"] ?? 0) > 0, 30_000);
    await cycle.close();

    const lengths = readings.map((reading) => JSON.stringify(foldSamples(reading)).length);
    expect(Math.max(...lengths)).toBeLessThan(limits.packetBytes / 2);
    expect(readings.length).toBeLessThan(20);
    expect(readings.flatMap(({ samples }) => samples).length).toBe(100);
  }, 60_000);

  it("counts frames that were damaged, each once", async () => {
    const { outbox, readings } = createMemoryOutbox();
    const sensor = createSpeakingSensor([{ pm25: 1 }, { pm25: 2 }]);
    const damaged = { ...sensor, health: () => ({ ...HEALTH, badFrames: 3 }) };

    const { counters } = start(damaged, { outbox });
    await until("both are read", () => readings.length === 2);

    expect(counters.snapshot()["sensor-bad-frame"]).toBe(3);
  });

  it("goes on without a sensor that never answers, and closes", async () => {
    const { outbox, readings } = createMemoryOutbox();
    let asked = 0;
    const hung: Sensor = {
      ...createSpeakingSensor([]),
      name: "hung",
      sample: () => {
        asked += 1;
        return new Promise(() => {});
      },
    };
    const sensors = [hung, createSpeakingSensor([{ pm25: 1 }, { pm25: 2 }, { pm25: 3 }])];

    const { cycle, counters } = start(hung, { outbox, sensors, sampleWithinMs: 20 });
    await until("the other is read", () => readings.length === 3);
    await cycle.close();

    expect(counters.snapshot()["sensor-hung"]).toBeGreaterThanOrEqual(2);
    expect(asked).toBe(1);
  });

  it("counts a sensor that says nonsense and asks it again", async () => {
    const { outbox, readings } = createMemoryOutbox();
    const sensor = createSpeakingSensor([new SensorUnreadable("no number"), { temperature: 20 }]);

    const { counters } = start(sensor, { outbox });
    await until("it is read", () => readings.length === 1);

    expect(counters.snapshot()["sensor-unreadable"]).toBe(1);
  });

  it("keeps a doubtful sample with what there is to doubt and the window of its values, and counts faults", async () => {
    const { outbox, readings } = createMemoryOutbox();
    const faulty = measured({ pm25: 999.9 }, { status: ["instrument-fault"], windowMs: 60_000 });

    const { cycle, counters } = start(createMeasuringSensor([faulty, measured({ pm25: 1 })]), { outbox });
    await until("both are kept", () => readings.length === 2);

    const [first, second] = readings;
    expect(first).toMatchObject({ windowMs: 60_000 });
    expect(first?.samples[0]).toMatchObject({ values: { pm25: 999.9 }, status: ["instrument-fault", "over-range"] });
    expect(second).not.toHaveProperty("windowMs");
    expect(second?.samples[0]).not.toHaveProperty("status");
    expect(counters.snapshot()).toMatchObject({ "sensor-instrument-fault": 1, "sensor-over-range": 1 });
    expect(cycle.last("sds011")).toMatchObject({ status: [] });
    expect(cycle.last("another")).toBeUndefined();
  });

  it("says the window of a pack once, and that of a sample only where it differs", async () => {
    const { outbox, readings } = createMemoryOutbox();
    const words = [60_000, 60_000, 59_900].map((windowMs, i) => measured({ pm25: i }, { windowMs }));

    start(createMeasuringSensor(words), { outbox, pace: createPace({ ...PACE, samplesPerPack: 3 }) });
    await until("they are kept", () => readings.length === 1);

    expect(readings[0]?.windowMs).toBe(60_000);
    expect(readings[0]?.samples.map((sample) => sample.windowMs)).toEqual([undefined, undefined, 59_900]);
  });

  it("says of each sample how far its own time is known, where that changed while the pack was filled", async () => {
    const { outbox, readings } = createMemoryOutbox();
    const unknown = { ...STAMP, at: null, clock: "none" as const };
    const stamps = [unknown, { ...STAMP, up: 2_000 }];
    const time = { ...stillTime, stamp: () => stamps.shift() ?? { ...STAMP, up: 3_000 } };

    start(createSpeakingSensor([{ pm25: 1 }, { pm25: 2 }]), {
      outbox,
      pace: createPace({ ...PACE, samplesPerPack: 2 }),
      time,
    });
    await until("they are kept", () => readings.length === 1);

    expect(readings[0]).toMatchObject({ clock: "ntp", up: 3_000 });
    expect(readings[0]?.samples).toEqual([
      { at: null, clock: "none", up: STAMP.up, values: { pm25: 1 } },
      { at: STAMP.at, up: 2_000, values: { pm25: 2 } },
    ]);
  });

  it("doubts a particle sensor's values in the frost that the climate sensor of the same round feels", async () => {
    const { outbox, readings } = createMemoryOutbox();
    const climate = { ...createSpeakingSensor([{ temperature: -28 }]), name: "bme280", model: "bme280" };

    const particles = createSpeakingSensor([{ pm25: 40 }]);
    const { counters } = start(particles, { outbox, sensors: [particles, climate] });
    await until("both are kept", () => readings.length === 2);

    const samples = new Map(readings.map(({ sensor, samples: [sample] }) => [sensor, sample]));
    expect(samples.get("sds011")).toMatchObject({ values: { pm25: 40 }, status: ["out-of-spec-temperature"] });
    expect(samples.get("bme280")).not.toHaveProperty("status");
    expect(Object.keys(counters.snapshot())).not.toContain("sensor-out-of-spec-temperature");
  });
});
