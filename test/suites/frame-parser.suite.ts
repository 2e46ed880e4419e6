import fc from "fast-check";
import { expect, it } from "vitest";
import type { FrameParser } from "../../edge/sensors/frame-scanner.ts";

/** A parser under test. */
export interface FrameParserCase<Frame> {
  create(): FrameParser<Frame>;
  readonly frames: fc.Arbitrary<Frame>;
  bytesOf(frame: Frame): Uint8Array;
  /** The bytes of a frame from this one on (to the one before its last) are seen to be damaged when one is. */
  readonly headBytes: number;
}

/** Gives a parser some bytes in pieces that end at these places. */
export function parseInPieces<Frame>(
  parser: FrameParser<Frame>,
  bytes: Uint8Array,
  cuts: readonly number[],
): { readonly frames: readonly Frame[]; readonly badFrames: number } {
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  const frames: Frame[] = [];
  let from = 0;
  for (const end of [...ends, bytes.length]) {
    frames.push(...parser.push(bytes.subarray(from, end)));
    from = end;
  }
  return { frames, badFrames: parser.badFrames };
}

/** What every parser of an instrument's bytes must do. */
export function behavesLikeAFrameParser<Frame>({ create, frames, bytesOf, headBytes }: FrameParserCase<Frame>): void {
  const parse = (bytes: Uint8Array, cuts: readonly number[] = []) => parseInPieces(create(), bytes, cuts);

  it("finds every frame, wherever the stream is cut", () => {
    fc.assert(
      fc.property(fc.array(frames, { maxLength: 12 }), fc.array(fc.nat(600)), (sent, cuts) => {
        expect(parse(Buffer.concat(sent.map(bytesOf)), cuts)).toEqual({ frames: sent, badFrames: 0 });
      }),
    );
  });

  it("throws at no bytes at all, and says the same of them wherever they are cut", () => {
    const pieces = fc.array(fc.oneof(fc.uint8Array({ maxLength: 80 }), frames.map(bytesOf)), { maxLength: 6 });
    fc.assert(
      fc.property(pieces, fc.array(fc.nat(600)), (sent, cuts) => {
        const stream = Buffer.concat(sent);
        expect(parse(stream, cuts)).toEqual(parse(stream));
      }),
    );
  });

  it("finds a good frame after any noise", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), frames, (noise, frame) => {
        const copies = Array.from({ length: 8 }, () => bytesOf(frame));
        expect(parse(Buffer.concat([noise, ...copies])).frames.at(-1)).toEqual(frame);
      }),
    );
  });

  it("counts a frame with one wrong byte as bad and still gives the ones after it", () => {
    fc.assert(
      fc.property(frames, frames, fc.nat(), fc.integer({ min: 1, max: 255 }), (a, b, place, by) => {
        const damaged = Buffer.from(bytesOf(a));
        const at = headBytes + (place % (damaged.length - headBytes - 1));
        damaged[at] = ((damaged[at] ?? 0) + by) & 0xff;
        // The wrong byte may be the length: enough must follow for the longest frame that it can speak of.
        const after = Array.from({ length: 8 }, () => bytesOf(b));
        const { frames: found, badFrames } = parse(Buffer.concat([damaged, ...after]));

        expect(found.at(-1)).toEqual(b);
        expect(badFrames).toBeGreaterThanOrEqual(1);
      }),
    );
  });

  it("finds a frame that begins inside a broken-off one", () => {
    fc.assert(
      fc.property(frames, fc.nat(), (frame, cut) => {
        const whole = bytesOf(frame);
        const half = whole.subarray(0, cut % whole.length);
        expect(parse(Buffer.concat([half, whole, whole])).frames.at(-1)).toEqual(frame);
      }),
    );
  });

  it("forgets a begun frame when the line is opened anew", () => {
    fc.assert(
      fc.property(frames, (frame) => {
        const parser = create();
        parser.push(bytesOf(frame).subarray(0, -1));
        parser.reset();
        expect(parser.push(bytesOf(frame))).toEqual([frame]);
        expect(parser.badFrames).toBe(0);
      }),
    );
  });
}
