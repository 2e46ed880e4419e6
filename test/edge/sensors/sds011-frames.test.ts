import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createSds011Parser, type Sds011Frame } from "../../../edge/sensors/sds011-frames.ts";
import { sds011Bytes } from "./sds011-bytes.ts";

const aFrame = fc.record({
  pm25Tenths: fc.integer({ min: 0, max: 0xffff }),
  pm10Tenths: fc.integer({ min: 0, max: 0xffff }),
  id: fc.integer({ min: 0, max: 0xffff }),
});

function parseInPieces(bytes: Uint8Array, cuts: readonly number[]): { frames: Sds011Frame[]; badFrames: number } {
  const parser = createSds011Parser();
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  const frames: Sds011Frame[] = [];
  let from = 0;
  for (const end of [...ends, bytes.length]) {
    frames.push(...parser.push(bytes.subarray(from, end)));
    from = end;
  }
  return { frames, badFrames: parser.badFrames };
}

describe("createSds011Parser", () => {
  it("finds every frame, wherever the stream is cut", () => {
    fc.assert(
      fc.property(fc.array(aFrame, { maxLength: 12 }), fc.array(fc.nat(200)), (sent, cuts) => {
        const { frames, badFrames } = parseInPieces(Buffer.concat(sent.map(sds011Bytes)), cuts);

        expect(frames).toEqual(sent);
        expect(badFrames).toBe(0);
      }),
    );
  });

  it("gives the same for any noise, wherever the stream is cut", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.array(fc.nat(300)), (noise, cuts) => {
        expect(parseInPieces(noise, cuts)).toEqual(parseInPieces(noise, []));
      }),
    );
  });

  it("finds the next frame after noise that holds no head", () => {
    const headless = fc.uint8Array({ maxLength: 60 }).map((noise) => noise.filter((byte) => byte !== 0xaa));
    fc.assert(
      fc.property(headless, aFrame, (noise, frame) => {
        const { frames } = parseInPieces(Buffer.concat([noise, sds011Bytes(frame)]), []);

        expect(frames).toEqual([frame]);
      }),
    );
  });

  it("counts a frame with one wrong byte as bad and still gives the one after it", () => {
    fc.assert(
      fc.property(aFrame, aFrame, fc.integer({ min: 2, max: 9 }), fc.integer({ min: 1, max: 255 }), (a, b, at, by) => {
        const damaged = Buffer.from(sds011Bytes(a));
        damaged[at] = ((damaged[at] ?? 0) + by) & 0xff;

        const { frames, badFrames } = parseInPieces(Buffer.concat([damaged, sds011Bytes(b)]), []);

        expect(frames.at(-1)).toEqual(b);
        expect(badFrames).toBeGreaterThanOrEqual(1);
      }),
    );
  });

  it("finds a frame that begins inside a broken-off one", () => {
    const whole = sds011Bytes({ pm25Tenths: 123, pm10Tenths: 456, id: 0xa160 });

    const { frames } = parseInPieces(Buffer.concat([whole.subarray(0, 6), whole, whole]), []);

    expect(frames).toHaveLength(2);
  });

  it("passes over answers to commands without counting them as bad", () => {
    const answer = Buffer.from("aac5070f070aa16028ab", "hex");

    const { frames, badFrames } = parseInPieces(answer, [3]);

    expect(frames).toEqual([]);
    expect(badFrames).toBe(0);
  });

  const shared = new URL("../../../../shared/air/", import.meta.url);
  it.skipIf(!existsSync(shared))("agrees with the published vectors and a real capture (../shared)", () => {
    const Vectors = z.object({
      vectors: z.array(z.looseObject({ group: z.string(), input: z.unknown(), expect: z.unknown() })),
    });
    const { vectors } = Vectors.parse(JSON.parse(readFileSync(new URL("vectors.json", shared), "utf8")));
    const Good = z.object({ pm25: z.number(), pm10: z.number(), id: z.string() });

    const ours = vectors.filter(({ group }) => group === "sds011_frame");
    for (const { input, expect: wanted } of ours) {
      const { hex } = z.object({ hex: z.string() }).parse(input);
      const { frames, badFrames } = parseInPieces(Buffer.from(hex, "hex"), []);
      const good = Good.safeParse(wanted);
      if (good.success) {
        const { pm25, pm10, id } = good.data;
        const frame = { pm25Tenths: pm25 * 10, pm10Tenths: pm10 * 10, id: Number.parseInt(id, 16) };
        expect(frames).toEqual([frame]);
      } else {
        expect([frames.length, badFrames]).toEqual([0, 1]);
      }
    }
    const capture = readFileSync(new URL("recordings/frames/SDS01x.hexdump", shared), "utf8");
    const hex = capture.matchAll(/^[0-9a-f]{8}: ((?:[0-9a-f]{2} )+) /gm);
    const bytes = Buffer.from(Array.from(hex, ([, line = ""]) => line.replaceAll(" ", "")).join(""), "hex");
    const { frames } = parseInPieces(bytes, [7, 33]);

    expect(ours.length).toBeGreaterThanOrEqual(3);
    expect(frames.map(({ pm25Tenths }) => pm25Tenths / 10)).toEqual([0.6, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.8, 0.8, 0.8]);
  });
});
