import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Measurements, Point, SamplesQuery } from "../../cloud/store/measurements/measurements.ts";

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

/** The hour after noon; give what differs. */
export function aQuery(change: Partial<SamplesQuery> = {}): SamplesQuery {
  return {
    tenant: "chel",
    station: "st-1",
    field: "pm25",
    fromMs: NOON_MS,
    toMs: NOON_MS + 3_600_000,
    most: 500,
    ...change,
  };
}

/** What is stored, as [UTC ms, value]. */
export async function valuesOf(
  store: Pick<Measurements, "samples">,
  query: SamplesQuery,
): Promise<readonly (readonly [number, number])[]> {
  return (await store.samples(query)).map(({ at, value }) => [at, value]);
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
      expect(await valuesOf(store, aQuery({ station }))).toEqual([
        [NOON_MS + 1, 0.1],
        [NOON_MS + 2, 0.2],
        [NOON_MS + 3, 0.3],
      ]);
    });

    it("keeps one point when it is written twice, in one batch or in two", async () => {
      const point = aPoint({ station: "twice" });

      await store.write([point, point]);
      await store.write([point]);

      expect(await valuesOf(store, aQuery({ station: "twice" }))).toEqual([[NOON_MS, 12.5]]);
    });

    it("unites the fields of one moment, and the later value wins", async () => {
      const station = "unite";
      await store.write([aPoint({ station, fields: { pm25: 1, pm10: 2 } })]);

      await store.write([aPoint({ station, fields: { pm10: 3, pm25_atm: 4 } })]);

      expect(await valuesOf(store, aQuery({ station, field: "pm25" }))).toEqual([[NOON_MS, 1]]);
      expect(await valuesOf(store, aQuery({ station, field: "pm10" }))).toEqual([[NOON_MS, 3]]);
      expect(await valuesOf(store, aQuery({ station, field: "pm25_atm" }))).toEqual([[NOON_MS, 4]]);
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
      const values = (await store.samples(aQuery({ station }))).map(({ value }) => value);
      expect(values).toEqual([7, 7.25, -0.1, 1e-7, 1e21]);
    });

    it("counts the beginning of a range in and its end out", async () => {
      const station = "edges";
      await store.write([0, 1, 2].map((n) => aPoint({ station, at: NOON_MS + n, fields: { pm25: n } })));

      const points = await valuesOf(store, aQuery({ station, fromMs: NOON_MS, toMs: NOON_MS + 2 }));

      expect(points.map(([, value]) => value)).toEqual([0, 1]);
    });

    it("gives nothing for a station, a field or a time that it does not know, and for a field of texts", async () => {
      await store.write([aPoint({ station: "known" })]);

      expect(await valuesOf(store, aQuery({ station: "nowhere" }))).toEqual([]);
      expect(await valuesOf(store, aQuery({ station: "known", field: "pressure" }))).toEqual([]);
      expect(await valuesOf(store, aQuery({ station: "known", fromMs: 0, toMs: 1000 }))).toEqual([]);
      expect(await valuesOf(store, aQuery({ station: "known", field: "device" }))).toEqual([]);
    });

    it("keeps tenants, stations and sensors of the same name apart", async () => {
      const station = "apart";
      await store.write([
        aPoint({ station, tenant: "north", fields: { pm25: 1 } }),
        aPoint({ station, tenant: "south", fields: { pm25: 2 } }),
        aPoint({ station, tenant: "south", sensor: "b", fields: { pm25: 3 } }),
      ]);

      const north = await store.samples(aQuery({ station, tenant: "north" }));
      const south = await store.samples(aQuery({ station, tenant: "south" }));

      expect(north).toEqual([{ at: NOON_MS, value: 1, sensor: "sds011" }]);
      expect(south).toEqual([
        { at: NOON_MS, value: 3, sensor: "b" },
        { at: NOON_MS, value: 2, sensor: "sds011" },
      ]);
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
      expect(await valuesOf(store, aQuery({ tenant: odd, station: odd, field: odd }))).toEqual([[NOON_MS, 5]]);
    });

    it("gives the oldest of a range where there are more than are wanted, of several sensors by time", async () => {
      const station = "most";
      const often = [0, 1, 2, 3].map((n) => aPoint({ station, sensor: "b", at: NOON_MS + n * 7, fields: { pm25: n } }));
      await store.write([...often, aPoint({ station, sensor: "a", at: NOON_MS + 8, fields: { pm25: 30 } })]);

      expect(await valuesOf(store, aQuery({ station, most: 3 }))).toEqual([
        [NOON_MS, 0],
        [NOON_MS + 7, 1],
        [NOON_MS + 8, 30],
      ]);
      expect(await valuesOf(store, aQuery({ station, most: 5 }))).toHaveLength(5);
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
      expect(await store.samples(aQuery({ station, most: 20_000 }))).toHaveLength(10_000);
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
      expect(await valuesOf(store, aQuery({ station }))).toHaveLength(3);
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
      await expect(store.samples(aQuery())).rejects.toMatchObject({ code: "store-unavailable" });
    });
  });
}
