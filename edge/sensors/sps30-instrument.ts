import type { Instrument, InstrumentReading, Moment } from "./instrument.ts";
import { isQuiet, MOST_TRIES } from "./instrument.ts";
import type { SensorValues } from "./sensor.ts";
import { createShdlcParser, type ShdlcFrame, shdlcCommand } from "./shdlc-frames.ts";

/** The commands of an SPS30 over UART (Sensirion, SPS30 datasheet, "UART/SHDLC commands"). */
export const SPS30_COMMANDS = {
  start: 0x00,
  stop: 0x01,
  read: 0x03,
  sleep: 0x10,
  wake: 0x11,
  clean: 0x56,
  info: 0xd0,
  version: 0xd1,
  status: 0xd2,
  reset: 0xd3,
} as const;

/** What is said to an SPS30. */
export const sps30Say = {
  /** Measure, with answers of ten big-endian floats. */
  start: () => shdlcCommand(SPS30_COMMANDS.start, [0x01, 0x03]),
  stop: () => shdlcCommand(SPS30_COMMANDS.stop),
  read: () => shdlcCommand(SPS30_COMMANDS.read),
  /** Only while it does not measure, from firmware 2.0 on. */
  sleep: () => shdlcCommand(SPS30_COMMANDS.sleep),
  /** The first byte only opens its ear. */
  wake: () => Uint8Array.from([0xff, ...shdlcCommand(SPS30_COMMANDS.wake)]),
  clean: () => shdlcCommand(SPS30_COMMANDS.clean),
  serialNumber: () => shdlcCommand(SPS30_COMMANDS.info, [0x03]),
  version: () => shdlcCommand(SPS30_COMMANDS.version),
  status: () => shdlcCommand(SPS30_COMMANDS.status, [0x00]),
  reset: () => shdlcCommand(SPS30_COMMANDS.reset),
} as const;

/** Bit 7 of the state byte: a fault stands in the status register. */
const FAULT = 0x80;
/** "Command not allowed in this state": it measures already when it is told to start. */
const NOT_NOW = 0x43;
/** Fan speed out of range, laser current out of range, fan stands still: bits 21, 5 and 4 of the status register. */
const FAULT_BITS = (1 << 21) | (1 << 5) | (1 << 4);
/** The factory cleans the fan after a week of measuring; the count is lost with each sleep, so we keep it then. */
const CLEAN_EVERY_MS = 604_800_000;
const SLEEPS_FROM_MAJOR = 2;
const FLOATS = 10;

/** Ten floats of an answer: four masses, five counts, a size; undefined where it is none or says what cannot be. */
export function sps30Values(data: Uint8Array): SensorValues | undefined {
  if (data.length !== FLOATS * 4) return undefined;
  const view = Buffer.from(data);
  const floats = Array.from({ length: FLOATS }, (_, i) => view.readFloatBE(4 * i));
  if (!floats.every((float) => Number.isFinite(float) && float >= 0)) return undefined;
  const at = (place: number) => Math.round((floats[place] ?? 0) * 1000) / 1000;
  return {
    pm1: at(0),
    pm25: at(1),
    pm4: at(2),
    pm10: at(3),
    n_to_0_5: at(4),
    n_to_1: at(5),
    n_to_2_5: at(6),
    n_to_4: at(7),
    n_to_10: at(8),
    particle_size: at(9),
  };
}

/** What is known of an SPS30 on its line, and what was said to it. */
interface Known {
  serialNumber: string | undefined;
  firmware: readonly [major: number, minor: number] | undefined;
  isMeasuring: boolean;
  mayBeAsleep: boolean;
  hasFault: boolean;
  sleepStep: "stop" | "sleep" | "done";
  tries: number;
  /** When its fan was cleaned, or when it slept first: from then on we keep the week. */
  cleanedMs: number | undefined;
  unreadable: number;
}

const ofNewLine = { isMeasuring: false, mayBeAsleep: true, sleepStep: "stop", tries: 0 } as const;

/** Sensirion SPS30 on a line: it is told to measure and asked each second; where it sleeps it stops first. */
export function createSps30(): Instrument {
  const parser = createShdlcParser();
  const known: Known = {
    ...ofNewLine,
    serialNumber: undefined,
    firmware: undefined,
    hasFault: false,
    cleanedMs: undefined,
    unreadable: 0,
  };
  let wasSound = false;
  return {
    model: "sps30",
    baudRate: 115_200,
    get id() {
      return known.serialNumber;
    },
    get about() {
      const { serialNumber, firmware } = known;
      if (serialNumber === undefined) return null;
      return `number ${serialNumber}${firmware === undefined ? "" : `, firmware ${firmware.join(".")}`}`;
    },
    get badFrames() {
      return parser.badFrames + known.unreadable;
    },
    get wasSound() {
      return wasSound;
    },
    read: (bytes) => {
      const frames = parser.push(bytes);
      wasSound = frames.length > 0;
      return frames.flatMap((frame) => hear(known, frame));
    },
    say: (moment) => (moment.isAwake ? sayAwake(known, moment) : sayAsleep(known, moment)),
    reset: () => {
      parser.reset();
      Object.assign(known, ofNewLine);
    },
  };
}

function hear(known: Known, { command, state, data }: ShdlcFrame): readonly InstrumentReading[] {
  if ((state & FAULT) !== 0) known.hasFault = true;
  const refusal = state & ~FAULT;
  const isDone = refusal === 0;
  if (command === SPS30_COMMANDS.read) return measured(known, isDone, data);
  if (command === SPS30_COMMANDS.start) known.isMeasuring = isDone || refusal === NOT_NOW;
  if (command === SPS30_COMMANDS.stop) {
    known.isMeasuring = false;
    known.sleepStep = (known.firmware?.[0] ?? 0) >= SLEEPS_FROM_MAJOR ? "sleep" : "done";
  }
  if (command === SPS30_COMMANDS.sleep) {
    known.sleepStep = "done";
    known.mayBeAsleep = true;
  }
  if (command === SPS30_COMMANDS.info && isDone) known.serialNumber = textOf(data);
  if (command === SPS30_COMMANDS.version && isDone) known.firmware = [data[0] ?? 0, data[1] ?? 0];
  if (command === SPS30_COMMANDS.status && data.length >= 4) {
    known.hasFault = (Buffer.from(data).readInt32BE(0) & FAULT_BITS) !== 0;
  }
  return [];
}

function measured(known: Known, isDone: boolean, data: Uint8Array): readonly InstrumentReading[] {
  // Refused: it does not measure (it was switched off and on). Empty: nothing new yet.
  if (!isDone) known.isMeasuring = false;
  if (!isDone || data.length === 0) return [];
  const values = sps30Values(data);
  if (values === undefined) known.unreadable += 1;
  return values === undefined ? [] : [{ values, status: known.hasFault ? ["instrument-fault"] : [] }];
}

function sayAwake(known: Known, moment: Moment): readonly Uint8Array[] {
  known.sleepStep = "stop";
  if (isQuiet(moment)) known.isMeasuring = false;
  if (!known.isMeasuring) {
    const wake = known.mayBeAsleep || isQuiet(moment) ? [sps30Say.wake()] : [];
    known.mayBeAsleep = false;
    return [...wake, sps30Say.start()];
  }
  return [
    sps30Say.read(),
    ...(known.hasFault ? [sps30Say.status()] : []),
    ...question(known),
    ...clean(known, moment.nowMs),
  ];
}

function question(known: Known): readonly Uint8Array[] {
  const isKnown = known.serialNumber !== undefined && known.firmware !== undefined;
  if (isKnown || known.tries >= MOST_TRIES) return [];
  known.tries += 1;
  return [known.serialNumber === undefined ? sps30Say.serialNumber() : sps30Say.version()];
}

function clean(known: Known, nowMs: number): readonly Uint8Array[] {
  // Where it never sleeps it cleans itself.
  if (known.cleanedMs === undefined || nowMs - known.cleanedMs < CLEAN_EVERY_MS) return [];
  known.cleanedMs = nowMs;
  return [sps30Say.clean()];
}

function sayAsleep(known: Known, { nowMs }: Moment): readonly Uint8Array[] {
  known.cleanedMs ??= nowMs;
  if (known.sleepStep === "done") return [];
  return [known.sleepStep === "stop" ? sps30Say.stop() : sps30Say.sleep()];
}

/** Text that ends at its first zero; only what a name of a thing may hold. */
const textOf = (data: Uint8Array): string =>
  (Buffer.from(data).toString("latin1").split("\0")[0] ?? "").replace(/[^\w-]/g, "").slice(0, 32);
