import type { Instrument, InstrumentReading, Moment } from "./instrument.ts";
import { isQuiet, MOST_TRIES } from "./instrument.ts";
import { createSds011Parser, SDS011_COMMANDS, type Sds011Frame, type Sds011Reply, sds011Say } from "./sds011-frames.ts";

/** What an SDS011 measures; a replay of a recording that has no PM10 leaves it out. */
export type Sds011Field = "pm25" | "pm10";

/** How an SDS011 is used. */
export interface Sds011Options {
  readonly fields: readonly Sds011Field[];
  /** Query mode: it speaks only when it is asked. Otherwise it speaks each second by itself. */
  readonly isAsked: boolean;
}

/** Protocol V1.3 recommends a query not more often than each 3 s. */
const QUERY_EVERY_MS = 3_000;

/** What it has said of its settings on this line. */
interface Known {
  mode?: number;
  period?: number;
  firmware?: string;
}

/**
 * Nova SDS011. Its settings (mode, its own duty cycle) live in its flash, so they are asked for and set only where they
 * differ. One sentence a second: it has little room for more.
 */
export function createSds011({ fields, isAsked }: Sds011Options): Instrument {
  const parser = createSds011Parser();
  let id: number | undefined;
  let known: Known = {};
  let tries = 0;
  let queriedMs: number | undefined;
  let isAsleep = false;
  let wasSound = false;

  function hear(frame: Sds011Frame): readonly InstrumentReading[] {
    id = frame.id;
    isAsleep = false;
    if (frame.kind === "reply") {
      learn(frame);
      return [];
    }
    const values = {
      ...(fields.includes("pm25") && { pm25: frame.pm25Tenths / 10 }),
      ...(fields.includes("pm10") && { pm10: frame.pm10Tenths / 10 }),
    };
    return [{ values, status: [] }];
  }

  function learn({ command, data: [first, second, third] }: Sds011Reply): void {
    tries = 0;
    if (command === SDS011_COMMANDS.mode) known.mode = second;
    if (command === SDS011_COMMANDS.period) known.period = second;
    if (command === SDS011_COMMANDS.firmware) known.firmware = `20${two(first)}-${two(second)}-${two(third)}`;
    // A word to wake it is answered by "1, 1", one to let it sleep by "1, 0".
    if (command === SDS011_COMMANDS.sleep) isAsleep = second === 0;
  }

  function nextSetting(): Uint8Array | undefined {
    if (known.mode !== undefined && (known.mode === 1) !== isAsked) return sds011Say.setMode(isAsked);
    if (known.period !== undefined && known.period !== 0) return sds011Say.setPeriod(0);
    if (known.mode === undefined) return sds011Say.askMode();
    if (known.period === undefined) return sds011Say.askPeriod();
    return known.firmware === undefined ? sds011Say.askFirmware() : undefined;
  }

  function sayAwake(moment: Moment): readonly Uint8Array[] {
    const isDue = queriedMs === undefined || moment.nowMs - queriedMs >= QUERY_EVERY_MS;
    if (isQuiet(moment) && (isDue || !isAsked)) {
      queriedMs = moment.nowMs;
      return isAsked ? [sds011Say.wake(), sds011Say.query()] : [sds011Say.wake(), sds011Say.askMode()];
    }
    const setting = tries < MOST_TRIES ? nextSetting() : undefined;
    if (setting !== undefined) {
      tries += 1;
      return [setting];
    }
    if (!isAsked || !isDue) return [];
    queriedMs = moment.nowMs;
    return [sds011Say.query()];
  }

  return {
    model: "sds011",
    baudRate: 9600,
    get id() {
      return id === undefined ? undefined : id.toString(16).toUpperCase().padStart(4, "0");
    },
    get about() {
      if (id === undefined) return null;
      return `number ${this.id}${known.firmware === undefined ? "" : `, firmware ${known.firmware}`}`;
    },
    get badFrames() {
      return parser.badFrames;
    },
    get wasSound() {
      return wasSound;
    },
    read: (bytes) => {
      const frames = parser.push(bytes);
      wasSound = frames.length > 0;
      return frames.flatMap(hear);
    },
    say: (moment) => {
      if (moment.isAwake) return sayAwake(moment);
      return isAsleep ? [] : [sds011Say.sleep()];
    },
    reset: () => {
      parser.reset();
      known = {};
      tries = 0;
      queriedMs = undefined;
      isAsleep = false;
    },
  };
}

const two = (part: number): string => String(part).padStart(2, "0");
