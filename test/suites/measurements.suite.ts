import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Measurements, Point, SeriesQuery } from "../../cloud/store/measurements/measurements.ts";

/** 2026-01-15 12:00:00 UTC: within every retention, and no test asks the machine for the time. */
export const NOON_MS = Date.UTC(2026, 0, 15, 12);

/** A point of an SDS011 at noon; give what differs. */
export function aPoint(change: Partial<Point> = {}): Point {
  return {
    tenant: "chel",
    station: "st-1",
    sensor: "sds011",
    at: NOON_MS,
    fields: { pm25: 12.5, pm10: 20, device: "air-0001" },
    ...change,
  };
}

/** What a chart of the hour after noon asks; give what differs. */
export function aQuery(change: Partial<SeriesQuery> = {}): SeriesQuery {
  return {
    tenant: "chel",
    station: "st-1",
    field: "pm25",
    fromMs: NOON_MS,
    toMs: NOON_MS + 3_600_000,
    maxPoints: 500,
    ...change,
  };
}

/** What every adapter of the measurements port promises. `open` may give the same store; each test has its own names. */
export function behavesLikeMeasurements(open: () => Promise<Measurements>): void {
  describe("as a measurements store", () => {
    let store: Measurements;
    beforeAll(async () => {
      store = await open();
    });
    afterAll(async () => {
      await store.close();
    });

    it("gives back what was written, oldest first, with the exact values and moments", async () => {
      const station = "order";
      const written = [3, 1, 2].map((n) => aPoint({ station, at: NOON_MS + n, fields: { pm25: n / 10 } }));

      const refused = await store.write(written);

      expect(refused).toEqual([]);
      expect((await store.series(aQuery({ station }))).points).toEqual([
        [NOON_MS + 1, 0.1],
        [NOON_MS + 2, 0.2],
        [NOON_MS + 3, 0.3],
      ]);
    });

    it("keeps one point when it is written twice, in one batch or in two", async () => {
      const point = aPoint({ station: "twice" });

      await store.write([point, point]);
      await store.write([point]);

      expect((await store.series(aQuery({ station: "twice" }))).points).toEqual([[NOON_MS, 12.5]]);
    });

    it("unites the fields of one moment, and the later value wins", async () => {
      const station = "unite";
      await store.write([aPoint({ station, fields: { pm25: 1, pm10: 2 } })]);

      await store.write([aPoint({ station, fields: { pm10: 3, pm25_atm: 4 } })]);

      expect((await store.series(aQuery({ station, field: "pm25" }))).points).toEqual([[NOON_MS, 1]]);
      expect((await store.series(aQuery({ station, field: "pm10" }))).points).toEqual([[NOON_MS, 3]]);
      expect((await store.series(aQuery({ station, field: "pm25_atm" }))).points).toEqual([[NOON_MS, 4]]);
    });

    it("takes whole numbers and fractions in the same field", async () => {
      const station = "whole";

      const refused = await store.write([
        aPoint({ station, at: NOON_MS, fields: { pm25: 7 } }),
        aPoint({ station, at: NOON_MS + 1, fields: { pm25: 7.25 } }),
        aPoint({ station, at: NOON_MS + 2, fields: { pm25: -0.1 } }),
        aPoint({ station, at: NOON_MS + 3, fields: { pm25: 1e-7 } }),
        aPoint({ station, at: NOON_MS + 4, fields: { pm25: 1e21 } }),
      ]);

      expect(refused).toEqual([]);
      const values = (await store.series(aQuery({ station }))).points.map(([, value]) => value);
      expect(values).toEqual([7, 7.25, -0.1, 1e-7, 1e21]);
    });

    it("counts the beginning of a range in and its end out", async () => {
      const station = "edges";
      await store.write([0, 1, 2].map((n) => aPoint({ station, at: NOON_MS + n, fields: { pm25: n } })));

      const { points } = await store.series(aQuery({ station, fromMs: NOON_MS, toMs: NOON_MS + 2 }));

      expect(points.map(([, value]) => value)).toEqual([0, 1]);
    });

    it("gives nothing for a station, a field or a time that it does not know, and for a field of texts", async () => {
      await store.write([aPoint({ station: "known" })]);

      expect((await store.series(aQuery({ station: "nowhere" }))).points).toEqual([]);
      expect((await store.series(aQuery({ station: "known", field: "pressure" }))).points).toEqual([]);
      expect((await store.series(aQuery({ station: "known", fromMs: 0, toMs: 1000 }))).points).toEqual([]);
      expect((await store.series(aQuery({ station: "known", field: "device" }))).points).toEqual([]);
    });

    it("keeps tenants, stations and sensors of the same name apart", async () => {
      const station = "apart";
      await store.write([
        aPoint({ station, tenant: "north", fields: { pm25: 1 } }),
        aPoint({ station, tenant: "south", fields: { pm25: 2 } }),
        aPoint({ station, tenant: "south", sensor: "b", fields: { pm25: 3 } }),
      ]);

      const { points: north } = await store.series(aQuery({ station, tenant: "north" }));
      const { points: south } = await store.series(aQuery({ station, tenant: "south" }));

      expect(north).toEqual([[NOON_MS, 1]]);
      expect(south.map(([, value]) => value).sort()).toEqual([2, 3]);
    });

    it.each([
      "with space, comma = equals",
      "with \"quotes\" and 'apostrophes'",
      "по-русски и 漢字 🗑",
      "$" + "{injected} |> drop()",
      "';--",
    ])("takes odd characters in names, fields and texts: %s", async (odd) => {
      const point = aPoint({
        tenant: odd,
        station: odd,
        sensor: odd,
        fields: { [odd]: 5, note: `${odd}\nnext \\ line\\` },
      });

      const refused = await store.write([point]);

      expect(refused).toEqual([]);
      expect((await store.series(aQuery({ tenant: odd, station: odd, field: odd }))).points).toEqual([[NOON_MS, 5]]);
    });

    it("thins a long series to means of equal windows, in order, without losing its ends", async () => {
      const station = "thin";
      const seconds = Array.from({ length: 3600 }, (_, n) => n);
      await store.write(seconds.map((n) => aPoint({ station, at: NOON_MS + n * 1000, fields: { pm25: n } })));

      const { points, meanOfMs } = await store.series(aQuery({ station, maxPoints: 60 }));

      expect(meanOfMs).toBe(60_000);
      expect(points).toHaveLength(60);
      expect(points[0]).toEqual([NOON_MS, 29.5]);
      expect(points.at(-1)).toEqual([NOON_MS + 59 * 60_000, 3569.5]);
      expect(points.map(([at]) => at)).toEqual(points.map(([at]) => at).toSorted((a, b) => a - b));
    });

    it("weighs each sensor by its points where several are thinned together", async () => {
      const station = "weigh";
      const often = [0, 1, 2].map((n) => aPoint({ station, sensor: "a", at: NOON_MS + n, fields: { pm25: 10 } }));
      await store.write([...often, aPoint({ station, sensor: "b", at: NOON_MS + 1, fields: { pm25: 30 } })]);

      const { points } = await store.series(aQuery({ station, maxPoints: 3 }));

      expect(points).toEqual([[NOON_MS, 15]]);
    });

    it("gives every point while there are no more than asked for", async () => {
      const station = "exact";
      await store.write([0, 1, 2, 3].map((n) => aPoint({ station, at: NOON_MS + n * 7, fields: { pm25: n } })));

      const { points, meanOfMs } = await store.series(aQuery({ station, maxPoints: 4 }));

      expect(meanOfMs).toBeNull();
      expect(points.map(([at]) => at - NOON_MS)).toEqual([0, 7, 14, 21]);
    });

    it("takes thousands of points at once and several writes at a time", async () => {
      const station = "many";
      const batches = [0, 1, 2, 3].map((batch) =>
        Array.from({ length: 2500 }, (_, n) =>
          aPoint({ station, sensor: `s${batch}`, at: NOON_MS + n * 100, fields: { pm25: 1, device: "air-0002" } }),
        ),
      );

      const answers = await Promise.all(batches.map((batch) => store.write(batch)));

      expect(answers.flat()).toEqual([]);
      const { points: all } = await store.series(aQuery({ station, maxPoints: 20_000 }));
      expect(all).toHaveLength(10_000);
    });

    it("refuses what can be no point, with a reason, and stores the others", async () => {
      const station = "refuse";
      const good = [1, 2, 3].map((n) => aPoint({ station, at: NOON_MS + n, fields: { pm25: n } }));
      const bad = [
        aPoint({ station, fields: { pm25: Number.NaN } }),
        aPoint({ station, fields: { pm25: Number.POSITIVE_INFINITY } }),
        aPoint({ station, fields: {} }),
        aPoint({ station, at: -1 }),
        aPoint({ station, at: 1.5 }),
        aPoint({ station, at: Number.MAX_SAFE_INTEGER }),
        aPoint({ station, sensor: "" }),
        aPoint({ station, sensor: "two\nlines" }),
        aPoint({ station, sensor: "back\\slash\\" }),
        aPoint({ station, fields: { "": 1 } }),
      ];

      const refused = await store.write([...bad.slice(0, 5), ...good, ...bad.slice(5)]);

      expect(refused.map(({ point }) => point)).toEqual(bad);
      expect(refused.every(({ reason }) => reason.length > 0)).toBe(true);
      expect((await store.series(aQuery({ station }))).points).toHaveLength(3);
    });

    it("takes an empty batch", async () => {
      expect(await store.write([])).toEqual([]);
    });

    it("says that it is well", async () => {
      expect(await store.check()).toMatchObject({ ok: true });
    });
  });

  describe("a closed measurements store", () => {
    it("finishes the writes in hand, then refuses with store-unavailable; closing twice is fine", async () => {
      const store = await open();
      const inHand = store.write([aPoint({ station: "closing" })]);

      await store.close();
      await store.close();

      expect(await inHand).toEqual([]);
      await expect(store.write([aPoint()])).rejects.toMatchObject({ code: "store-unavailable", retry: true });
      await expect(store.series(aQuery())).rejects.toMatchObject({ code: "store-unavailable" });
    });
  });
}
