import type { Logger } from "#kit/logger.ts";
import type { EdgeConfig } from "../config.ts";
import type { Counters } from "../health/counters.ts";
import { findIioClimateSensors } from "./iio-climate-sensor.ts";
import { openSds011Sensor } from "./sds011-sensor.ts";
import type { Sensor } from "./sensor.ts";

/** The table of sensors: every one that the settings name. */
export async function openSensors(
  config: EdgeConfig,
  counters: Counters,
  log: Logger,
  random: () => number,
): Promise<Sensor[]> {
  const sensors: Sensor[] = [];
  if (config.SDS011 !== undefined) {
    const name = config.SDS011_SENSOR;
    const onLost = (reason: string) => {
      counters.count("sensor-lost");
      log.warn({ event: "sensor.lost", sensor: name, reason }, "the line to a sensor is lost; it is opened again");
    };
    sensors.push(openSds011Sensor({ name, fields: config.SDS011_FIELDS, address: config.SDS011, onLost, random }));
  }
  const taken = new Set(sensors.map(({ name }) => name));
  const onUnreadable = (reason: string) => {
    counters.count("sensor-unreadable");
    log.warn({ event: "sensor.unreadable", reason }, "a climate sensor cannot be read; it is tried again each round");
  };
  return [...sensors, ...(await findIioClimateSensors(config.IIO_DIR, taken, onUnreadable))];
}
