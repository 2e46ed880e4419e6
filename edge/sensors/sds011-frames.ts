/** One measurement of an SDS011, as integers of 0.1 µg/m³, so that a mean of them is exact. */
export interface Sds011Frame {
  readonly pm25Tenths: number;
  readonly pm10Tenths: number;
  /** The two bytes of the device's id, as they stand in the frame. */
  readonly id: number;
}

/** Finds measurements in a stream of bytes that may begin, break off and be damaged anywhere. */
export interface Sds011Parser {
  /** The measurements that these bytes complete, in order. */
  push(bytes: Uint8Array): Sds011Frame[];
  /** Frames whose checksum or end was wrong, since the start. */
  readonly badFrames: number;
  /** Forgets a begun frame: what comes next is of another connection. */
  reset(): void;
}

// Nova Fitness, "Laser Dust Sensor Control Protocol V1.3": AA C0 data1..data6 checksum AB; C5 answers a command.
const HEAD = 0xaa;
const DATA = 0xc0;
const REPLY = 0xc5;
const TAIL = 0xab;
const FRAME_BYTES = 10;

/**
 * A parser that resynchronises: after a bad frame it goes on at the very next byte, so a good frame that begins inside
 * a damaged one is still found. Answers to commands (AA C5) are passed over and not counted as bad.
 */
export function createSds011Parser(): Sds011Parser {
  let pending: Uint8Array = new Uint8Array(0);
  let badFrames = 0;

  function push(bytes: Uint8Array): Sds011Frame[] {
    const stream = Buffer.concat([pending, bytes]);
    const frames: Sds011Frame[] = [];
    let at = 0;
    while (at < stream.length) {
      const start = stream.indexOf(HEAD, at);
      if (start < 0) {
        at = stream.length;
        break;
      }
      at = start;
      const command = stream[at + 1];
      if (command === undefined) break;
      if (command !== DATA && command !== REPLY) {
        at += 1;
        continue;
      }
      if (at + FRAME_BYTES > stream.length) break;
      const frame = stream.subarray(at, at + FRAME_BYTES);
      if (!isSound(frame)) {
        badFrames += 1;
        at += 1;
        continue;
      }
      if (command === DATA) frames.push(measurementOf(frame));
      at += FRAME_BYTES;
    }
    pending = Uint8Array.from(stream.subarray(at));
    return frames;
  }

  return {
    push,
    get badFrames() {
      return badFrames;
    },
    reset: () => {
      pending = new Uint8Array(0);
    },
  };
}

/** Whether ten bytes that begin like a frame end like one and carry the right checksum (the sum of bytes 2 to 7). */
function isSound(frame: Buffer): boolean {
  let sum = 0;
  for (const byte of frame.subarray(2, 8)) sum += byte;
  return frame[8] === (sum & 0xff) && frame[9] === TAIL;
}

function measurementOf(frame: Buffer): Sds011Frame {
  return { pm25Tenths: frame.readUInt16LE(2), pm10Tenths: frame.readUInt16LE(4), id: frame.readUInt16BE(6) };
}
