import { byteSum, createFrameParser, type FrameParser, type Look } from "./frame-scanner.ts";

/** What an SPS30 answers over UART. */
export interface ShdlcFrame {
  readonly command: number;
  /** Bit 7: the instrument has a fault (ask for its status); bits 0 to 6: why the command was not done, 0 if it was. */
  readonly state: number;
  readonly data: Uint8Array;
}

// Sensirion SHDLC (SPS30 datasheet, UART interface; research/air.md 3.1): 7E address command [state] length data check 7E,
// the check is the inverted low byte of the sum; 7E, 7D, 11 and 13 are stuffed as 7D and the byte with bit 5 turned.
const EDGE = 0x7e;
const ESCAPE = 0x7d;
const TURN = 0x20;
const STUFFED = new Set([EDGE, ESCAPE, 0x11, 0x13]);
/** Address, command, state, length, 255 bytes of data and the check, each of them stuffed. */
const MOST_BYTES = 2 * (5 + 255);
const LEAST_BYTES = 5;

/** Replaces the bytes that may not stand inside a frame. */
export function stuff(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(Array.from(bytes).flatMap((byte) => (STUFFED.has(byte) ? [ESCAPE, byte ^ TURN] : [byte])));
}

/** Takes the stuffing out; undefined where it is none. */
export function unstuff(bytes: Uint8Array): Buffer | undefined {
  const plain: number[] = [];
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte !== ESCAPE) {
      plain.push(byte);
      continue;
    }
    at += 1;
    const turned = (bytes[at] ?? 0) ^ TURN;
    if (!STUFFED.has(turned)) return undefined;
    plain.push(turned);
  }
  return Buffer.from(plain);
}

/** A parser of answers; the byte that ends a damaged frame may begin the next one. */
export function createShdlcParser(): FrameParser<ShdlcFrame> {
  return createFrameParser(look);
}

function look(stream: Buffer, at: number): Look<ShdlcFrame> {
  const start = stream.indexOf(EDGE, at);
  if (start !== at) return { kind: "none", next: start < 0 ? stream.length : start };
  const limit = at + 2 + MOST_BYTES;
  const found = stream.subarray(0, limit).indexOf(EDGE, at + 1);
  if (found < 0) return stream.length < limit ? { kind: "more" } : { kind: "bad", next: at + 1 };
  // Two in a row: one ended something, the other begins.
  if (found === at + 1) return { kind: "none", next: found };
  const frame = frameOf(stream.subarray(at + 1, found));
  return frame === undefined ? { kind: "bad", next: found } : { kind: "frame", frame, next: found + 1 };
}

function frameOf(stuffed: Uint8Array): ShdlcFrame | undefined {
  const bytes = unstuff(stuffed);
  if (bytes === undefined || bytes.length < LEAST_BYTES) return undefined;
  const [, command = 0, state = 0, length] = bytes;
  const check = bytes[bytes.length - 1];
  if (length !== bytes.length - LEAST_BYTES || check !== invertedSum(bytes.subarray(0, -1))) return undefined;
  return { command, state, data: Uint8Array.from(bytes.subarray(4, -1)) };
}

const invertedSum = (bytes: Uint8Array): number => ~byteSum(bytes) & 0xff;

/** The bytes of a command to address 0. */
export function shdlcCommand(command: number, data: readonly number[] = []): Uint8Array {
  const plain = Uint8Array.from([0, command, data.length, ...data]);
  return Uint8Array.from([EDGE, ...stuff(Uint8Array.from([...plain, invertedSum(plain)])), EDGE]);
}
