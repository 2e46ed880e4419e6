import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AirWindow } from "../../cloud/store/measurements/air-windows.ts";
import type { Measurements } from "../../cloud/store/measurements/measurements.ts";
import { aPoint, NOON_MS } from "./measurements.suite.ts";

const HOUR_MS = 3_600_000;

/** An hour of fine dust from noon on; give what differs. */
export function aWindow(change: Partial<AirWindow> = {}): AirWindow {
  return {
    tenant: "chel",
    station: "st-1",
    pollutant: "pm25",
    resolution: "h1",
    start: NOON_MS,
    value: 12.25,
    raw: 30.5,
    minutes: 45,
    coverage: 0.75,
    confidence: 0.9,
    flags: ["humid", "late"],
    correction: "epa-2021@1",
    ...change,
  };
}

/** What every adapter of the measurements port promises of points and averages. */
export function keepsAirWindows(open: () => Promise<Measurements>): void {
  describe("as a store of averages", () => {
    let store: Measurements;
    beforeAll(async () => {
      store = await open();
    });
    afterAll(async () => {
      await store.close();
    });
    const range = { resolution: "h1", fromMs: NOON_MS - HOUR_MS, toMs: NOON_MS + 24 * HOUR_MS } as const;

    it("gives back windows as they were written, by station, pollutant and time", async () => {
      const written = [
        aWindow({ station: "w-b" }),
        aWindow({ station: "w-a", start: NOON_MS + HOUR_MS, flags: [], correction: null }),
        aWindow({ station: "w-a", pollutant: "o3", value: null, raw: null, minutes: 0, coverage: 0 }),
        aWindow({ station: "w-a" }),
      ];

      await store.keepWindows(written);

      expect(await store.windows({ ...range, stations: ["w-a", "w-b"] })).toEqual([
        written[2],
        written[3],
        written[1],
        written[0],
      ]);
    });

    it("keeps the last of a window that is written several times, also where nothing is good any more", async () => {
      const window = aWindow({ station: "again" });
      await store.keepWindows([window, window]);
      const judgedAnew = aWindow({ station: "again", value: null, minutes: 0, coverage: 0, confidence: 0.1 });

      await store.keepWindows([judgedAnew]);

      expect(await store.windows({ ...range, stations: ["again"] })).toEqual([judgedAnew]);
    });

    it("gives only the stations, the pollutant, the resolution and the time that are asked for", async () => {
      const written = [
        aWindow({ station: "only" }),
        aWindow({ station: "only", resolution: "m20" }),
        aWindow({ station: "only", pollutant: "pm10" }),
        aWindow({ station: "only", start: NOON_MS + HOUR_MS }),
        aWindow({ station: "other" }),
      ];
      await store.keepWindows(written);
      const asked = { resolution: "h1", fromMs: NOON_MS, toMs: NOON_MS + HOUR_MS } as const;

      expect(await store.windows({ ...asked, stations: ["only"], pollutant: "pm25" })).toEqual([written[0]]);
      expect(await store.windows({ ...asked, stations: [] })).toEqual([]);
      const all = await store.windows(asked);
      expect(all.map(({ station }) => station)).toEqual(expect.arrayContaining(["only", "other"]));
    });

    it("gives the points of some stations with the fields that are asked for, each as one", async () => {
      const fields = { pm25: 7, pm25_corrected: 3.5, flags: "humid", device: "air-0001" };
      await store.write([
        aPoint({ station: "p-1", fields }),
        aPoint({ station: "p-1", at: NOON_MS + 1, fields: { temperature: 1 } }),
        aPoint({ station: "p-1", at: NOON_MS + 60_000, fields }),
        aPoint({ station: "p-2", fields: { pm25: 8 } }),
        aPoint({ station: "p-3" }),
      ]);

      const points = await store.points({
        stations: ["p-1", "p-2"],
        fields: ["pm25", "pm25_corrected", "flags"],
        fromMs: NOON_MS,
        toMs: NOON_MS + 60_000,
      });

      expect(points.toSorted((a, b) => (a.station < b.station ? -1 : 1))).toEqual([
        aPoint({ station: "p-1", fields: { pm25: 7, pm25_corrected: 3.5, flags: "humid" } }),
        aPoint({ station: "p-2", fields: { pm25: 8 } }),
      ]);
    });

    it("walks back through the hours with points, a day at a time, each hour of a station once", async () => {
      const longAgo = NOON_MS - 900 * 86_400_000;
      const times = [0, 1_000, 3 * HOUR_MS - 1, 3 * HOUR_MS, -86_400_000 * 40].map((ms) => longAgo + ms);
      for (const sensor of ["a", "b"]) await store.write(times.map((at) => aPoint({ station: "walk", sensor, at })));
      await store.write([aPoint({ station: "walk-2", at: longAgo + 5 * HOUR_MS })]);

      const found: string[] = [];
      for (let before: number | null = longAgo + 5 * HOUR_MS; before !== null; ) {
        const step = await store.hoursWithPoints(before);
        const ofStep = step.hours.map(({ station, start }) => `${station} ${(start - longAgo) / HOUR_MS}`);
        found.push(ofStep.toSorted().join());
        before = step.nextMs;
      }

      expect(found).toEqual(["walk 0,walk 2,walk 3", "walk -960", ""]);
    });

    it("forgets what is older than a moment, one resolution at a time, in steps that end", async () => {
      const old = Array.from({ length: 50 }, (_, n) =>
        aWindow({ station: `old-${n % 5}`, resolution: "m1", start: NOON_MS - (n + 1) * 86_400_000 }),
      );
      const kept = [
        aWindow({ station: "old-0", resolution: "m1" }),
        aWindow({ station: "old-0", start: NOON_MS - 86_400_000 }),
      ];
      await store.keepWindows([...old, ...kept]);

      for (let steps = 0; await store.forget("m1", NOON_MS); steps += 1) expect(steps).toBeLessThan(100);

      const everything = { fromMs: 0, toMs: NOON_MS * 2 };
      const stations = old.map(({ station }) => station);
      expect(await store.windows({ ...everything, stations, resolution: "m1" })).toEqual([kept[0]]);
      expect(await store.windows({ ...everything, stations, resolution: "h1" })).toEqual([kept[1]]);
    });

    it("forgets points, and keeps those of the moment itself and after", async () => {
      const station = "old-points";
      const times = [-2, -1, 0, 1].map((day) => NOON_MS - 200 * 86_400_000 + day * 86_400_000);
      await store.write(times.map((at) => aPoint({ station, at })));
      const border = times[2] ?? 0;

      while (await store.forget("raw", border));

      const points = await store.points({ stations: [station], fields: ["pm25"], fromMs: 0, toMs: NOON_MS * 2 });
      expect(points.map(({ at }) => at)).toEqual(times.slice(2));
    });
  });
}
