import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { standardOf } from "../../../../cloud/air/standards/all-standards.ts";
import { indexOf } from "../../../../cloud/air/standards/index-of.ts";
import { backfill } from "../../../../cloud/air/windows/backfill.ts";
import { createClockWindows } from "../../../../cloud/air/windows/clock-windows.ts";
import { computeWindows, type WindowStores } from "../../../../cloud/air/windows/compute-windows.ts";
import { countDue, markDirty, type Touched } from "../../../../cloud/air/windows/dirty-windows.ts";
import { createForgetting } from "../../../../cloud/air/windows/forget-old.ts";
import { FOR_EVER } from "../../../../cloud/air/windows/retention.ts";
import { Averages } from "../../../../cloud/air/windows/rolling-air.ts";
import { averagesOfStation } from "../../../../cloud/air/windows/station-averages.ts";
import { takeTimeZone } from "../../../../cloud/air/windows/time-zones.ts";
import type { Resolution } from "../../../../cloud/store/measurements/air-windows.ts";
import type { Point } from "../../../../cloud/store/measurements/measurements.ts";
import { openSqliteMeasurements } from "../../../../cloud/store/measurements/sqlite-measurements.ts";
import { openStateStore } from "../../../../cloud/store/state/state-store.ts";
import { tempFolder } from "../../../support/temp-folder.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const MIDNIGHT = Date.UTC(2026, 8, 20);

const aPoint = (at: number, pm25: number, change: Partial<Point> = {}): Point => ({
  tenant: "kirov",
  station: "st-1",
  sensor: "sds011",
  at,
  fields: { pm25 },
  ...change,
});

/** Minutes of one value each. */
const minutes = (from: number, count: number, value = 10, station = "st-1"): readonly Point[] =>
  Array.from({ length: count }, (_, n) => aPoint(from + n * MINUTE_MS + 5_000, value, { station }));

async function open(timeZone = "UTC") {
  const folder = await tempFolder();
  const state = openStateStore(join(folder, "state.db"));
  const measurements = await openSqliteMeasurements(join(folder, "measurements.db"));
  onTestFinished(async () => {
    await measurements.close();
    state.close();
  });
  const clock = { nowMs: MIDNIGHT };
  const stores: WindowStores = {
    measurements,
    state,
    clockWindows: createClockWindows(timeZone),
    nowMs: () => clock.nowMs,
  };
  const receive = async (points: readonly Point[]) => {
    await measurements.write(points);
    // Nothing comes before it was measured.
    clock.nowMs = Math.max(clock.nowMs, ...points.map(({ at }) => at));
    mark(points.map(({ tenant, station, at }) => ({ tenant, station, start: at, end: at + 1 })));
  };
  const mark = (touched: readonly Touched[], oldestMinuteMs = 0) =>
    state.transaction(clock.nowMs, ({ sql, nowMs }) => markDirty(sql, touched, { nowMs, oldestMs: 0, oldestMinuteMs }));
  /** Until nothing is due at a moment. */
  const settleAt = async (nowMs: number, using: WindowStores = stores) => {
    clock.nowMs = nowMs;
    for (let rounds = 0; ; rounds += 1) {
      expect(rounds).toBeLessThan(200);
      const { computed, stations } = await computeWindows(using);
      if (computed === 0 && stations.length === 0) return;
    }
  };
  const windows = (resolution: Resolution, station = "st-1") =>
    measurements.windows({ stations: [station], resolution, fromMs: 0, toMs: MIDNIGHT * 2 });
  return { measurements, state, stores, clock, receive, mark, settleAt, windows };
}

describe("computeWindows", () => {
  it("makes minutes, 20 minutes, hours and the day, with the share of minutes that it has", async () => {
    const { receive, settleAt, windows } = await open();
    await receive([...minutes(MIDNIGHT, 40, 10), ...minutes(MIDNIGHT + 40 * MINUTE_MS, 5, 30)]);

    await settleAt(MIDNIGHT + DAY_MS + HOUR_MS);

    expect(await windows("m1")).toHaveLength(45);
    expect((await windows("m20")).map(({ value, coverage }) => [value, coverage])).toEqual([
      [10, 1],
      [10, 1],
      [30, 0.25],
    ]);
    expect(await windows("h1")).toMatchObject([{ start: MIDNIGHT, value: 12.222222, minutes: 45, coverage: 0.75 }]);
    expect(await windows("d1")).toMatchObject([{ start: MIDNIGHT, value: 12.222222, coverage: 0.03125 }]);
  });

  it("makes larger windows only when they are full", async () => {
    const { receive, settleAt, windows } = await open();
    await receive(minutes(MIDNIGHT, 10));

    await settleAt(MIDNIGHT + 10 * MINUTE_MS);

    expect(await windows("m1")).toHaveLength(10);
    expect(await windows("m20")).toEqual([]);
  });

  it("makes the same windows of late, repeated and re-judged data as of data in time", async () => {
    const { receive, settleAt, windows } = await open();
    const all = minutes(MIDNIGHT, 60).map((point, n) => ({ ...point, fields: { pm25: n } }));
    await receive(all.filter((_, n) => n % 3 !== 0));
    await settleAt(MIDNIGHT + 3 * HOUR_MS);
    expect(await windows("h1")).toMatchObject([{ coverage: 0.666667 }]);

    await receive(all.filter((_, n) => n % 3 === 0));
    await receive(all.slice(10, 20));
    await settleAt(MIDNIGHT + 5 * HOUR_MS);
    expect(await windows("h1")).toMatchObject([{ value: 29.5, minutes: 60, coverage: 1 }]);

    await receive(all.slice(30).map((point) => ({ ...point, fields: { pm25: 2_000, confidence: 0, flags: "spike" } })));
    await settleAt(MIDNIGHT + 6 * HOUR_MS);
    expect(await windows("h1")).toMatchObject([{ value: 14.5, minutes: 30, coverage: 0.5, flags: ["spike"] }]);
  });

  it("computes by the days of the region, as long as its clocks make them", async () => {
    const { receive, settleAt, windows } = await open("Europe/Berlin");
    const start = Date.parse("2026-10-24T22:00:00Z");
    await receive([
      ...minutes(start, 1),
      ...minutes(start + 24 * HOUR_MS, 1, 50),
      ...minutes(start + 25 * HOUR_MS, 1, 90),
    ]);

    await settleAt(start + 3 * DAY_MS);

    expect((await windows("d1")).map(({ start: at, value }) => [(at - start) / HOUR_MS, value])).toEqual([
      [0, 30],
      [25, 90],
    ]);
  });

  it("loses nothing when it is killed between any two steps", async () => {
    const { receive, settleAt, stores, windows, state, clock } = await open();
    await receive([...minutes(MIDNIGHT, 60), ...minutes(MIDNIGHT, 60, 20, "st-2")]);
    let steps = 0;
    let killAt = 0;
    const dieAt = <T>(work: () => T): T => {
      steps += 1;
      if (steps === killAt) throw new Error("killed");
      return work();
    };
    // Each way into a store, before and after it has done its work, is a place to die at.
    const mortal: WindowStores = {
      ...stores,
      measurements: {
        points: (query) => dieAt(() => stores.measurements.points(query)),
        windows: (query) => dieAt(() => stores.measurements.windows(query)),
        keepWindows: async (some) => {
          await dieAt(() => stores.measurements.keepWindows(some));
          dieAt(() => {});
        },
      },
      state: {
        ...stores.state,
        transaction: (nowMs, work) => {
          const done = dieAt(() => stores.state.transaction(nowMs, work));
          dieAt(() => {});
          return done;
        },
      },
    };
    clock.nowMs = MIDNIGHT + DAY_MS + HOUR_MS;
    let deaths = 0;
    for (killAt = 1; ; ) {
      steps = 0;
      const round = await computeWindows(mortal).catch(() => undefined);
      if (round === undefined) {
        deaths += 1;
        killAt = (killAt % 9) + 1;
      } else if (round.computed === 0 && round.stations.length === 0) break;
      expect(deaths).toBeLessThan(500);
    }
    await settleAt(clock.nowMs);

    expect(deaths).toBeGreaterThan(8);
    for (const [station, value] of [
      ["st-1", 10],
      ["st-2", 20],
    ] as const) {
      expect(await windows("m1", station)).toHaveLength(60);
      expect(await windows("h1", station)).toMatchObject([{ value, coverage: 1 }]);
      expect(await windows("d1", station)).toMatchObject([{ value }]);
    }
    expect(state.read((sql) => countDue(sql, MIDNIGHT * 2))).toBe(0);
  });

  it("keeps a mark that is set anew while its window is computed", async () => {
    const { receive, stores, windows, clock, settleAt, measurements } = await open();
    await receive([aPoint(MIDNIGHT, 10)]);
    clock.nowMs = MIDNIGHT + MINUTE_MS;
    const overtaken: WindowStores = {
      ...stores,
      measurements: {
        ...measurements,
        points: async (query) => {
          const points = await measurements.points(query);
          await receive([aPoint(MIDNIGHT + 1_000, 30)]);
          return points;
        },
      },
    };

    await computeWindows(overtaken);
    expect(await windows("m1")).toMatchObject([{ value: 10 }]);
    await settleAt(clock.nowMs + MINUTE_MS);

    expect(await windows("m1")).toMatchObject([{ value: 20 }]);
  });

  it("serves the last hours first while an outage of days is worked off, and works it off", async () => {
    const { receive, mark, stores, windows, clock, state } = await open();
    const now = MIDNIGHT + 30 * DAY_MS;
    clock.nowMs = now;
    const hours = Array.from({ length: 3_000 }, (_, n) => MIDNIGHT + (n % 600) * HOUR_MS);
    mark(hours.map((start, n) => ({ tenant: "kirov", station: `old-${n % 5}`, start, end: start + HOUR_MS })));
    await receive([aPoint(now - MINUTE_MS, 42)]);
    clock.nowMs = now + MINUTE_MS;

    const { computed } = await computeWindows(stores);

    expect(await windows("m1")).toMatchObject([{ value: 42 }]);
    expect(computed).toBeLessThan(1_000);
    const before = state.read((sql) => countDue(sql, clock.nowMs));
    for (let rounds = 0; state.read((sql) => countDue(sql, clock.nowMs)) > 0; rounds += 1) {
      expect(rounds).toBeLessThan(200);
      await computeWindows(stores);
    }
    expect(before).toBeGreaterThan(1_000);
  }, 120_000);

  it("marks nothing from a clock that is days ahead, and nothing of which the points may be gone", async () => {
    const { state } = await open();
    const touched = [MIDNIGHT + 2 * DAY_MS, MIDNIGHT - DAY_MS].map((start) => ({
      tenant: "kirov",
      station: "st-1",
      start,
      end: start + 1,
    }));

    state.transaction(MIDNIGHT, ({ sql, nowMs }) =>
      markDirty(sql, touched, { nowMs, oldestMs: MIDNIGHT - HOUR_MS, oldestMinuteMs: 0 }),
    );

    expect(state.read((sql) => countDue(sql, MIDNIGHT * 2))).toBe(0);
  });
});

describe("samples of a clock that is ahead", () => {
  it("are averaged when their time has come, and not before", async () => {
    const { measurements, mark, settleAt, windows, clock } = await open();
    const ahead = aPoint(MIDNIGHT + 2 * HOUR_MS, 30);
    await measurements.write([ahead]);
    mark([{ tenant: "kirov", station: "st-1", start: ahead.at, end: ahead.at + 1 }]);

    await settleAt(clock.nowMs + HOUR_MS);
    expect(await windows("m1")).toEqual([]);
    await settleAt(MIDNIGHT + 4 * HOUR_MS);

    expect(await windows("h1")).toMatchObject([{ value: 30, minutes: 1 }]);
  });
});

describe("backfill", () => {
  /** Points of before there were averages, of three days; nothing marks them. */
  async function upgraded() {
    const opened = await open();
    const { measurements, clock, state } = opened;
    const days = [0, 3, 40].map((day) => MIDNIGHT + day * DAY_MS);
    await measurements.write(days.flatMap((day) => [...minutes(day, 60), ...minutes(day + 5 * HOUR_MS, 60, 20)]));
    clock.nowMs = MIDNIGHT + 50 * DAY_MS;
    const due = () => state.read((sql) => countDue(sql, clock.nowMs));
    return { ...opened, due };
  }

  it("makes the averages of the points of before, once, although it is killed again and again", async () => {
    const { stores, measurements, windows, due, settleAt, clock, state } = await upgraded();
    const mortal = {
      ...stores,
      measurements,
      state: {
        ...state,
        // Whatever is kept is on disk, and nobody comes to know.
        transaction: (...of: Parameters<typeof state.transaction>) => {
          state.transaction(...of);
          throw new Error("killed");
        },
      },
    };
    let isDone = false;
    for (let steps = 0; !isDone; steps += 1) {
      expect(steps).toBeLessThan(20);
      if (steps % 2 === 0) await expect(backfill(mortal)).rejects.toThrow("killed");
      else isDone = await backfill({ ...stores, measurements });
      await settleAt(clock.nowMs);
    }

    expect((await windows("h1")).map(({ value, coverage }) => [value, coverage])).toEqual(
      Array.from({ length: 6 }, (_, n) => [n % 2 === 0 ? 10 : 20, 1]),
    );
    expect(await windows("d1")).toHaveLength(3);
    expect(await backfill({ ...stores, measurements })).toBe(true);
    expect(due()).toBe(0);
  });

  it("marks one day, and the next only when nothing old waits", async () => {
    const { stores, measurements, due } = await upgraded();

    await backfill({ ...stores, measurements });
    const ofOneDay = due();
    await backfill({ ...stores, measurements });

    expect(ofOneDay).toBe(4);
    expect(due()).toBe(ofOneDay);
  });

  it("goes before any point is forgotten, and nothing is forgotten whose hour is not made", async () => {
    const { stores, measurements, state, settleAt, clock, windows } = await upgraded();
    const retention = { ...FOR_EVER, raw: 5 };
    const step = createForgetting({ measurements, state, retention, nowMs: stores.nowMs });
    const count = async () =>
      (await measurements.points({ stations: ["st-1"], fields: ["pm25"], fromMs: 0, toMs: MIDNIGHT * 2 })).length;

    while (!(await step()));
    expect(await count()).toBe(360);
    while (!(await backfill({ ...stores, measurements }))) await settleAt(clock.nowMs);
    while (!(await step()));

    expect(await count()).toBe(0);
    expect(await windows("h1")).toHaveLength(6);
  });
});

describe("another time zone", () => {
  /** In Berlin and Vienna days begin at 23:00 UTC then, in Yekaterinburg at 19:00 UTC. */
  const WINTER = Date.UTC(2026, 0, 6);

  /** A town that has kept Berlin's time, at 10:00 UTC. */
  async function inBerlin() {
    const opened = await open();
    const { stores, measurements, mark, settleAt, clock } = opened;
    const move = async (timeZone: string) => {
      const { clockWindows, since } = await takeTimeZone({ ...stores, measurements }, timeZone);
      return { using: { ...stores, clockWindows }, since: (since - WINTER) / HOUR_MS };
    };
    /** A minute in each hour from one to another (of WINTER), until `to` is now. */
    const measure = async (from: number, to: number, using: WindowStores) => {
      const points = Array.from({ length: to - from }, (_, n) => aPoint(WINTER + (from + n) * HOUR_MS + 5_000, 10));
      await measurements.write(points);
      clock.nowMs = WINTER + to * HOUR_MS;
      mark(points.map(({ tenant, station, at }) => ({ tenant, station, start: at, end: at + 1 })));
      await settleAt(clock.nowMs + MINUTE_MS, using);
    };
    /** The hour in which each day begins, and the minutes that it has. */
    const days = async () => (await opened.windows("d1")).map((day) => [(day.start - WINTER) / HOUR_MS, day.minutes]);
    clock.nowMs = WINTER - 25 * HOUR_MS;
    const { using } = await move("Europe/Berlin");
    await measure(-25, 10, using);
    return { ...opened, move, measure, days };
  }

  it("has its days from the end of the one that runs: no hour is in two of them or in none, also where it comes late", async () => {
    const { move, measure, days, windows } = await inBerlin();

    const { using, since } = await move("Asia/Yekaterinburg");
    await measure(10, 70, using);
    const whole = [
      [-25, 24],
      [-1, 24],
      [23, 20],
      [43, 24],
    ];
    expect(since).toBe(23);
    expect(await days()).toEqual(whole);
    // Part of a day, not a whole one of 20 hours.
    expect((await windows("d1"))[2]?.coverage).toBe(0.014493);

    await measure(-25, 10, using);
    await measure(10, 71, using);
    expect(await days()).toEqual(whole);
  });

  it("leaves every day from before as it is, also where its hours are gone", async () => {
    const { move, measure, windows, measurements } = await inBerlin();
    const [day] = await windows("d1");
    if (day === undefined) throw new Error("there is no day");
    const old = Array.from({ length: 30 }, (_, n) => ({ ...day, start: day.start - (n + 1) * DAY_MS, minutes: 1_440 }));
    await measurements.keepWindows(old);
    const before = await windows("d1");

    const { using } = await move("Asia/Yekaterinburg");
    await measure(10, 24, using);

    expect((await windows("d1")).slice(0, before.length)).toEqual(before);
  });

  it("changes nothing where both zones agree when a day begins", async () => {
    const { move, measure, days } = await inBerlin();

    const { using } = await move("Europe/Vienna");
    await measure(10, 48, using);

    expect(await days()).toEqual([-25, -1, 23].map((start) => [start, 24]));
  });

  it("is taken once, and the last of two changes within a day counts", async () => {
    const { move, measure, days, clock } = await inBerlin();

    expect((await move("Asia/Yekaterinburg")).since).toBe(23);
    expect((await move("UTC")).since).toBe(23);
    const { using, since } = await move("Europe/Berlin");
    expect(since).toBeLessThan(-25);
    await measure(10, 24, using);
    expect(await days()).toEqual([-25, -1].map((start) => [start, 24]));

    expect((await move("UTC")).since).toBe(47);
    clock.nowMs = WINTER + 60 * HOUR_MS;
    expect((await move("UTC")).since).toBe(47);
    expect((await move("Europe/Berlin")).since).toBe(72);
  });

  it("comes after every day that is there, also where the clock is behind", async () => {
    const { move, clock } = await inBerlin();
    clock.nowMs = WINTER - 30 * HOUR_MS;

    expect((await move("Asia/Yekaterinburg")).since).toBe(-1);
  });
});

describe("a station's averages", () => {
  it("are the newest full 20 minutes and hour, NowCast and 24 hours, and go when it falls silent", async () => {
    const { receive, settleAt, state } = await open();
    await receive([...minutes(MIDNIGHT, 120, 20), ...minutes(MIDNIGHT + 2 * HOUR_MS, 60, 10)]);
    const averages = () => state.read((sql) => averagesOfStation(sql, "st-1")).pm25;

    await settleAt(MIDNIGHT + 3 * HOUR_MS + 2 * MINUTE_MS);
    expect(averages()).toMatchObject({
      m20: { value: 10, at: MIDNIGHT + 3 * HOUR_MS, coverage: 1 },
      h1: { value: 10, raw: 10, at: MIDNIGHT + 3 * HOUR_MS, coverage: 1, confidence: 1, flags: [] },
      // Weights 1, 0.5 and 0.25: (10 + 10 + 5) / 1.75, truncated.
      nowcast: { value: 14.2, coverage: 0.25 },
      h24: { value: 16.666667, coverage: 0.125 },
    });

    await settleAt(MIDNIGHT + 4 * HOUR_MS + 2 * MINUTE_MS);
    expect(averages()).toMatchObject({ m20: null, h1: null, nowcast: { at: MIDNIGHT + 4 * HOUR_MS } });

    for (let hour = 5; hour <= 28; hour += 1) await settleAt(MIDNIGHT + hour * HOUR_MS + 2 * MINUTE_MS);
    expect(averages()).toBeUndefined();
    expect(state.read((sql) => countDue(sql, MIDNIGHT * 2))).toBe(0);
  });

  it("are read as they were kept before there was a mean of 8 hours", () => {
    const kept = { o3: { m20: null, h1: null, nowcast: null, h24: null } };

    expect(Averages.parse(kept)).toEqual({ o3: { ...kept.o3, h8: null } });
  });

  it("have a mean of 8 hours for ozone: of hours with three quarters of their minutes, each as much as the others", async () => {
    const { receive, settleAt, state } = await open();
    const ozone = (hour: number, count: number, o3: number) =>
      minutes(MIDNIGHT + hour * HOUR_MS, count).map((point) => ({ ...point, fields: { o3 } }));
    const h8 = () => state.read((sql) => averagesOfStation(sql, "st-1")).o3?.h8;
    const [us, who] = ["us-epa-2024", "who-2021"].map(standardOf);
    const judged = (value: number, coverage: number) =>
      [us, who].map((standard) => standard && indexOf(standard, "o3", "8h", value, coverage)?.category.id);

    // Six hours of eight; the one of 30 minutes says nothing of itself.
    await receive([
      ...[0, 1, 2, 3, 4].flatMap((hour) => ozone(hour, 60, 100)),
      ...ozone(5, 45, 220),
      ...ozone(6, 30, 900),
    ]);
    await settleAt(MIDNIGHT + 8 * HOUR_MS + 2 * MINUTE_MS);
    expect(h8()).toMatchObject({ value: 120, raw: 120, coverage: 0.75, at: MIDNIGHT + 8 * HOUR_MS });
    expect(judged(120, 0.75)).toEqual(["moderate", expect.any(String)]);
    expect(state.read((sql) => averagesOfStation(sql, "st-1")).pm25?.h8 ?? null).toBeNull();

    // An hour later the first is gone: five of eight, and no standard says anything of it.
    await settleAt(MIDNIGHT + 9 * HOUR_MS + 2 * MINUTE_MS);
    expect(h8()).toMatchObject({ value: 124, coverage: 0.625 });
    expect(judged(124, 0.625)).toEqual([undefined, undefined]);
  });

  it("say where the NowCast of ozone is a surrogate, and count coverage over the hours that it looks at", async () => {
    const { receive, settleAt, state } = await open();
    const ozone = (hour: number, flags: string) =>
      minutes(MIDNIGHT + hour * HOUR_MS, 60).map((point) => ({ ...point, fields: { o3: 60, flags } }));
    const nowcast = () => state.read((sql) => averagesOfStation(sql, "st-1")).o3?.nowcast;

    await receive(ozone(0, "humid"));
    await settleAt(MIDNIGHT + HOUR_MS + 2 * MINUTE_MS);
    expect(nowcast()).toMatchObject({ coverage: 0.125, flags: ["humid", "ozone-surrogate"] });

    await receive([1, 2, 3, 4, 5, 6, 7, 8].flatMap((hour) => ozone(hour, "")));
    await settleAt(MIDNIGHT + 9 * HOUR_MS + 2 * MINUTE_MS);
    expect(nowcast()).toMatchObject({ coverage: 1, flags: [] });
  });

  it("change when late data come", async () => {
    const { receive, settleAt, state } = await open();
    const all = minutes(MIDNIGHT, 60, 10);
    await receive(all.slice(0, 20));
    await settleAt(MIDNIGHT + HOUR_MS + 5 * MINUTE_MS);

    await receive(all.slice(20).map((point) => ({ ...point, fields: { pm25: 40 } })));
    await settleAt(MIDNIGHT + HOUR_MS + 10 * MINUTE_MS);

    const averages = state.read((sql) => averagesOfStation(sql, "st-1")).pm25;
    expect(averages).toMatchObject({ h1: { value: 30, coverage: 1 }, m20: { value: 40 } });
  });
});

describe("forgetting", () => {
  it("deletes what is older than it is kept, resolution by resolution, and nothing that a window still needs", async () => {
    const { receive, settleAt, windows, measurements, stores, state, mark } = await open();
    await receive([...minutes(MIDNIGHT, 60), ...minutes(MIDNIGHT, 60, 10, "st-2")]);
    await settleAt(MIDNIGHT + 10 * DAY_MS);
    const retention = { ...FOR_EVER, raw: 5, m1: 5, m20: 8 };
    const step = createForgetting({ measurements, state, retention, nowMs: stores.nowMs });
    while (!(await backfill({ ...stores, measurements }))) await settleAt(stores.nowMs());
    mark([{ tenant: "kirov", station: "st-2", start: MIDNIGHT, end: MIDNIGHT + HOUR_MS }]);
    const points = () =>
      measurements.points({ stations: ["st-1", "st-2"], fields: ["pm25"], fromMs: 0, toMs: MIDNIGHT * 2 });

    while (!(await step()));
    expect(await points()).toHaveLength(120);
    expect(await windows("m1")).toHaveLength(0);

    await settleAt(MIDNIGHT + 11 * DAY_MS);
    while (!(await step()));
    expect(await points()).toEqual([]);
    expect(await windows("m20", "st-2")).toEqual([]);
    expect(await windows("h1", "st-2")).toMatchObject([{ value: 10, coverage: 1 }]);
  });
});
