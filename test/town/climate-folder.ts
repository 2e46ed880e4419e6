import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Air } from "./air-source.ts";

/**
 * Writes the air as the kernel's IIO driver of a BME280 shows it below /sys/bus/iio/devices: m°C, m%, kPa.
 * Source: Linux, Documentation/ABI/testing/sysfs-bus-iio.
 */
export async function writeClimate(folder: string, air: Air): Promise<void> {
  const device = join(folder, "iio:device0");
  await mkdir(device, { recursive: true });
  const files = {
    name: "bme280",
    in_temp_input: String(Math.round(air.temperature * 1000)),
    in_humidityrelative_input: String(Math.round(air.humidity * 1000)),
    in_pressure_input: (air.pressure / 10).toFixed(6),
  };
  for (const [name, text] of Object.entries(files)) {
    const next = join(folder, `.${name}.next`);
    await writeFile(next, `${text}\n`);
    await rename(next, join(device, name));
  }
}
