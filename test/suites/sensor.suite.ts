import { expect, it } from "vitest";
import type { Measurement, Sensor, SensorValues } from "../../edge/sensors/sensor.ts";
import { until } from "../support/until.ts";

/** A sensor under test, and the instrument behind it. */
export interface SensorStage {
  readonly sensor: Sensor;
  /** What the instrument measures while it speaks. */
  readonly values: SensorValues;
  /** The instrument works from now on. */
  speak(): Promise<void>;
  /** It is there and says nothing. */
  fallSilent(): Promise<void>;
  /** What comes is no measurement: noise, half frames, wrong checksums, a file without a number. */
  sayNonsense(): Promise<void>;
  /** The way to it is lost: the plug is pulled, the file vanishes. */
  vanish(): Promise<void>;
  comeBack(): Promise<void>;
}

const sampleOf = (sensor: Sensor): Promise<Measurement> =>
  until("a sample", async () => await sensor.sample().catch(() => undefined));

/** Nothing more comes: a sample is empty, twice in a row. */
async function untilSilent(sensor: Sensor): Promise<void> {
  const isEmpty = async () => (await sensor.sample()) === undefined;
  await until("silence", async () => (await isEmpty()) && (await isEmpty()));
}

/** What every sensor must do. */
export function behavesLikeASensor(setUp: () => Promise<SensorStage>): void {
  it("measures what its instrument says", async () => {
    const { sensor, values, speak } = await setUp();
    await speak();

    const { values: measured, windowMs } = await sampleOf(sensor);

    expect(measured).toEqual(values);
    expect(windowMs ?? 0).toBeGreaterThanOrEqual(0);
    expect(sensor.health()).toMatchObject({ isReachable: true, hasSpoken: true, trouble: null });
  });

  it("makes nothing up for a silent instrument, and goes on when it speaks again", async () => {
    const { sensor, values, speak, fallSilent } = await setUp();
    await speak();
    await sampleOf(sensor);

    await fallSilent();
    await untilSilent(sensor);
    await speak();

    expect((await sampleOf(sensor)).values).toEqual(values);
  });

  it("counts nonsense, makes no measurement of it, and measures again after it", async () => {
    const { sensor, values, speak, sayNonsense } = await setUp();
    await speak();
    await sampleOf(sensor);
    await sayNonsense();

    await until("nonsense is counted", async () => {
      const sample = await sensor.sample().catch((error: unknown) => {
        expect(error).toMatchObject({ code: "sensor-unreadable", retry: true });
        return undefined;
      });
      if (sample !== undefined) expect(sample.values).toEqual(values);
      return sensor.health().badFrames > 0;
    });
    await speak();

    expect((await sampleOf(sensor)).values).toEqual(values);
  });

  it("says that the way to its instrument is lost, and measures again when it is back", async () => {
    const { sensor, values, speak, vanish, comeBack } = await setUp();
    await speak();
    await sampleOf(sensor);

    await vanish();
    await until("the loss is seen", async () => {
      await sensor.sample().catch(() => undefined);
      return !sensor.health().isReachable;
    });
    expect(sensor.health().trouble).toEqual(expect.any(String));
    await comeBack();
    await speak();

    expect((await sampleOf(sensor)).values).toEqual(values);
    expect(sensor.health()).toMatchObject({ isReachable: true, trouble: null });
  });

  it("closes while its instrument is away", async () => {
    const { sensor, vanish } = await setUp();
    await vanish();

    await expect(sensor.close()).resolves.toBeUndefined();
  });
}
