import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findIioClimateSensors } from "../../../edge/sensors/iio-climate-sensor.ts";
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
  findIioClimateSensors(folder, taken, (reason) => unreadable.push(reason));

describe("findIioClimateSensors", () => {
  it("reads a sensor of the kernel in °C, percent and hectopascal", async () => {
    const folder = await iioFolder({ "iio:device0": BME280 });

    const [sensor] = await find(folder);

    expect(sensor?.name).toBe("bme280");
    expect(await sensor?.sample()).toEqual({ temperature: 21.34, humidity: 45.678, pressure: 1013.25 });
  });

  it("computes raw values with offset and scale", async () => {
    const raw = { name: "sht3x", in_temp_raw: "-100", in_temp_offset: "20", in_temp_scale: "12.5" };
    const folder = await iioFolder({ "iio:device0": raw });

    const [sensor] = await find(folder);

    expect(await sensor?.sample()).toEqual({ temperature: -1 });
  });

  it("passes over devices without a climate channel and gives equal ones different names", async () => {
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
    expect(sensor?.health()).toEqual({ isReachable: false, badFrames: 0, trouble });
    await expect(sensor?.sample()).rejects.toMatchObject({ code: "sensor-unreadable" });
  });

  it("measures with a device whose name cannot be read, and says so", async () => {
    const folder = await iioFolder({ "iio:device0": { in_temp_input: "1000" } });
    await mkdir(join(folder, "iio:device0", "name"));
    const unreadable: string[] = [];

    const [sensor] = await find(folder, new Set(), unreadable);

    expect(unreadable).toEqual([expect.stringMatching(/name cannot be read \(EISDIR\)/)]);
    expect(sensor?.health().isReachable).toBe(false);
    expect(await sensor?.sample()).toEqual({ temperature: 1 });
    expect(sensor).toMatchObject({ name: "climate", model: "climate" });
  });

  it("rejects a file that holds no number, and measures again once it does", async () => {
    const folder = await iioFolder({ "iio:device0": { ...BME280, in_temp_input: "nan" } });
    const [sensor] = await find(folder);

    await expect(sensor?.sample()).rejects.toMatchObject({ code: "sensor-unreadable" });
    await writeFile(join(folder, "iio:device0", "in_temp_input"), "1000\n");

    expect(await sensor?.sample()).toMatchObject({ temperature: 1 });
    expect(sensor?.health()).toEqual({ isReachable: true, badFrames: 1, trouble: null });
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
