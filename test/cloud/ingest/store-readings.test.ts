import { describe, expect, it } from "vitest";
import { planReadings } from "../../../cloud/ingest/plan-readings.ts";
import {
  commitReadings,
  type ReadingStores,
  replayReadings,
  storeReadings,
  writePoints,
} from "../../../cloud/ingest/store-readings.ts";
import type { Point } from "../../../cloud/store/measurements/measurements.ts";
import type { Letter } from "../../../cloud/store/state/dead-letters.ts";
import { aReading, letterOf, NOON, POST } from "../../support/builders.ts";
import { openReadingStores } from "./reading-stores.ts";

const MINUTE = 60_000;
const reading = (seq: number, change: Parameters<typeof aReading>[0] = {}) =>
  letterOf(aReading({ seq, at: NOON + seq * MINUTE, ...change }), POST);

const raw = (text: string): Letter => ({ topic: reading(1).topic, payload: Buffer.from(text) });

describe("storeReadings", () => {
  it("stores points and the newest sample, and names the station", async () => {
    const { stores, view, pointsOf, ranges } = await openReadingStores();

    const events = await storeReadings([reading(2), reading(1)], stores);

    expect(events).toEqual([{ kind: "station", station: "station-1" }]);
    expect(await pointsOf("station-1")).toEqual([
      [NOON + MINUTE, 12.5],
      [NOON + 2 * MINUTE, 12.5],
    ]);
    expect(view.latestSamplesOf("station-1")).toEqual([
      {
        station: "station-1",
        sensor: "sds011",
        at: NOON + 2 * MINUTE,
        values: { pm25: 12.5, pm10: 20.1 },
        replay: null,
        notes: expect.objectContaining({ model: "sds011" }),
      },
    ]);
    expect(ranges()).toEqual({ received: [[1, 2]], lost: [] });
  });

  it("counts what comes twice once", async () => {
    const { stores, view, pointsOf } = await openReadingStores();

    await storeReadings([reading(1), reading(1)], stores);
    await storeReadings([reading(1), reading(2)], stores);

    expect(await pointsOf("station-1")).toHaveLength(2);
    expect(view.counts()).toMatchObject({ messages: 2, duplicates: 2 });
  });

  it("counts each message once when it is killed between any two steps and gets them again", async () => {
    const { stores, view, pointsOf } = await openReadingStores();
    const batch = [reading(1), raw("{"), reading(2)];

    // Killed before the points.
    planReadings(batch, stores.registry(), stores.nowMs());
    // Killed between the points and the state.
    await writePoints(planReadings(batch, stores.registry(), stores.nowMs()), stores.measurements);
    // Killed inside the state transaction, after all its statements.
    const killed: ReadingStores["state"] = {
      ...stores.state,
      transaction: (nowMs, work) =>
        stores.state.transaction(nowMs, (transaction) => {
          work(transaction);
          throw new Error("killed");
        }),
    };
    await expect(storeReadings(batch, { ...stores, state: killed })).rejects.toThrow("killed");
    // Killed between the state and the acknowledgement.
    const again = planReadings(batch, stores.registry(), stores.nowMs());
    commitReadings(again, await writePoints(again, stores.measurements), stores);
    await storeReadings(batch, stores);

    expect(await pointsOf("station-1")).toHaveLength(2);
    expect(view.counts()).toMatchObject({ messages: 2, "dead-letters malformed": 1 });
    expect(view.deadLetters(10)).toMatchObject([{ reason: "malformed", times: 2, bytes: 1 }]);
  });

  it("writes few samples at a time, however many a batch of few bytes stands for", async () => {
    const { stores, view } = await openReadingStores();
    const sizes: number[] = [];
    const measurements = {
      write: async (points: readonly Point[]) => {
        sizes.push(points.length);
        return [];
      },
    };
    const samples = (seq: number) =>
      Array.from({ length: 3_600 }, (_, i) => ({ at: NOON + seq * 3_600 + i, up: i, values: { pm25: 1 } }));
    const batch = Array.from({ length: 30 }, (_, i) => letterOf(aReading({ seq: i + 1, samples: samples(i) }), POST));

    await storeReadings(batch, { ...stores, measurements });

    expect(sizes.length).toBeGreaterThan(1);
    expect(Math.max(...sizes)).toBeLessThan(50_000 + 3_600);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(30 * 3_600);
    expect(view.counts()).toMatchObject({ messages: 30 });
  }, 120_000);

  it("gives each bad message its reason and stores the rest of the batch", async () => {
    const { stores, view, pointsOf } = await openReadingStores();
    const version = { ...aReading({ seq: 12 }), v: 2 };
    const strange = { device: "nobody", tenant: "kirov" };
    const bad: Letter[] = [
      raw("not json"),
      raw(JSON.stringify(version)),
      raw(JSON.stringify({ ...aReading({ seq: 13 }), samples: [] })),
      letterOf(aReading({ log: "strange" }), strange),
      { topic: "dv1/kirov/post-0001/d/nonsense", payload: Buffer.from("{}") },
    ];

    await storeReadings([reading(1), ...bad, reading(2)], stores);

    const reasons = view.deadLetters(10).map(({ reason }) => reason);
    expect(reasons.sort()).toEqual(["malformed", "malformed", "no-station", "unknown-version", "wrong-topic"]);
    expect(await pointsOf("station-1")).toHaveLength(2);
  });

  it("counts a dead letter whose number can be told as covered and lost", async () => {
    const { stores, ranges } = await openReadingStores();

    await storeReadings([reading(1), raw(JSON.stringify({ ...aReading({ seq: 2 }), samples: [] }))], stores);

    expect(ranges()).toEqual({ received: [[1, 2]], lost: [[2, 2]] });
  });

  it("does not count a stored reading as lost because what comes under its number again cannot be used", async () => {
    const { stores, view, ranges, useRegistry } = await openReadingStores();
    await storeReadings([reading(1)], stores);
    useRegistry({ assignments: [] });

    await storeReadings([reading(1), raw(JSON.stringify({ ...aReading({ seq: 1 }), samples: [] }))], stores);

    expect(ranges()).toEqual({ received: [[1, 1]], lost: [] });
    expect(view.counts()).toMatchObject({ messages: 1, duplicates: 2 });
    const reasons = view.deadLetters(10).map(({ reason }) => reason);
    expect(reasons.sort()).toEqual(["malformed", "no-station"]);
  });

  it("leaves a number lost that was lost when it first came", async () => {
    const { stores, ranges } = await openReadingStores();
    const empty = raw(JSON.stringify({ ...aReading({ seq: 1 }), samples: [] }));

    await storeReadings([empty], stores);
    await storeReadings([empty], stores);

    expect(ranges()).toEqual({ received: [[1, 1]], lost: [[1, 1]] });
  });

  it("keeps good samples of a message of which the store refuses one", async () => {
    const { stores, view, pointsOf } = await openReadingStores();
    const pack = reading(1, {
      samples: [1, 2].map((n) => ({ at: NOON + n, up: n, values: { pm25: n } })),
    });
    const choosy: ReadingStores = {
      ...stores,
      measurements: {
        write: async (points) => {
          const isRefused = ({ at }: { readonly at: number }) => at === NOON + 2;
          await stores.measurements.write(points.filter((point) => !isRefused(point)));
          return points.filter(isRefused).map((point) => ({ point, reason: "type conflict" }));
        },
      },
    };

    await storeReadings([pack], choosy);

    expect(await pointsOf("station-1")).toEqual([[NOON + 1, 1]]);
    expect(view.latestSamplesOf("station-1")).toMatchObject([{ at: NOON + 1, values: { pm25: 1 } }]);
    expect(view.deadLetters(10)).toMatchObject([{ reason: "refused-by-store", detail: "type conflict" }]);
  });

  it("keeps beside the values what the device doubted and the window that they are medians of", async () => {
    const { stores, pointsOf } = await openReadingStores();
    const sample = { at: NOON, up: 1, values: { pm25: 3 }, windowMs: 60_000, status: ["warming-up", "a-newer-word"] };
    const bare = { at: NOON + 1, up: 2, values: { pm25: 4, status: 5 } };
    const letters = [
      reading(1, { windowMs: 30_000, samples: [sample, bare] }),
      reading(2, { samples: [{ ...bare, at: NOON + 2 }] }),
    ];

    const [planned, ofNow] = planReadings(letters, stores.registry(), stores.nowMs());
    await storeReadings(letters, stores);

    expect(planned?.problem).toBeUndefined();
    expect(planned?.points[0]?.fields).toMatchObject({ pm25: 3, window_ms: 60_000, status: "warming-up,a-newer-word" });
    expect(planned?.points[1]?.fields).not.toHaveProperty("status");
    expect(planned?.points[1]?.fields).toMatchObject({ window_ms: 30_000 });
    expect(ofNow?.points[0]?.fields).not.toHaveProperty("window_ms");
    expect(await pointsOf("station-1")).toHaveLength(3);
  });

  it("stores values under names that it does not know, except those that a point has anyway", async () => {
    const { stores, view } = await openReadingStores();
    const written: Point[] = [];
    const measurements = {
      write: async (points: readonly Point[]) => {
        written.push(...points);
        return [];
      },
    };
    const values = { pm25: 3, pm4_mass: 7, time: 1, device: 2 };

    await storeReadings(
      [
        reading(1, { samples: [{ at: NOON, up: 1, values }] }),
        reading(2, { samples: [{ at: NOON, up: 1, values: { time: 1 } }] }),
      ],
      { ...stores, measurements },
    );

    expect(written).toMatchObject([{ fields: { pm25: 3, pm4_mass: 7, device: "post-0001" } }]);
    expect(written[0]?.fields).not.toHaveProperty("time");
    expect(view.deadLetters(10)).toMatchObject([{ reason: "malformed" }]);
  });

  it("follows a device that moves, by the time of each sample", async () => {
    const { stores, pointsOf, useRegistry } = await openReadingStores();
    useRegistry({
      assignments: [
        { ...POST, station: "station-1", from: 0 },
        { ...POST, station: "station-2", from: NOON + 5 },
      ],
    });

    await storeReadings(
      [reading(1, { samples: [4, 5].map((n) => ({ at: NOON + n, up: n, values: { pm25: n } })) })],
      stores,
    );

    expect(await pointsOf("station-1")).toEqual([[NOON + 4, 4]]);
    expect(await pointsOf("station-2")).toEqual([[NOON + 5, 5]]);
  });

  it("does not let one sample from the future hide all later ones", async () => {
    const { stores, view } = await openReadingStores();

    await storeReadings([reading(1, { samples: [{ at: NOON * 1.5, up: 1, values: { pm25: 999 } }] })], stores);
    await storeReadings([reading(2)], stores);

    expect(view.latestSamplesOf("station-1")).toMatchObject([{ values: { pm25: 12.5 } }]);
  });

  it("never lets a sample from the future take the place of one with a believable time", async () => {
    const { stores, view } = await openReadingStores();
    const future = { at: NOON * 1.5, up: 1, values: { pm25: 999 } };
    const present = { at: NOON + MINUTE, up: 1, values: { pm25: 12.5 } };

    await storeReadings([reading(1, { samples: [present, future] })], stores);
    await storeReadings([reading(2, { samples: [future] })], stores);

    expect(view.latestSamplesOf("station-1")).toMatchObject([{ values: { pm25: 12.5 } }]);
  });

  it("lets a believable sample replace one from the future even after its time has come", async () => {
    const { stores, view } = await openReadingStores();
    const now = stores.nowMs();
    const hourAhead = { at: now + 60 * MINUTE, up: 1, values: { pm25: 999 } };

    await storeReadings([reading(1, { samples: [hourAhead] })], stores);
    await storeReadings([reading(2, { samples: [{ at: now + 59 * MINUTE, up: 1, values: { pm25: 12.5 } }] })], {
      ...stores,
      nowMs: () => now + 59 * MINUTE,
    });

    expect(view.latestSamplesOf("station-1")).toMatchObject([{ values: { pm25: 12.5 } }]);
  });
});

describe("replayReadings", () => {
  it("makes points of what had no station once the registry knows one, and takes back the loss", async () => {
    const { stores, view, pointsOf, ranges, useRegistry } = await openReadingStores();
    useRegistry({ assignments: [] });
    await storeReadings([reading(1), reading(2)], stores);
    expect(ranges().lost).toEqual([[1, 2]]);
    useRegistry({});

    const events = await replayReadings(stores);

    expect(events).toEqual([{ kind: "station", station: "station-1" }]);
    expect(await pointsOf("station-1")).toHaveLength(2);
    expect(view.deadLetters(10)).toEqual([]);
    expect(ranges()).toEqual({ received: [[1, 2]], lost: [] });
    expect(view.counts()).toMatchObject({ messages: 2 });
  });

  it("judges and writes only what had no station: what was live stays as it was judged then", async () => {
    const { stores, view, written, pointsOf, useRegistry } = await openReadingStores();
    const samples = [1, 2, 3].map((up) => ({ at: NOON + up * 1_000, up, values: { pm25: 10 + up } }));
    const assigned = (from: number) => ({ assignments: [{ ...POST, station: "station-1", from }] });
    useRegistry(assigned(NOON + 3_000));
    await storeReadings([letterOf(aReading({ samples }), POST)], stores);
    const live = written.splice(0);

    useRegistry(assigned(NOON + 2_000));
    await replayReadings(stores);
    const second = written.splice(0);
    useRegistry(assigned(0));
    await replayReadings(stores);

    const values = (points: readonly Point[]) => points.map(({ fields }) => fields.pm25);
    expect([live, second, written].map(values)).toEqual([[13], [12], [11]]);
    expect(await pointsOf("station-1")).toHaveLength(3);
    expect(view.deadLetters(10)).toEqual([]);
  });

  describe("of a letter with several faults", () => {
    const packAt = (...samples: readonly (readonly [second: number, values: Readonly<Record<string, number>>])[]) =>
      letterOf(aReading({ samples: samples.map(([s, values]) => ({ at: NOON + s * 1_000, up: s, values })) }), POST);
    const pack = (...values: readonly Readonly<Record<string, number>>[]) =>
      packAt(...values.map((some, second) => [second, some] as const));
    const assigned = (from: number) => ({ assignments: [{ ...POST, station: "station-1", from }] });
    /** The stores, which refuse what was measured at a moment as long as that is given. */
    async function openChoosy() {
      const opened = await openReadingStores();
      const refuses: { at: number | undefined } = { at: undefined };
      const measurements = {
        write: async (points: readonly Point[]) => {
          await opened.stores.measurements.write(points.filter(({ at }) => at !== refuses.at));
          return points.filter(({ at }) => at === refuses.at).map((point) => ({ point, reason: "type conflict" }));
        },
      };
      return { ...opened, refuses, stores: { ...opened.stores, measurements } };
    }

    it("tries again what the store refused beside, and keeps the letter where it refuses that again", async () => {
      const { stores, view, pointsOf, ranges, useRegistry, refuses } = await openChoosy();
      useRegistry(assigned(NOON + 2_000));
      refuses.at = NOON + 2_000;
      await storeReadings([pack({ pm25: 1 }, { pm25: 2 }, { pm25: 3 }, { pm25: 4 })], stores);
      expect(view.deadLetters(10)).toMatchObject([{ reason: "no-station" }]);

      useRegistry(assigned(NOON + 1_000));
      await replayReadings(stores);
      expect(view.deadLetters(10)).toMatchObject([{ reason: "no-station" }]);
      useRegistry(assigned(0));
      await replayReadings(stores);

      expect((await pointsOf("station-1")).map(([, value]) => value)).toEqual([1, 2, 4]);
      expect(view.deadLetters(10)).toMatchObject([{ reason: "refused-by-store", detail: "type conflict", times: 1 }]);
      expect(ranges().lost).toEqual([[1, 1]]);
    });

    it("loses nothing where the store takes by then what it refused", async () => {
      const { stores, view, pointsOf, ranges, useRegistry, refuses } = await openChoosy();
      useRegistry(assigned(NOON + 2_000));
      refuses.at = NOON + 2_000;
      await storeReadings([pack({ pm25: 1 }, { pm25: 2 }, { pm25: 3 })], stores);

      refuses.at = undefined;
      useRegistry(assigned(0));
      await replayReadings(stores);

      expect((await pointsOf("station-1")).map(([, value]) => value)).toEqual([1, 2, 3]);
      expect(view.deadLetters(10)).toEqual([]);
      expect(ranges().lost).toEqual([]);
    });

    it.each([
      ["the first", packAt([2, { clock: 1 }], [0, { pm25: 1 }], [1, { pm25: 2 }])],
      ["the last", packAt([0, { pm25: 1 }], [1, { pm25: 2 }], [2, { clock: 1 }])],
    ])("tries the good samples again, and says for good that %s had no usable value", async (_, letter) => {
      const { stores, view, pointsOf, ranges, useRegistry } = await openReadingStores();
      useRegistry(assigned(NOON + 2_000));
      await storeReadings([letter], stores);
      expect(view.deadLetters(10)).toMatchObject([{ reason: "no-station" }]);

      useRegistry({});
      await replayReadings(stores);

      expect(await pointsOf("station-1")).toHaveLength(2);
      expect(view.deadLetters(10)).toMatchObject([{ reason: "malformed" }]);
      expect(ranges().lost).toEqual([[1, 1]]);
    });

    it("is stored whole where its station came between a failed write and the next", async () => {
      const { stores, pointsOf, view, useRegistry } = await openReadingStores();
      const letter = pack({ pm25: 1 }, { pm25: 2 });
      const down = { ...stores, measurements: { write: async () => Promise.reject(new Error("down")) } };
      useRegistry(assigned(NOON + 1_000));
      await expect(storeReadings([letter], down)).rejects.toThrow("down");

      useRegistry(assigned(0));
      await storeReadings([letter], stores);

      expect((await pointsOf("station-1")).map(([, value]) => value)).toEqual([1, 2]);
      expect(view.deadLetters(10)).toEqual([]);
    });

    it("stays one that is tried again when it comes again and the store refuses what has a station by then", async () => {
      const { stores, view, pointsOf, useRegistry, refuses } = await openChoosy();
      const letter = pack({ pm25: 1 }, { pm25: 2 });
      useRegistry({ assignments: [] });
      await storeReadings([letter], stores);
      useRegistry({});
      refuses.at = NOON;
      await storeReadings([letter], stores);
      expect(view.deadLetters(10)).toMatchObject([{ reason: "no-station", times: 2 }]);

      refuses.at = undefined;
      await replayReadings(stores);

      expect(await pointsOf("station-1")).toHaveLength(2);
      expect(view.deadLetters(10)).toEqual([]);
    });
  });

  it("leaves what still has no station where it is", async () => {
    const { stores, view, useRegistry } = await openReadingStores();
    useRegistry({ assignments: [] });
    await storeReadings([reading(1)], stores);

    await replayReadings(stores);

    expect(view.deadLetters(10)).toMatchObject([{ reason: "no-station", times: 1 }]);
  });
});
