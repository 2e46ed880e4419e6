import { type ByteAddress, openByteSource } from "./byte-source.ts";
import { createSds011Parser, type Sds011Frame } from "./sds011-frames.ts";
import type { Sensor, SensorValues } from "./sensor.ts";

/** What an SDS011 measures; a replay of a recording that has no PM10 leaves it out. */
export type Sds011Field = "pm25" | "pm10";

/** How an SDS011 is opened. */
export interface Sds011Options {
  readonly name: string;
  readonly fields: readonly Sds011Field[];
  readonly address: ByteAddress;
  /** Says that the line could not be opened or was lost. */
  readonly onLost: (reason: string) => void;
  readonly random: () => number;
  /** A TCP line on which nothing comes for so long is opened anew; 30 s if not said. */
  readonly silentMs?: number;
}

/** Nova SDS011 on a serial line or a socket: it sends a frame each second by itself, we only listen. */
export function openSds011Sensor({ name, fields, address, onLost, random, silentMs }: Sds011Options): Sensor {
  const parser = createSds011Parser();
  let frames: Sds011Frame[] = [];
  const source = openByteSource(
    address,
    {
      onOpen: () => parser.reset(),
      onBytes: (bytes) => {
        frames.push(...parser.push(bytes));
      },
      onLost,
    },
    random,
    silentMs,
  );
  return {
    name,
    model: "sds011",
    sample: async () => {
      const round = frames;
      frames = [];
      return round.length === 0 ? undefined : meanOf(round, fields);
    },
    health: () => ({ isReachable: source.isOpen, badFrames: parser.badFrames, trouble: source.trouble }),
    close: () => source.close(),
  };
}

/** The mean of at least one frame, in µg/m³; one frame alone gives exactly what it says. */
export function meanOf(frames: readonly Sds011Frame[], fields: readonly Sds011Field[]): SensorValues {
  const mean = (tenths: (frame: Sds011Frame) => number) => {
    const sum = frames.reduce((total, frame) => total + tenths(frame), 0);
    // Three decimals: far below what the instrument resolves, and short on the wire.
    return Math.round((sum * 100) / frames.length) / 1000;
  };
  return {
    ...(fields.includes("pm25") && { pm25: mean(({ pm25Tenths }) => pm25Tenths) }),
    ...(fields.includes("pm10") && { pm10: mean(({ pm10Tenths }) => pm10Tenths) }),
  };
}
