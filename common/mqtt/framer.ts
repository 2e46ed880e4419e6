import { AppError } from "#kit/errors.ts";
import { PACKET } from "./packet-types.ts";

/** Why bytes are not MQTT 3.1.1 as we take it. */
export type ProtocolErrorCode = "malformed-packet" | "packet-too-large" | "too-many-filters";

/** The other side broke the protocol: the connection must be closed, the rest of its bytes means nothing. */
export class ProtocolError extends AppError {
  readonly code: ProtocolErrorCode;
  readonly retry = false;
  constructor(code: ProtocolErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** One whole packet: `bytes` is all of it, its variable header starts at `bodyAt`. May share memory with its neighbours. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly bytes: Buffer;
  readonly bodyAt: number;
}

/** Flags that the standard fixes for each type (section 2.2.2); a PUBLISH has its own. */
const FIXED_FLAGS: Readonly<Record<number, number>> = {
  [PACKET.pubrel]: 2,
  [PACKET.subscribe]: 2,
  [PACKET.unsubscribe]: 2,
};
/** Remaining lengths that the standard fixes. */
const FIXED_LENGTH: Readonly<Record<number, number>> = {
  [PACKET.connack]: 2,
  [PACKET.puback]: 2,
  [PACKET.pubrec]: 2,
  [PACKET.pubrel]: 2,
  [PACKET.pubcomp]: 2,
  [PACKET.unsuback]: 2,
  [PACKET.pingreq]: 0,
  [PACKET.pingresp]: 0,
  [PACKET.disconnect]: 0,
};
const MAX_LENGTH_BYTES = 4;
const FIRST_HELD_BYTES = 512;

/** Where the variable header starts and where the packet ends. */
interface Extent {
  readonly bodyAt: number;
  readonly packetBytes: number;
}

/**
 * Cuts a stream of bytes into whole packets, however the bytes are split.
 *
 * Lengths, types and flags are judged from the first bytes, before anything is held; memory follows the bytes that have
 * come, not the length that was promised. Throws nothing but `ProtocolError`; after one it must not be used again.
 */
export class Framer {
  readonly #maxPacketBytes: number;
  #held = Buffer.alloc(0);
  #heldBytes = 0;
  #extent: Extent | undefined;

  constructor(maxPacketBytes: number) {
    this.#maxPacketBytes = maxPacketBytes;
  }

  /** Bytes that wait for the rest of their packet. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Takes the next bytes and hands on each packet that is whole; a packet that lies whole in `chunk` is not copied. */
  push(chunk: Buffer, take: (frame: Frame) => void): void {
    let at = 0;
    while (at < chunk.length) {
      at = this.#heldBytes === 0 ? this.#takeWhole(chunk, at, take) : this.#complete(chunk, at, take);
    }
  }

  #takeWhole(chunk: Buffer, at: number, take: (frame: Frame) => void): number {
    const extent = extentOf(chunk, at, chunk.length, this.#maxPacketBytes);
    if (extent === undefined || at + extent.packetBytes > chunk.length) {
      this.#extent = extent;
      this.#hold(chunk, at, chunk.length);
      return chunk.length;
    }
    const end = at + extent.packetBytes;
    take(frameOf(chunk.subarray(at, end), extent.bodyAt));
    return end;
  }

  #complete(chunk: Buffer, at: number, take: (frame: Frame) => void): number {
    const missing = this.#extent === undefined ? 1 : this.#extent.packetBytes - this.#heldBytes;
    const end = Math.min(chunk.length, at + missing);
    this.#hold(chunk, at, end);
    this.#extent ??= extentOf(this.#held, 0, this.#heldBytes, this.#maxPacketBytes);
    if (this.#extent !== undefined && this.#heldBytes === this.#extent.packetBytes) {
      const frame = frameOf(this.#held.subarray(0, this.#heldBytes), this.#extent.bodyAt);
      this.#held = Buffer.alloc(0);
      this.#heldBytes = 0;
      this.#extent = undefined;
      take(frame);
    }
    return end;
  }

  #hold(chunk: Buffer, from: number, to: number): void {
    const needed = this.#heldBytes + to - from;
    if (needed > this.#held.length) {
      const capacity = Math.max(needed, this.#held.length * 2, FIRST_HELD_BYTES);
      const grown = Buffer.allocUnsafeSlow(Math.min(capacity, this.#extent?.packetBytes ?? capacity));
      this.#held.copy(grown, 0, 0, this.#heldBytes);
      this.#held = grown;
    }
    chunk.copy(this.#held, this.#heldBytes, from, to);
    this.#heldBytes = needed;
  }
}

function frameOf(bytes: Buffer, bodyAt: number): Frame {
  const first = bytes[0] ?? 0;
  return { type: first >> 4, flags: first & 0x0f, bytes, bodyAt };
}

/** Reads a fixed header; undefined while its bytes have not all come. */
function extentOf(bytes: Buffer, at: number, end: number, maxPacketBytes: number): Extent | undefined {
  const first = bytes[at] ?? 0;
  requireKnownStart(first);
  let remaining = 0;
  for (let i = 1; i <= MAX_LENGTH_BYTES; i += 1) {
    if (at + i >= end) return undefined;
    const digit = bytes[at + i] ?? 0;
    remaining += (digit & 0x7f) * 128 ** (i - 1);
    if (digit < 0x80) {
      requireFittingLength(first >> 4, remaining, 1 + i + remaining, maxPacketBytes);
      return { bodyAt: 1 + i, packetBytes: 1 + i + remaining };
    }
  }
  throw new ProtocolError("malformed-packet", "a remaining length has at most four bytes");
}

function requireKnownStart(first: number): void {
  const type = first >> 4;
  const flags = first & 0x0f;
  if (type === 0 || type === 15) throw new ProtocolError("malformed-packet", `no packet has the type ${type}`);
  if (type === PACKET.publish) {
    if ((flags & 0x06) === 0x06) throw new ProtocolError("malformed-packet", "there is no QoS 3");
    return;
  }
  if (flags !== (FIXED_FLAGS[type] ?? 0)) {
    throw new ProtocolError("malformed-packet", `a packet of type ${type} may not have the flags ${flags}`);
  }
}

function requireFittingLength(type: number, remaining: number, packetBytes: number, maxPacketBytes: number): void {
  const fixed = FIXED_LENGTH[type];
  if (fixed !== undefined && remaining !== fixed) {
    throw new ProtocolError("malformed-packet", `a packet of type ${type} has ${fixed} bytes, not ${remaining}`);
  }
  if (packetBytes > maxPacketBytes) {
    throw new ProtocolError("packet-too-large", `a packet of ${packetBytes} bytes, ${maxPacketBytes} are allowed`);
  }
}
