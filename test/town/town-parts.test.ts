import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Registry } from "#contract/registry.ts";
import { randomFrom } from "../../models/random.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { recordedAir, simulatedAir } from "./air-source.ts";
import { readOptions } from "./options.ts";
import { townRegistry } from "./places.ts";
import { sds011Frame } from "./sds011-simulator.ts";

describe("the town's registry", () => {
  it("is a valid one: two municipalities, a dozen posts and forty sites at least, all marked demo", () => {
    const registry = Registry.parse(townRegistry());

    expect(registry.municipalities).toHaveLength(2);
    expect(registry.stations.length).toBeGreaterThanOrEqual(13);
    expect(registry.sites.length).toBeGreaterThanOrEqual(40);
    expect([...registry.stations, ...registry.sites].every(({ demo }) => demo)).toBe(true);
  });
});

describe("the simulated SDS011", () => {
  it("speaks the bytes of its protocol", () => {
    // 0.6 µg/m³ twice; a real frame with the same values is aa c0 06 00 06 00 58 d9 3d ab (other identity bytes).
    const frame = sds011Frame(0.6, 0.6);

    expect([...frame]).toEqual([0xaa, 0xc0, 6, 0, 6, 0, 0x54, 0x17, 0x77, 0xab]);
  });
});

describe("a recording", () => {
  it("gives one sensor's rows in order of time, in °C, and starts again at the end", async () => {
    const file = join(await tempFolder(), "purpleair.csv");
    await writeFile(
      file,
      "id,time_stamp,pm2.5_atm_a,temperature,humidity,pressure\n7,20,2.5,68,40,1000\n8,5,99,0,0,0\n7,10,1.5,50,41,1001\n",
    );

    const air = await recordedAir(file, "7");

    expect(air.replay).toBe("purpleair.csv#7");
    expect(air.hasPm10).toBe(false);
    expect(air.next()).toEqual({ pm25: 1.5, pm10: null, temperature: 10, humidity: 41, pressure: 1001 });
    expect(air.next()).toMatchObject({ pm25: 2.5, temperature: 20 });
    expect(air.next()).toMatchObject({ pm25: 1.5 });
  });

  it("without a row of that sensor is one clear error", async () => {
    const file = join(await tempFolder(), "empty.csv");
    await writeFile(file, "sensor_id;timestamp;P1;P2\n1;2024-01-01;3;2\n");

    await expect(recordedAir(file, "2")).rejects.toThrow(/no usable row of the sensor 2/);
  });
});

describe("the simulated air", () => {
  it("stays within what the sensors can measure", () => {
    const air = simulatedAir(randomFrom(1), () => 0);

    for (let round = 0; round < 5000; round++) {
      const { pm25, pm10 } = air.next();
      expect(pm25).toBeGreaterThanOrEqual(0.3);
      expect(pm10).toBeLessThan(999.9);
    }
  });
});

describe("the town's command line", () => {
  it("wants a recording and a sensor together", () => {
    expect(() => readOptions(["--air", "x.csv"])).toThrow(/belong together/);
    expect(readOptions(["--air", "x.csv", "--air-id", "7"]).air).toEqual({ file: "x.csv", id: "7" });
    expect(() => readOptions(["--foto", "x"])).toThrow();
  });
});
