import { join } from "node:path";
import type { Clock } from "#kit/clock.ts";
import { type Closer, closeAll } from "#kit/closer.ts";
import type { Logger } from "#kit/logger.ts";
import type { ByteAddress } from "../../firmware-config/settings/byte-address.ts";
import type { EdgeConfig } from "../../firmware-config/settings/edge-settings.ts";
import type { Counters } from "../health/counters.ts";
import type { Pace } from "../pace.ts";
import { findIioSensors } from "./iio-sensor.ts";
import type { Instrument } from "./instrument.ts";
import { type LaserHours, openLaserHours } from "./laser-hours.ts";
import { type LineSensor, openLineSensor } from "./line-sensor.ts";
import { createPlantower } from "./plantower-instrument.ts";
import { createSds011 } from "./sds011-instrument.ts";
import type { Sensor } from "./sensor.ts";
import type { Duty } from "./sleep-rhythm.ts";
import { createSps30 } from "./sps30-instrument.ts";

/** What sensors share. */
export interface SensorParts {
  readonly counters: Counters;
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: () => number;
  readonly pace: Pick<Pace, "now" | "onChange">;
}

/** A line that the settings name, and who speaks on it. */
interface NamedLine {
  readonly name: string;
  readonly address: ByteAddress | undefined;
  readonly createInstrument: () => Instrument;
}

/** The table of instruments on lines: what each setting opens. */
function linesOf(config: EdgeConfig): readonly NamedLine[] {
  const { PARTICLE_ASK: isAsked, PMS_MODEL: model } = config;
  const createPms = () => createPlantower({ model, isAsked });
  return [
    {
      name: config.SDS011_SENSOR,
      address: config.SDS011,
      createInstrument: () => createSds011({ fields: config.SDS011_FIELDS, isAsked }),
    },
    // Channels A and B of one post are two sensors.
    { name: model, address: config.PMS, createInstrument: createPms },
    { name: `${model}-b`, address: config.PMS_B, createInstrument: createPms },
    { name: "sps30", address: config.SPS30, createInstrument: createSps30 },
  ];
}

/** The sensors of a device. */
export interface SensorSet extends Closer {
  readonly sensors: readonly Sensor[];
}

/** Every sensor that the settings name, and those of the kernel. */
export async function openSensors(config: EdgeConfig, parts: SensorParts): Promise<SensorSet> {
  const { counters, log } = parts;
  const lines = linesOf(config);
  const onTrouble = (reason: string) => {
    counters.count("laser-hours-unkept");
    log.warn({ event: "laser-hours.unkept", reason }, "the count of laser hours is not as it should be");
  };
  const hasLine = lines.some(({ address }) => address !== undefined);
  const hours = hasLine ? await openLaserHours(join(config.DATA_DIR, "laser-hours.json"), onTrouble) : undefined;
  const onLines = lines.flatMap((line) => openLine(line, parts, hours));
  const stopListening = parts.pace.onChange(() => {
    for (const sensor of onLines) sensor.setDuty(dutyOf(parts.pace));
  });
  const onUnreadable = (reason: string) => {
    counters.count("sensor-unreadable");
    log.warn({ event: "sensor.unreadable", reason }, "a sensor of the kernel cannot be read; it is tried each round");
  };
  const taken = new Set(onLines.map(({ name }) => name));
  const sensors = [...onLines, ...(await findIioSensors(config.IIO_DIR, taken, onUnreadable))];
  const listening: Closer = { close: async () => stopListening() };
  return { sensors, close: () => closeAll([...(hours ? [hours] : []), ...sensors, listening]) };
}

function dutyOf(pace: Pick<Pace, "now">): Duty {
  const { everyMs, particleWorkMs } = pace.now();
  return { everyMs, workMs: particleWorkMs };
}

function openLine(
  { name, address, createInstrument }: NamedLine,
  { counters, log, clock, random, pace }: SensorParts,
  hours: LaserHours | undefined,
): readonly LineSensor[] {
  if (address === undefined) return [];
  const onLost = (reason: string) => {
    counters.count("sensor-lost");
    log.warn({ event: "sensor.lost", sensor: name, reason }, "the line to a sensor is lost; it is opened again");
  };
  const instrument = createInstrument();
  return [openLineSensor({ name, instrument, address, onLost, random, clock, hours, duty: dutyOf(pace) })];
}
