/** Finds frames in a stream of bytes that may begin, break off and be damaged anywhere. */
export interface FrameParser<Frame> {
  /** The frames that these bytes complete, in order. Any bytes will do: it never throws. */
  push(bytes: Uint8Array): Frame[];
  /** Places that began like a frame and were none (checksum, length, end), since the start. */
  readonly badFrames: number;
  /** Forgets a begun frame: what comes next is of another connection. */
  reset(): void;
}

/** What stands at one place of the stream. */
export type Look<Frame> =
  /** No frame begins before this place. */
  | { readonly kind: "none"; readonly next: number }
  /** A frame may begin here; more bytes will tell. */
  | { readonly kind: "more" }
  /** It began like a frame and is none. */
  | { readonly kind: "bad"; readonly next: number }
  /** A whole frame; undefined where it is of no interest. */
  | { readonly kind: "frame"; readonly frame: Frame | undefined; readonly next: number };

/**
 * A parser that resynchronises, for any protocol that can `look` at a place: after a bad frame it goes on right behind
 * its first byte (or where `look` says), so that a good frame that begins inside a damaged one is still found.
 *
 * `look` must not depend on where the stream is cut: what it says of some bytes it says of the same bytes and more.
 */
export function createFrameParser<Frame>(look: (stream: Buffer, at: number) => Look<Frame>): FrameParser<Frame> {
  let pending: Uint8Array = new Uint8Array(0);
  let badFrames = 0;
  return {
    push: (bytes) => {
      const stream = Buffer.concat([pending, bytes]);
      const frames: Frame[] = [];
      let at = 0;
      while (at < stream.length) {
        const seen = look(stream, at);
        if (seen.kind === "more") break;
        if (seen.kind === "bad") badFrames += 1;
        if (seen.kind === "frame" && seen.frame !== undefined) frames.push(seen.frame);
        at = seen.next;
      }
      pending = Uint8Array.from(stream.subarray(at));
      return frames;
    },
    get badFrames() {
      return badFrames;
    },
    reset: () => {
      pending = new Uint8Array(0);
    },
  };
}

/** The low eight bits of the sum of some bytes. */
export function byteSum(bytes: Uint8Array): number {
  let sum = 0;
  for (const byte of bytes) sum += byte;
  return sum & 0xff;
}
