import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findIioSensors } from "../../../edge/sensors/iio-sensor.ts";
import type { Sensor, SensorValues } from "../../../edge/sensors/sensor.ts";
import { supportOf } from "../../../edge/sensors/supported.ts";
import { behavesLikeASensor } from "../../suites/sensor.suite.ts";
import { tempFolder } from "../../support/temp-folder.ts";

async function iioFolder(devices: Readonly<Record<string, Readonly<Record<string, string>>>>): Promise<string> {
  const folder = await tempFolder();
  for (const [device, files] of Object.entries(devices)) {
    await mkdir(join(folder, device));
    for (const [file, text] of Object.entries(files)) await writeFile(join(folder, device, file), `${text}\n`);
  }
  return folder;
}

const BME280 = {
  name: "bme280",
  in_temp_input: "21340",
  in_humidityrelative_input: "45678",
  in_pressure_input: "101.325",
};
const find = (folder: string, taken: ReadonlySet<string> = new Set(), unreadable: string[] = []) =>
  findIioSensors(folder, taken, (reason) => unreadable.push(reason));

const valuesOf = async (sensor: Sensor | undefined) => (await sensor?.sample())?.values;

/** Devices as the kernel's drivers show them, and what they measure in our units. */
const DRIVERS: readonly (readonly [string, Readonly<Record<string, string>>, SensorValues])[] = [
  ["bme280", BME280, { temperature: 21.34, humidity: 45.678, pressure: 1013.25 }],
  [
    "bme680",
    { ...BME280, name: "bme680", in_resistance_input: "12946" },
    { temperature: 21.34, humidity: 45.678, pressure: 1013.25, gas_resistance: 12946 },
  ],
  // drivers/iio/chemical/scd4x.c: raw ticks, and the scale of the datasheet's formulas; here 25 °C, 37 %, 500 ppm.
  [
    "scd41",
    {
      name: "scd41",
      in_concentration_co2_raw: "500",
      in_concentration_co2_scale: "0.000100",
      in_temp_raw: "26215",
      in_temp_offset: "-16852.114286",
      in_temp_scale: "2.670288086",
      in_humidityrelative_raw: "24249",
      in_humidityrelative_scale: "1.525878906",
    },
    { co2: 500, temperature: 25.002, humidity: 37.001 },
  ],
  // drivers/iio/chemical/scd30_core.c: the pressure is an output, what it is told.
  [
    "scd30",
    {
      name: "scd30",
      in_concentration_co2_raw: "612",
      in_concentration_co2_scale: "0.0001",
      in_temp_input: "-1500",
      in_humidityrelative_input: "80120",
      out_pressure_raw: "1013",
    },
    { co2: 612, temperature: -1.5, humidity: 80.12 },
  ],
  [
    "sps30",
    {
      name: "sps30",
      in_massconcentration_pm1_input: "5.210000",
      in_massconcentration_pm2p5_input: "9.500000",
      in_massconcentration_pm4_input: "12.600000",
      in_massconcentration_pm10_input: "13.300000",
      in_massconcentration_scale: "0.010000",
    },
    { pm1: 5.21, pm25: 9.5, pm4: 12.6, pm10: 13.3 },
  ],
  // drivers/iio/chemical/sgp40.c: ticks, and an index; what it is told of the climate is no measurement.
  [
    "sgp40",
    {
      name: "sgp40",
      in_resistance_raw: "30512",
      in_resistance_calibbias: "30000",
      in_concentration_input: "104.5",
      out_temp_raw: "25000",
      out_humidityrelative_raw: "50000",
    },
    { gas_ticks: 30512, voc_index: 104.5 },
  ],
];

for (const [driver, files, values] of DRIVERS) {
  describe(`findIioSensors with a ${driver}`, () => {
    behavesLikeASensor(async () => {
      const folder = await iioFolder({ "iio:device0": files });
      const device = join(folder, "iio:device0");
      const aside = join(folder, "aside");
      const measuring = Object.keys(files).filter((name) => name !== "name");
      const [sensor] = await find(folder);
      if (sensor === undefined) throw new Error(`no sensor in ${folder}`);
      const vanish = () => rename(device, aside);
      const writeAll = async () => {
        for (const name of measuring) await writeFile(join(device, name), `${files[name]}\n`);
      };
      return {
        sensor,
        values,
        speak: writeAll,
        fallSilent: async () => {
          for (const name of measuring) await rm(join(device, name));
        },
        sayNonsense: async () => {
          for (const name of measuring) await writeFile(join(device, name), "nan\n");
        },
        vanish,
        comeBack: () => rename(aside, device),
      };
    });
  });
}

describe("findIioSensors", () => {
  it("gives what is measured at this moment, and knows its model", async () => {
    const [sensor] = await find(await iioFolder({ "iio:device0": BME280 }));

    expect(await sensor?.sample()).toMatchObject({ status: [], windowMs: undefined });
    expect(supportOf("scd41")?.model).toBe("scd4x");
  });

  it("reads a sensor of the kernel in °C, percent and hectopascal", async () => {
    const folder = await iioFolder({ "iio:device0": BME280 });

    const [sensor] = await find(folder);

    expect(sensor?.name).toBe("bme280");
    expect(await valuesOf(sensor)).toEqual({ temperature: 21.34, humidity: 45.678, pressure: 1013.25 });
  });

  it("computes raw values with offset and scale", async () => {
    const raw = { name: "sht3x", in_temp_raw: "-100", in_temp_offset: "20", in_temp_scale: "12.5" };
    const folder = await iioFolder({ "iio:device0": raw });

    const [sensor] = await find(folder);

    expect(await valuesOf(sensor)).toEqual({ temperature: -1 });
  });

  it("passes over devices without a channel that we know and gives equal ones different names", async () => {
    const folder = await iioFolder({
      "iio:device0": { name: "ads1115", in_voltage0_raw: "3" },
      "iio:device1": BME280,
      "iio:device2": BME280,
    });

    const sensors = await find(folder, new Set(["bme280"]));

    expect(sensors.map(({ name }) => name)).toEqual(["bme280-2", "bme280-3"]);
  });

  it("finds none where the machine has no such folder", async () => {
    expect(await find("/there/is/no/such/folder")).toEqual([]);
  });

  it("has a sensor that is not reachable where a folder cannot be read, and says so", async () => {
    const folder = join(await tempFolder(), "devices");
    await writeFile(folder, "not a folder");
    const unreadable: string[] = [];

    const [sensor] = await find(folder, new Set(), unreadable);

    const trouble = `${folder} cannot be read (ENOTDIR)`;
    expect(unreadable).toEqual([trouble]);
    expect(sensor?.health()).toMatchObject({ isReachable: false, badFrames: 0, trouble });
    await expect(sensor?.sample()).rejects.toMatchObject({ code: "sensor-unreadable" });
  });

  it("measures with a device whose name cannot be read, and says so", async () => {
    const folder = await iioFolder({ "iio:device0": { in_temp_input: "1000" } });
    await mkdir(join(folder, "iio:device0", "name"));
    const unreadable: string[] = [];

    const [sensor] = await find(folder, new Set(), unreadable);

    expect(unreadable).toEqual([expect.stringMatching(/name cannot be read \(EISDIR\)/)]);
    expect(sensor?.health().isReachable).toBe(false);
    expect(await valuesOf(sensor)).toEqual({ temperature: 1 });
    expect(sensor).toMatchObject({ name: "climate", model: "climate" });
  });

  it("measures without a file that holds no number, and says which one it is until it does", async () => {
    const folder = await iioFolder({ "iio:device0": { ...BME280, in_temp_input: "nan" } });
    const [sensor] = await find(folder);

    expect(await valuesOf(sensor)).toEqual({ humidity: 45.678, pressure: 1013.25 });
    expect(sensor?.health()).toMatchObject({
      badFrames: 1,
      trouble: expect.stringContaining("in_temp_input holds no"),
    });
    await writeFile(join(folder, "iio:device0", "in_temp_input"), "1000\n");

    expect(await valuesOf(sensor)).toMatchObject({ temperature: 1 });
    expect(sensor?.health()).toMatchObject({ isReachable: true, badFrames: 1, trouble: null });
  });

  it("measures without a file that has vanished, and says what is gone until it is back", async () => {
    const folder = await iioFolder({ "iio:device0": BME280 });
    const [sensor] = await find(folder);
    await sensor?.sample();

    await rm(join(folder, "iio:device0", "in_temp_input"));
    expect(await valuesOf(sensor)).toEqual({ humidity: 45.678, pressure: 1013.25 });
    expect(sensor?.health()).toMatchObject({ badFrames: 1, trouble: "gone: temperature" });
    await writeFile(join(folder, "iio:device0", "in_temp_input"), "1000\n");

    expect(await valuesOf(sensor)).toMatchObject({ temperature: 1 });
    expect(sensor?.health()).toMatchObject({ isReachable: true, trouble: null });
  });

  it("rejects where no file at all holds a number", async () => {
    const folder = await iioFolder({ "iio:device0": { name: "bme280", in_temp_input: "nan" } });
    const [sensor] = await find(folder);

    await expect(sensor?.sample()).rejects.toMatchObject({ code: "sensor-unreadable", retry: true });
    expect(sensor?.health()).toMatchObject({ isReachable: false, badFrames: 1 });
  });

  it("is silent when the device is gone and speaks when it is back", async () => {
    const folder = await iioFolder({ "iio:device0": BME280 });
    const [sensor] = await find(folder);

    await rm(join(folder, "iio:device0"), { recursive: true });
    const gone = await sensor?.sample();

    expect(gone).toBeUndefined();
    expect(sensor?.health().isReachable).toBe(false);
  });
});
