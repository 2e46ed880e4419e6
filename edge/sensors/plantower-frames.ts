import { createFrameParser, type FrameParser, type Look } from "./frame-scanner.ts";

/** What a Plantower says: 16-bit words of a measurement, or the answer to a command. */
export type PlantowerFrame =
  | { readonly kind: "measurement"; readonly words: readonly number[] }
  | { readonly kind: "reply"; readonly command: number; readonly value: number };

// research/air.md 3.1: 42 4D, length, big-endian words, the 16-bit sum of all bytes before it.
const HEAD = Buffer.from([0x42, 0x4d]);
const REPLY_LENGTH = 4;
/** PMS3003; PMS5003, 7003, S and T; PMS5003ST: words and checksum in bytes. */
const MEASUREMENT_LENGTHS = [0x14, 0x1c, 0x24];

/** A parser of all Plantower instruments: the length in the frame says how many words there are. */
export function createPlantowerParser(): FrameParser<PlantowerFrame> {
  return createFrameParser(look);
}

function look(stream: Buffer, at: number): Look<PlantowerFrame> {
  const start = stream.indexOf(HEAD[0] ?? 0, at);
  if (start !== at) return { kind: "none", next: start < 0 ? stream.length : start };
  if (at + 1 === stream.length) return { kind: "more" };
  if (stream[at + 1] !== HEAD[1]) return { kind: "none", next: at + 1 };
  if (at + 4 > stream.length) return { kind: "more" };
  const length = stream.readUInt16BE(at + 2);
  if (length !== REPLY_LENGTH && !MEASUREMENT_LENGTHS.includes(length)) return { kind: "bad", next: at + 1 };
  const end = at + 4 + length;
  if (end > stream.length) return { kind: "more" };
  const frame = stream.subarray(at, end);
  if (frame.readUInt16BE(length + 2) !== wordSum(frame.subarray(0, -2))) return { kind: "bad", next: at + 1 };
  return { kind: "frame", frame: frameOf(frame, length), next: end };
}

function frameOf(frame: Buffer, length: number): PlantowerFrame {
  if (length === REPLY_LENGTH) return { kind: "reply", command: frame.readUInt8(4), value: frame.readUInt8(5) };
  const words = Array.from({ length: length / 2 - 1 }, (_, i) => frame.readUInt16BE(4 + 2 * i));
  return { kind: "measurement", words };
}

function wordSum(bytes: Uint8Array): number {
  let sum = 0;
  for (const byte of bytes) sum += byte;
  return sum & 0xffff;
}

/** The seven bytes of a command: 42 4D, its letter, a word of data, the sum. */
function plantowerCommand(letter: number, data: number): Uint8Array {
  const frame = Buffer.from([...HEAD, letter, 0, data, 0, 0]);
  frame.writeUInt16BE(wordSum(frame.subarray(0, 5)), 5);
  return frame;
}

/** What is said to a Plantower. In passive mode it answers `read` with one measurement. */
export const plantowerSay = {
  passive: () => plantowerCommand(0xe1, 0),
  active: () => plantowerCommand(0xe1, 1),
  read: () => plantowerCommand(0xe2, 0),
  sleep: () => plantowerCommand(0xe4, 0),
  wake: () => plantowerCommand(0xe4, 1),
} as const;
