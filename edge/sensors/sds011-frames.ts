import { byteSum, createFrameParser, type FrameParser, type Look } from "./frame-scanner.ts";

/** One measurement of an SDS011, as integers of 0.1 µg/m³, so that what is made of them is exact. */
export interface Sds011Measurement {
  readonly kind: "measurement";
  readonly pm25Tenths: number;
  readonly pm10Tenths: number;
  /** The two bytes of the device's id, as they stand in the frame. */
  readonly id: number;
}

/** The answer to a command. */
export interface Sds011Reply {
  readonly kind: "reply";
  readonly command: number;
  readonly data: readonly [number, number, number];
  readonly id: number;
}

export type Sds011Frame = Sds011Measurement | Sds011Reply;

// Nova Fitness, "Laser Dust Sensor Control Protocol V1.3": AA C0 data1..data6 checksum AB; C5 answers a command.
const HEAD = 0xaa;
const DATA = 0xc0;
const REPLY = 0xc5;
const COMMAND = 0xb4;
const TAIL = 0xab;
const FRAME_BYTES = 10;

/** The commands of the protocol, by their second byte. */
export const SDS011_COMMANDS = { mode: 2, query: 4, id: 5, sleep: 6, firmware: 7, period: 8 } as const;
/** The address that every device listens to. */
const ANY_DEVICE = 0xffff;

/** A parser of what an SDS011 says; a frame with a wrong checksum or end counts as bad. */
export function createSds011Parser(): FrameParser<Sds011Frame> {
  return createFrameParser(look);
}

function look(stream: Buffer, at: number): Look<Sds011Frame> {
  const start = stream.indexOf(HEAD, at);
  if (start !== at) return { kind: "none", next: start < 0 ? stream.length : start };
  const command = stream[at + 1];
  if (command === undefined) return { kind: "more" };
  if (command !== DATA && command !== REPLY) return { kind: "none", next: at + 1 };
  if (at + FRAME_BYTES > stream.length) return { kind: "more" };
  const frame = stream.subarray(at, at + FRAME_BYTES);
  if (frame[8] !== byteSum(frame.subarray(2, 8)) || frame[9] !== TAIL) return { kind: "bad", next: at + 1 };
  return { kind: "frame", frame: command === DATA ? measurementOf(frame) : replyOf(frame), next: at + FRAME_BYTES };
}

function measurementOf(frame: Buffer): Sds011Measurement {
  const [pm25Tenths, pm10Tenths] = [frame.readUInt16LE(2), frame.readUInt16LE(4)];
  return { kind: "measurement", pm25Tenths, pm10Tenths, id: frame.readUInt16BE(6) };
}

function replyOf(frame: Buffer): Sds011Reply {
  const data = [frame.readUInt8(3), frame.readUInt8(4), frame.readUInt8(5)] as const;
  return { kind: "reply", command: frame.readUInt8(2), data, id: frame.readUInt16BE(6) };
}

/**
 * The 19 bytes of a command: AA B4, its number, twelve bytes of data, the device (all of them if not said), the sum of
 * bytes 2 to 16, AB.
 */
export function sds011Command(command: number, data: readonly number[] = [], device = ANY_DEVICE): Uint8Array {
  const frame = Buffer.alloc(19);
  frame.set([HEAD, COMMAND, command, ...data]);
  frame.writeUInt16BE(device, 15);
  frame[17] = byteSum(frame.subarray(2, 17));
  frame[18] = TAIL;
  return frame;
}

/** What is said to an SDS011; `1` in front sets, `0` asks. */
export const sds011Say = {
  wake: (device?: number) => sds011Command(SDS011_COMMANDS.sleep, [1, 1], device),
  sleep: (device?: number) => sds011Command(SDS011_COMMANDS.sleep, [1, 0], device),
  askMode: (device?: number) => sds011Command(SDS011_COMMANDS.mode, [0], device),
  setMode: (isQuery: boolean, device?: number) => sds011Command(SDS011_COMMANDS.mode, [1, isQuery ? 1 : 0], device),
  query: (device?: number) => sds011Command(SDS011_COMMANDS.query, [], device),
  askFirmware: (device?: number) => sds011Command(SDS011_COMMANDS.firmware, [], device),
  askPeriod: (device?: number) => sds011Command(SDS011_COMMANDS.period, [0], device),
  /** The instrument's own duty cycle, 0 to 30 minutes; 0 measures all the time. */
  setPeriod: (minutes: number, device?: number) => sds011Command(SDS011_COMMANDS.period, [1, minutes], device),
} as const;
