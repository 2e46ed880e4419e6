import { describe, expect, it } from "vitest";
import type { Reading } from "#contract/messages.ts";
import { planRepair } from "../../../cloud/ingest/plan-readings.ts";
import { chooseTimes, repairReadings } from "../../../cloud/ingest/repair-readings.ts";
import {
  type ReadingStores,
  replayReadings,
  storeReadings,
  writePoints,
} from "../../../cloud/ingest/store-readings.ts";
import { indexRegistry } from "../../../cloud/registry/registry-index.ts";
import type { Point } from "../../../cloud/store/measurements/measurements.ts";
import { keepPair } from "../../../cloud/store/state/boot-times.ts";
import { StateUnavailable } from "../../../cloud/store/state/database.ts";
import {
  dueReadings,
  retryPlaceless,
  TIMELESS_BYTES_PER_DEVICE,
} from "../../../cloud/store/state/timeless-readings.ts";
import { aReading, aRegistry, letterOf, NOON, POST, TRUCK } from "../../support/builders.ts";
import { openReadingStores } from "./reading-stores.ts";

const SECOND = 1_000;
const HOUR = 3_600_000;
const UNKNOWN = { at: null, clock: "none" as const };
/** A reading of boot-1 whose device did not know the time; its one sample was taken `up` ms after the boot. */
const timeless = (seq: number, up: number, change: Partial<Reading> = {}) =>
  letterOf(
    aReading({ seq, ...UNKNOWN, up: up + 5, samples: [{ at: null, up, values: { pm25: seq } }], ...change }),
    POST,
  );
/** A reading of the same boot by which its device knew the time: the boot began at NOON. */
const known = (seq: number, up: number) =>
  letterOf(aReading({ seq, up, at: NOON + up, samples: [{ at: NOON + up, up, values: { pm25: seq } }] }), POST);

async function openStores() {
  const opened = await openReadingStores();
  return {
    ...opened,
    learn: (clock: "gps" | "ntp" | "rtc", up: number, at: number, boot = "boot-1") =>
      opened.state.transaction(NOON, ({ sql }) => keepPair(sql, { ...POST, boot, clock, up, at }, NOON)),
  };
}

const repair = (stores: ReadingStores) => repairReadings(stores, () => {});

async function repairAll(stores: ReadingStores): Promise<void> {
  while ((await repair(stores)) !== undefined) {
    // Until there is nothing left to do.
  }
}

describe("readings whose device did not know the time", () => {
  it("are received, kept and shown as such until the time of their boot is known", async () => {
    const { stores, view, pointsOf, ranges } = await openStores();

    await storeReadings([timeless(1, 0), timeless(2, SECOND), timeless(3, 0, { boot: "boot-2" })], stores);

    expect(await repair(stores)).toBeUndefined();
    expect(ranges()).toEqual({ received: [[1, 3]], lost: [] });
    expect(await pointsOf("station-1")).toEqual([]);
    expect(view.deadLetters(1)).toEqual([]);
    expect(view.timeUnknown()).toMatchObject([{ ...POST, boots: 2, readings: 3, visits: 0, since: NOON + 3_600_000 }]);
    expect(view.counts()).toMatchObject({ messages: 3, "time-unknown readings": 3 });
  });

  it("become points by a pair that came before, after or in the middle, at their true time and marked as repaired", async () => {
    const { stores, view, pointsOf, written } = await openStores();

    await storeReadings([timeless(1, 10 * SECOND)], stores);
    await storeReadings([known(3, 60 * SECOND)], stores);
    await storeReadings([timeless(2, 20 * SECOND)], stores);
    await repairAll(stores);

    expect(await pointsOf("station-1")).toEqual([
      [NOON + 10 * SECOND, 1],
      [NOON + 20 * SECOND, 2],
      [NOON + 60 * SECOND, 3],
    ]);
    const repaired = written.find(({ at }) => at === NOON + 10 * SECOND);
    expect(repaired?.fields).toMatchObject({ clock: "none", time_repaired: "ntp", time_error_ms: 2_005 });
    expect(written.find(({ at }) => at === NOON + 60 * SECOND)?.fields).not.toHaveProperty("time_repaired");
    expect(view.timeUnknown()).toEqual([]);
    expect(view.counts()).toMatchObject({ "readings-repaired": 2, "time-unknown readings": 0 });
    expect(view.latestSamplesOf("station-1")).toMatchObject([{ at: NOON + 60 * SECOND }]);
    expect(view.latestSamplesOf("station-1")[0]).not.toHaveProperty("timeErrorMs");
  });

  it("are marked among the newest samples too", async () => {
    const { stores, view, learn } = await openStores();
    await storeReadings([timeless(1, 10 * SECOND)], stores);
    learn("gps", 10 * SECOND, NOON + 10 * SECOND);

    expect(await repair(stores)).toEqual([{ kind: "station", station: "station-1" }]);

    expect(view.latestSamplesOf("station-1")).toMatchObject([{ at: NOON + 10 * SECOND, timeErrorMs: 2_000 }]);
  });

  it("count once, however often and in whatever order they and the pair come", async () => {
    const { stores, view, pointsOf } = await openStores();

    await storeReadings([timeless(1, 10 * SECOND), timeless(1, 10 * SECOND)], stores);
    await storeReadings([known(2, 60 * SECOND), timeless(1, 10 * SECOND)], stores);
    await repairAll(stores);
    await storeReadings([timeless(1, 10 * SECOND), known(2, 60 * SECOND)], stores);
    await repairAll(stores);

    expect(await pointsOf("station-1")).toHaveLength(2);
    expect(view.counts()).toMatchObject({ messages: 2, "readings-repaired": 1, "time-unknown readings": 0 });
  });

  it("stay the same points when the cloud is killed between any two steps, also if a better time comes in between", async () => {
    const { stores, view, pointsOf, learn } = await openStores();
    await storeReadings([timeless(1, 10 * SECOND), timeless(2, 20 * SECOND)], stores);
    learn("rtc", 60 * SECOND, NOON + 60 * SECOND + 7_000);

    // Killed after the time was chosen.
    expect(chooseTimes(stores.state.read(dueReadings), stores)).toHaveLength(2);
    learn("gps", 60 * SECOND, NOON + 60 * SECOND);
    // Killed after the points were written.
    const chosen = chooseTimes(stores.state.read(dueReadings), stores);
    await writePoints(
      chosen.map(({ planned }) => planned),
      stores.measurements,
    );
    // Killed inside the transaction, after all its statements.
    let transactions = 0;
    const killed: ReadingStores["state"] = {
      ...stores.state,
      transaction: (nowMs, work) =>
        stores.state.transaction(nowMs, (transaction) => {
          const result = work(transaction);
          transactions += 1;
          if (transactions === 2) throw new StateUnavailable("killed");
          return result;
        }),
    };
    await expect(repair({ ...stores, state: killed })).rejects.toThrow("did not take");
    await repairAll(stores);

    expect(await pointsOf("station-1")).toEqual([
      [NOON + 17 * SECOND, 1],
      [NOON + 27 * SECOND, 2],
    ]);
    expect(view.counts()).toMatchObject({ "readings-repaired": 2, "time-unknown readings": 0 });
  });

  it("of a pack that was begun before the time was known are repaired alone; the others are points at once", async () => {
    const { stores, pointsOf } = await openStores();
    const samples = [
      { ...UNKNOWN, up: 10 * SECOND, values: { pm25: 1 } },
      { at: NOON + 20 * SECOND, up: 20 * SECOND, values: { pm25: 2 } },
    ];

    await storeReadings(
      [letterOf(aReading({ seq: 1, at: NOON + 21 * SECOND, up: 21 * SECOND, samples }), POST)],
      stores,
    );
    expect(await pointsOf("station-1")).toEqual([[NOON + 20 * SECOND, 2]]);
    await repairAll(stores);

    expect(await pointsOf("station-1")).toEqual([
      [NOON + 10 * SECOND, 1],
      [NOON + 20 * SECOND, 2],
    ]);
  });

  it("belong to the station where their device stood at the true time, and wait for a registry that knows one", async () => {
    const { stores, view, pointsOf, learn, useRegistry } = await openStores();
    useRegistry({
      assignments: [
        { ...POST, station: "station-1", from: NOON },
        { ...POST, station: "station-2", from: NOON + 15 * SECOND },
      ],
    });
    const early = timeless(3, 0, { boot: "boot-0" });
    await storeReadings([timeless(1, 10 * SECOND), timeless(2, 20 * SECOND), early], stores);
    learn("ntp", 60 * SECOND, NOON + 60 * SECOND);
    learn("ntp", 60 * SECOND, NOON - 40 * SECOND, "boot-0");
    await repairAll(stores);
    expect(await pointsOf("station-1")).toEqual([[NOON + 10 * SECOND, 1]]);
    expect(await pointsOf("station-2")).toEqual([[NOON + 20 * SECOND, 2]]);
    expect(view.timeUnknown()).toMatchObject([{ readings: 1, withoutStation: 1 }]);

    useRegistry({ assignments: [{ ...POST, station: "station-2", from: 0 }] });
    stores.state.transaction(NOON, ({ sql }) => retryPlaceless(sql));
    await repairAll(stores);

    expect(await pointsOf("station-2")).toContainEqual([NOON - 100 * SECOND, 3]);
    expect(view.timeUnknown()).toEqual([]);
  });

  it("are dead letters, and lost, where their device has no room left for such, and the others stay", async () => {
    const { stores, view, ranges } = await openStores();
    await storeReadings([timeless(1, 0)], stores);
    stores.state.transaction(NOON, ({ sql }) =>
      sql.run("UPDATE timeless_devices SET bytes = ?", TIMELESS_BYTES_PER_DEVICE - 10),
    );

    await storeReadings([timeless(2, 0)], stores);

    expect(view.deadLetters(10)).toMatchObject([{ reason: "no-time" }]);
    expect(ranges()).toEqual({ received: [[1, 2]], lost: [[2, 2]] });
    expect(view.timeUnknown()).toMatchObject([{ readings: 1 }]);
  });

  it("that cannot be used at their true time either are dead letters", async () => {
    const { stores, view, ranges, learn } = await openStores();
    learn("ntp", 0, NOON);
    const refusing = {
      ...stores,
      measurements: {
        write: async (points: readonly Point[]) => points.map((point) => ({ point, reason: "type conflict" })),
      },
    };

    await storeReadings([timeless(1, 10)], refusing);
    await repairAll(refusing);

    expect(view.deadLetters(10)).toMatchObject([{ reason: "refused-by-store" }]);
    expect(ranges().lost).toEqual([[1, 1]]);
    expect(view.timeUnknown()).toEqual([]);
  });

  it("never take a pair that cannot be true, and count it, and a clock that a better one contradicts", async () => {
    const { stores, view } = await openStores();
    const saying = (seq: number, up: number, at: number, clock: "rtc" | "ntp") =>
      letterOf(aReading({ seq, up, at, clock, samples: [{ at, up, values: { pm25: 1 } }] }), POST);

    await storeReadings([timeless(1, 0), saying(2, 1, NOON * 2, "ntp"), saying(3, 2, 86_400_000, "ntp")], stores);
    expect(await repair(stores)).toBeUndefined();
    await storeReadings([saying(4, SECOND, NOON - 86_400_000, "rtc"), saying(5, 2 * SECOND, NOON, "ntp")], stores);

    expect(view.counts()).toMatchObject({ "clocks-contradicted": 1, "clocks-wrong": 2 });
  });

  it("stay unknown, and are counted, where one clock says two times that cannot both be", async () => {
    const { stores, view, pointsOf, learn } = await openStores();
    await storeReadings([timeless(1, 0), timeless(2, 0, { boot: "boot-2" })], stores);
    learn("gps", HOUR, NOON + HOUR);
    learn("gps", HOUR + SECOND, NOON + 9 * HOUR);
    learn("gps", HOUR + 2 * SECOND, NOON + 9 * HOUR + SECOND);
    learn("gps", HOUR, NOON + HOUR, "boot-2");

    await repairAll({ ...stores, nowMs: () => NOON + 10 * HOUR });

    expect(await pointsOf("station-1")).toEqual([[NOON, 2]]);
    expect(view.timeUnknown()).toMatchObject([{ readings: 1, doubtful: 1 }]);
    expect(view.counts()).toMatchObject({ "clocks-contradicted": 1 });
  });

  it("are tried again with a clock that is new for their boot", async () => {
    const { stores, view, pointsOf, learn } = await openStores();
    await storeReadings([timeless(1, 0)], stores);
    learn("rtc", SECOND, NOON - 100 * HOUR);
    learn("rtc", 2 * SECOND, NOON - 50 * HOUR);
    await repairAll(stores);
    expect(view.timeUnknown()).toMatchObject([{ readings: 1, doubtful: 1 }]);

    learn("gps", 3 * SECOND, NOON + 3 * SECOND);
    await repairAll(stores);

    expect(await pointsOf("station-1")).toEqual([[NOON, 1]]);
    expect(view.timeUnknown()).toEqual([]);
  });

  it("never lie ahead of now, however far their count is from that of the pair, and hold up no other", async () => {
    const { stores, view, pointsOf, written } = await openStores();
    const far = 9_000_000_000_000;
    const nobody = letterOf(
      aReading({ seq: 9, ...UNKNOWN, boot: "a", up: far, samples: [{ at: null, up: far, values: { pm25: 1 } }] }),
      { tenant: "aaa", device: "nobody" },
    );
    const ofNobody = letterOf(aReading({ seq: 10, boot: "a" }), { tenant: "aaa", device: "nobody" });

    await storeReadings([nobody, ofNobody, timeless(1, far), timeless(2, SECOND), known(3, 60 * SECOND)], stores);
    await repairAll(stores);

    // One reading of a boot does not put its others aside.
    expect(await pointsOf("station-1")).toEqual([
      [NOON + SECOND, 2],
      [NOON + 60 * SECOND, 3],
    ]);
    expect(written.every(({ at }) => at < NOON + HOUR)).toBe(true);
    expect(view.timeUnknown()).toMatchObject([
      { device: "nobody", doubtful: 1 },
      { ...POST, doubtful: 1 },
    ]);
  });

  it("that break our own code are dead letters and hold up no other, of their boot or another", async () => {
    const { stores, view, pointsOf, ranges, learn } = await openStores();
    const letters = [timeless(1, 0), timeless(2, SECOND), timeless(3, 0, { boot: "boot-2" })];
    await storeReadings(letters, stores);
    learn("ntp", 60 * SECOND, NOON + 60 * SECOND);
    learn("ntp", 60 * SECOND, NOON + 90 * SECOND, "boot-2");
    const breaking: ReadingStores = {
      ...stores,
      measurements: {
        write: async (points) => {
          if (points.some(({ at }) => at === NOON)) throw new TypeError("our own fault");
          return await stores.measurements.write(points);
        },
      },
    };

    await repairAll(breaking);

    expect(await pointsOf("station-1")).toEqual([
      [NOON + SECOND, 2],
      [NOON + 30 * SECOND, 3],
    ]);
    expect(view.deadLetters(10)).toMatchObject([{ reason: "internal", detail: "our own fault" }]);
    expect(ranges().lost).toEqual([[1, 1]]);
    expect(view.timeUnknown()).toEqual([]);
  });

  it("go in rounds of bounded bytes, however many samples a device packs", async () => {
    const { stores, learn, view } = await openStores();
    const pack = (seq: number) =>
      timeless(seq, 0, {
        samples: Array.from({ length: 3_600 }, (_, i) => ({
          at: null,
          up: seq * HOUR + i * SECOND,
          values: { pm25: 1 },
        })),
      });
    const packs = Array.from({ length: 40 }, (_, i) => pack(i + 1));
    await storeReadings(packs, stores);
    learn("gps", 0, NOON);

    const first = stores.state.read(dueReadings);

    const bytes = first.reduce((sum, { letter }) => sum + letter.payload.length, 0);
    expect(first.length).toBeGreaterThan(1);
    expect(bytes).toBeLessThan(256 * 1024 + (packs[0]?.payload.length ?? 0));
    await repairAll({ ...stores, nowMs: () => NOON + 60 * HOUR });
    expect(view.counts()).toMatchObject({ "readings-repaired": 40, "time-unknown readings": 0 });
  }, 120_000);

  it("of a device that names a new boot with each message are bounded too, and cost no other device its room", async () => {
    const { stores, view, learn } = await openStores();
    const many = Array.from({ length: 1_100 }, (_, i) => timeless(i + 1, 0, { boot: `b${i}` }));

    await storeReadings(many, stores);
    await storeReadings(
      [letterOf(aReading({ ...UNKNOWN, samples: [{ at: null, up: 1, values: { a: 1 } }] }), TRUCK)],
      stores,
    );

    expect(view.timeUnknown()).toMatchObject([
      { ...POST, boots: 1_000 },
      { ...TRUCK, boots: 1 },
    ]);
    expect(view.counts()).toMatchObject({ "dead-letters no-time": 100 });
    learn("gps", 0, NOON, "b0");
    await repairAll(stores);
    await storeReadings([timeless(2_000, 0, { boot: "another" })], stores);
    expect(view.timeUnknown()).toMatchObject([{ boots: 1_000 }, { boots: 1 }]);
    expect(view.counts()).toMatchObject({ "dead-letters no-time": 100 });
  });

  it("are lost for good, and shown as such, where a part had no station and the other no room", async () => {
    const { stores, view, ranges, useRegistry } = await openStores();
    await storeReadings([timeless(9, 0)], stores);
    stores.state.transaction(NOON, ({ sql }) =>
      sql.run("UPDATE timeless_devices SET bytes = ?", TIMELESS_BYTES_PER_DEVICE),
    );
    useRegistry({ assignments: [] });
    const samples = [
      { ...UNKNOWN, up: 0, values: { pm25: 1 } },
      { at: NOON + SECOND, up: SECOND, values: { pm25: 2 } },
    ];
    await storeReadings([letterOf(aReading({ seq: 1, at: NOON + SECOND, up: SECOND, samples }), POST)], stores);
    useRegistry({});

    await replayReadings(stores);

    expect(view.deadLetters(10)).toMatchObject([{ reason: "no-time" }]);
    expect(ranges().lost).toEqual([[1, 1]]);
  });

  it("keep the newest boots of a device, and the one in which it runs however long ago it began", async () => {
    const { stores, pointsOf } = await openStores();
    const learnAt = (boot: string, storedAt: number, up: number) =>
      stores.state.transaction(storedAt, ({ sql }) =>
        keepPair(sql, { ...POST, boot, clock: "gps", up, at: NOON + up }, storedAt),
      );
    learnAt("running", NOON, 0);
    stores.state.transaction(NOON + 1, ({ sql }) => {
      for (let i = 0; i < 999; i += 1) {
        keepPair(sql, { ...POST, boot: `b${i}`, clock: "gps", up: 0, at: NOON }, NOON + 1 + i);
      }
    });
    learnAt("running", NOON + HOUR / 2, HOUR / 2);
    learnAt("newest", NOON + HOUR / 2, 0);

    await storeReadings([timeless(1, 10 * SECOND, { boot: "running" }), timeless(2, 0, { boot: "b0" })], stores);
    await repairAll(stores);

    expect(await pointsOf("station-1")).toEqual([[NOON + 10 * SECOND, 1]]);
  });
});

describe("replayReadings", () => {
  it("does not take a reading that waits for its time out of the dead letters twice", async () => {
    const { stores, view, pointsOf, useRegistry } = await openStores();
    const samples = [
      { ...UNKNOWN, up: 0, values: { pm25: 1 } },
      { at: NOON + SECOND, up: SECOND, values: { pm25: 2 } },
    ];
    useRegistry({ assignments: [] });
    await storeReadings([letterOf(aReading({ seq: 1, at: NOON + SECOND, up: SECOND, samples }), POST)], stores);
    useRegistry({});

    await replayReadings(stores);
    await repairAll(stores);

    expect(await pointsOf("station-1")).toHaveLength(2);
    expect(view.counts()).toMatchObject({ "readings-repaired": 1 });
    expect(view.deadLetters(1)).toEqual([]);
  });
});

describe("a reading of which a part waits for its time and another for a station", () => {
  it("is tried again for its station although the store refused what got its time before", async () => {
    const { stores, view, pointsOf, ranges, useRegistry } = await openStores();
    const samples = [
      { ...UNKNOWN, up: 10 * SECOND, values: { pm25: 1 } },
      { at: NOON + SECOND, up: SECOND, values: { pm25: 2 } },
    ];
    const refusing: ReadingStores = {
      ...stores,
      measurements: { write: async (points) => points.map((point) => ({ point, reason: "type conflict" })) },
    };
    useRegistry({ assignments: [{ ...POST, station: "station-1", from: NOON + 5 * SECOND }] });
    await storeReadings([letterOf(aReading({ seq: 1, at: NOON + SECOND, up: SECOND, samples }), POST)], stores);
    await repairAll(refusing);
    expect(view.deadLetters(10)).toMatchObject([{ reason: "no-station" }]);

    useRegistry({});
    stores.state.transaction(NOON, ({ sql }) => retryPlaceless(sql));
    await replayReadings(stores);
    await repairAll(refusing);

    expect(await pointsOf("station-1")).toEqual([[NOON + SECOND, 2]]);
    expect(view.deadLetters(10)).toMatchObject([{ reason: "refused-by-store" }]);
    expect(ranges().lost).toEqual([[1, 1]]);
  });
});

describe("planRepair", () => {
  it("gives the same bytes the same points", () => {
    const time = { zeroAt: NOON, clock: "gps" as const, errorMs: 3 };
    const registry = indexRegistry(aRegistry());

    const plan = () => planRepair(timeless(1, 5), () => time, registry)?.planned.points;

    expect(plan()).toEqual(plan());
    expect(plan()).toMatchObject([{ at: NOON + 5 }]);
  });
});
