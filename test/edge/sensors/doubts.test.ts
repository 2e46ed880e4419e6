import { describe, expect, it } from "vitest";
import { createDoubts, type Doubts } from "../../../edge/sensors/doubts.ts";
import type { Measurement, SensorValues } from "../../../edge/sensors/sensor.ts";

const HOUR_MS = 3_600_000;
const SDS011 = { name: "sds011", model: "sds011" };
const BME280 = { name: "bme280", model: "bme280" };

const measured = (values: SensorValues, status: Measurement["status"] = []): Measurement => ({
  values,
  status,
  windowMs: undefined,
});

/** The doubts of a particle sensor's answer, beside a thermometer where one is given. */
function doubtsOf(doubts: Doubts, values: SensorValues, up: number, celsius?: number): readonly string[] {
  const particles = { sensor: SDS011, measurement: measured(values), up };
  const climate =
    celsius === undefined ? [] : [{ sensor: BME280, measurement: measured({ temperature: celsius }), up }];
  return doubts.of([particles, ...climate])[0] ?? [];
}

describe("createDoubts", () => {
  it.each([
    [-10.1, ["out-of-spec-temperature"]],
    [-10, []],
    [50, []],
    [50.1, ["out-of-spec-temperature"]],
  ])("at %d °C says %j of an SDS011, by the climate sensor beside it", (celsius, expected) => {
    expect(doubtsOf(createDoubts(), { pm25: 12 }, 0, celsius)).toEqual(expected);
  });

  it("remembers the temperature for ten minutes, and says nothing where there is no thermometer", () => {
    const doubts = createDoubts();
    doubtsOf(doubts, { pm25: 12 }, 0, -30);

    expect(doubtsOf(doubts, { pm25: 13 }, 9 * 60_000)).toEqual(["out-of-spec-temperature"]);
    expect(doubtsOf(doubts, { pm25: 14 }, 11 * 60_000)).toEqual([]);
    expect(doubtsOf(createDoubts(), { pm25: 12 }, 0)).toEqual([]);
  });

  it("believes an instrument's own thermometer", () => {
    const sensor = { name: "pms5003t", model: "pms5003t" };
    const measurement = measured({ pm25_atm: 3, temperature: -25 });

    expect(createDoubts().of([{ sensor, measurement, up: 0 }])).toEqual([["out-of-spec-temperature"]]);
  });

  it("calls a value stuck after three hours without any change, and no longer once it changes", () => {
    const doubts = createDoubts();
    for (let up = 0; up < 3 * HOUR_MS; up += 60_000) expect(doubtsOf(doubts, { pm25: 5, pm10: 6 }, up)).toEqual([]);

    expect(doubtsOf(doubts, { pm25: 5, pm10: 6 }, 3 * HOUR_MS)).toEqual(["stuck"]);
    expect(doubtsOf(doubts, { pm25: 5, pm10: 6.1 }, 3 * HOUR_MS + 60_000)).toEqual([]);
    expect(doubtsOf(doubts, { pm25: 5, pm10: 6.1 }, 5 * HOUR_MS)).toEqual([]);
  });

  it("does not call clean air stuck", () => {
    const doubts = createDoubts();
    doubtsOf(doubts, { pm25: 0, pm10: 0 }, 0);

    expect(doubtsOf(doubts, { pm25: 0, pm10: 0 }, 24 * HOUR_MS)).toEqual([]);
  });

  it("marks more than the instrument can measure, and keeps what it said of itself", () => {
    const measurement = measured({ pm25: 999.9, pm10: 999.9 }, ["warming-up"]);

    expect(createDoubts().of([{ sensor: SDS011, measurement, up: 0 }])).toEqual([["warming-up", "over-range"]]);
    expect(doubtsOf(createDoubts(), { pm25: 999.7 }, 0)).toEqual([]);
  });

  it("has no limits for a model of which none are known", () => {
    const sensor = { name: "x", model: "unheard-of" };

    expect(createDoubts().of([{ sensor, measurement: measured({ temperature: -60 }), up: 0 }])).toEqual([[]]);
  });
});
