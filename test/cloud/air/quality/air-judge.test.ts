import { array, assert, constantFrom, double, integer, property, record } from "fast-check";
import { describe, expect, it } from "vitest";
import type { Station } from "#contract/registry.ts";
import { createAirJudge, type StationSample } from "../../../../cloud/air/quality/air-judge.ts";
import { isFlag } from "../../../../cloud/air/quality/flags.ts";
import type { Judgement } from "../../../../cloud/air/quality/judgement.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const START = Date.UTC(2026, 6, 1);

/** Stations on a line, a kilometre from each to the next. */
function town(count: number): { readonly stations: readonly Station[] } {
  const stations = Array.from({ length: count }, (_, i): Station => {
    const name = { ru: `s${i}`, en: `s${i}` };
    return { id: `s${i}`, tenant: "town", municipality: "town", name, position: [61 + i * 0.0157, 55], demo: false };
  });
  return { stations };
}

function aSample(change: Partial<StationSample> & { readonly mass?: number } = {}): StationSample {
  const { mass = 10, ...rest } = change;
  const at = rest.at ?? START;
  const place = { tenant: "town", station: "s0", sensor: "sds", model: "sds011", device: `d-${rest.station ?? "s0"}` };
  return {
    ...place,
    at,
    values: { pm25: mass },
    status: [],
    clock: "ntp",
    isTimeRepaired: false,
    newestAt: at,
    ...rest,
  };
}

/** Judges minutes one after the other as they would come in live; gives the judgements of the last minute by station. */
function liveMinutes(
  registry: ReturnType<typeof town>,
  minutes: number,
  massOf: (station: number, minute: number) => number | null,
  judge = createAirJudge(),
): ReadonlyMap<string, Judgement> {
  let last = new Map<string, Judgement>();
  for (let minute = 0; minute < minutes; minute++) {
    const at = START + minute * MINUTE_MS;
    const samples = registry.stations.flatMap(({ id }, i) => {
      const mass = massOf(i, minute);
      return mass === null ? [] : [aSample({ station: id, at, mass })];
    });
    const judgements = judge.judge(samples, registry, at);
    last = new Map(
      samples.flatMap(({ station }, i) => (judgements[i] === undefined ? [] : [[station, judgements[i]]])),
    );
  }
  return last;
}

/** A little different at each station and minute, as real air is. */
const ripple = (station: number, minute: number) => 1 + 0.08 * Math.sin(station * 2.1 + minute * 0.7);

describe("the judge of the air", () => {
  it("keeps smoke that a whole town sees, from its first minute on", () => {
    const judged = liveMinutes(town(8), 31, (i, minute) => (minute < 30 ? 9 : 320) * ripple(i, minute));

    for (const { flags, confidence } of judged.values()) {
      expect(flags).not.toContain("spike");
      expect(flags).not.toContain("neighbours-differ");
      expect(confidence).toBeGreaterThanOrEqual(0.5);
    }
  });

  it("keeps zeros in clean air, for however many hours", () => {
    const judged = liveMinutes(town(5), 5 * 60, () => 0);

    for (const { flags, confidence } of judged.values()) {
      expect(flags).toEqual([]);
      expect(confidence).toBeGreaterThanOrEqual(0.5);
    }
  });

  it("doubts one sensor that alone says what nobody around it does, and shows it", () => {
    const judged = liveMinutes(town(6), 60, (i, minute) => (i === 2 ? 180 : 12) * ripple(i, minute));

    expect(judged.get("s2")).toMatchObject({ flags: ["neighbours-differ"] });
    expect(judged.get("s2")?.confidence).toBeLessThan(0.5);
    expect(judged.get("s3")).toMatchObject({ flags: [] });
  });

  it("calls a jump of one minute a spike, and three minutes of it a level", () => {
    const masses = [8, 8, 9, 8, 8, 240, 8, 240, 240, 240, 240];
    const judge = createAirJudge();
    const flags = masses.map((mass, minute) => {
      const at = START + minute * MINUTE_MS;
      return judge.judge([aSample({ at, mass })], town(1), at)[0]?.flags.includes("spike");
    });

    expect(flags).toEqual([false, false, false, false, false, true, false, true, true, false, false]);
  });

  it("says of the first samples of a sensor that it has no memory of it yet", () => {
    const [first] = createAirJudge().judge([aSample()], town(1), START);

    expect(first?.unchecked).toEqual(["memory", "climate", "neighbours"]);
  });

  it("finds a value that has not changed for three hours, also over a start in between", () => {
    const before = createAirJudge();
    for (let minute = 0; minute <= 120; minute += 5) {
      const at = START + minute * MINUTE_MS;
      before.judge([aSample({ at, mass: 17.3 })], town(1), at);
    }
    const text = before.memoryOf("s0", "sds");
    const after = createAirJudge({ recall: () => text });
    const at = START + 3 * HOUR_MS;

    expect(after.judge([aSample({ at: at - MINUTE_MS, mass: 17.3 })], town(1), at)[0]?.flags).toEqual([]);
    expect(after.judge([aSample({ at, mass: 17.3 })], town(1), at)[0]?.flags).toEqual(["flatline"]);
  });

  it("holds two channels of one device against each other, whichever comes first", () => {
    const a = aSample({ sensor: "pms", model: "pms5003", values: { pm25_atm: 10 } });
    const b = aSample({ sensor: "pms-b", model: "pms5003", values: { pm25_atm: 20.9 } });

    for (const pair of [
      [a, b],
      [b, a],
    ]) {
      const judged = createAirJudge().judge(pair, town(1), START);
      expect(judged.map(({ flags }) => flags)).toEqual([["channels-disagree"], ["channels-disagree"]]);
    }
  });

  it("finds a channel that is dead at zero beside one that is not", () => {
    const judge = createAirJudge();
    let last: readonly Judgement[] = [];
    for (let minute = 0; minute <= 180; minute += 2) {
      const at = START + minute * MINUTE_MS;
      const channel = (sensor: string, mass: number) =>
        aSample({ at, sensor, model: "pms5003", values: { pm25_atm: mass } });
      last = judge.judge([channel("pms", 3 + ripple(1, minute)), channel("pms-b", 0)], town(1), at);
    }

    expect(last.map(({ flags }) => flags)).toEqual([[], ["flatline"]]);
  });

  it("doubts what was measured in fog, in frost and beyond the range, by the nearest climate of the station", () => {
    const inAir = (temperature: number, humidity: number, mass = 12) => {
      const climate = aSample({
        sensor: "bme",
        model: "bme280",
        at: START - 9 * MINUTE_MS,
        values: { temperature, humidity },
      });
      return createAirJudge().judge([aSample({ mass }), climate], town(1), START)[0]?.flags;
    };

    expect(inAir(5, 60)).toEqual([]);
    expect(inAir(5, 80)).toEqual(["humid"]);
    expect(inAir(5, 99)).toEqual(["fog"]);
    expect(inAir(-25, 60)).toEqual(["too-cold"]);
    expect(inAir(55, 20)).toEqual(["too-hot"]);
    expect(inAir(5, 60, 2_000)).toEqual(["out-of-range"]);
  });

  it("calls late what is late, and holds nothing against its value", () => {
    const [hoursLate] = createAirJudge().judge([aSample()], town(1), START + 5 * HOUR_MS);
    const [ofAPack] = createAirJudge().judge([aSample({ newestAt: START + HOUR_MS })], town(1), START + HOUR_MS);
    const [inTime] = createAirJudge().judge([aSample()], town(1), START);

    expect(hoursLate?.flags).toEqual(["replayed", "late"]);
    expect(ofAPack?.flags).toEqual([]);
    expect(hoursLate?.confidence).toBe(inTime?.confidence);
  });

  it("finds a sensor that says three times as much as its neighbours for weeks, and forgives it one day", () => {
    const flagsAfter = (days: number) => {
      const judge = createAirJudge();
      const registry = town(5);
      let last: readonly Judgement[] = [];
      for (let hour = 0; hour <= days * 24; hour += 3) {
        const at = START + hour * HOUR_MS;
        const samples = registry.stations.map(({ id }, i) =>
          aSample({ station: id, at, mass: (i === 1 ? 15 : 5) * ripple(i, hour) }),
        );
        last = judge.judge(samples, registry, at);
      }
      return last.map(({ flags }) => flags.includes("drift"));
    };

    expect(flagsAfter(2)).toEqual([false, false, false, false, false]);
    expect(flagsAfter(16)).toEqual([false, false, false, false, false].with(1, false));
  });

  it("gives only known words, a confidence from 0 to 1 and finite values, whatever it is sent, and one for each sample", () => {
    const registry = town(5);
    const anySample = record({
      station: integer({ min: 0, max: 5 }),
      minute: integer({ min: -600, max: 600 }),
      mass: double({ min: -10, max: 5_000, noNaN: true }),
      humidity: double({ min: -20, max: 300, noNaN: true }),
      sensor: constantFrom("pms", "pms-b", "sds"),
      status: array(constantFrom("stuck", "warming-up", "unheard-of", "Not A Word"), { maxLength: 3 }),
    });
    assert(
      property(array(anySample, { maxLength: 40 }), (some) => {
        const samples = some.map(({ station, minute, mass, humidity, sensor, status }) => {
          const model = sensor === "sds" ? "sds011" : "pms5003";
          const values = sensor === "sds" ? { pm25: mass } : { pm25_atm: mass, humidity, temperature: -humidity };
          return aSample({ station: `s${station}`, at: START + minute * MINUTE_MS, sensor, model, values, status });
        });
        const judge = createAirJudge({
          onFault: (error) => {
            throw error;
          },
        });

        const judged = judge.judge(samples, registry, START);
        const again = judge.judge(samples, registry, START);

        expect(judged).toHaveLength(samples.length);
        for (const { flags, confidence, corrected } of [...judged, ...again]) {
          expect(flags.every(isFlag)).toBe(true);
          expect(new Set(flags).size).toBeLessThanOrEqual(flags.length);
          expect(confidence >= 0 && confidence <= 1).toBe(true);
          expect(corrected === null || (Number.isFinite(corrected) && corrected >= 0)).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("remembers a bounded number of samples and sensors of a station", () => {
    const judge = createAirJudge();
    const many = Array.from({ length: 5_000 }, (_, i) => aSample({ at: START + i, sensor: `x${i % 500}` }));

    judge.judge(many, town(1), START);

    expect(Array.from({ length: 500 }, (_, i) => judge.memoryOf("s0", `x${i}`)).filter(Boolean)).toHaveLength(32);
    expect(judge.memoryOf("s0", "x0")?.length).toBeLessThan(1_500);
  });
});

describe("a smog day", () => {
  const registry = town(12);
  const smoke = (i: number, minute: number) => 10 + Math.min(300, Math.max(0, minute - 60) * 4) * ripple(i, minute);

  it("keeps the town's smoke while one sensor says 2,000 µg/m³ and another 900, and names those two", () => {
    const judged = liveMinutes(registry, 240, (i, minute) => (i === 4 ? 2_000 : i === 7 ? 900 : smoke(i, minute)));

    expect(judged.get("s4")).toMatchObject({ confidence: 0 });
    expect(judged.get("s4")?.flags).toContain("out-of-range");
    expect(judged.get("s7")?.flags).toContain("neighbours-differ");
    expect(judged.get("s7")?.confidence).toBeLessThan(0.5);
    for (const [station, { confidence, flags }] of judged) {
      if (station !== "s4" && station !== "s7")
        expect([station, confidence >= 0.5, flags]).toEqual([station, true, []]);
    }
  });

  it("judges with those that are left when half of the stations fall silent, and says when too few are", () => {
    const halfSilent = liveMinutes(registry, 300, (i, minute) =>
      minute > 90 && i % 2 === 1 ? null : smoke(i, minute),
    );
    const lonely = liveMinutes(registry, 300, (i, minute) => (minute > 90 && i > 1 ? null : smoke(i, minute)));

    expect(halfSilent.size).toBe(6);
    for (const { confidence, unchecked } of halfSilent.values()) {
      expect(unchecked).not.toContain("neighbours");
      expect(confidence).toBeGreaterThanOrEqual(0.5);
    }
    expect(lonely.get("s0")?.unchecked).toContain("neighbours");
    expect(lonely.get("s0")?.confidence).toBeGreaterThanOrEqual(0.5);
  });
});
