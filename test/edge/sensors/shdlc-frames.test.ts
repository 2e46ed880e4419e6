import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createShdlcParser, type ShdlcFrame, stuff, unstuff } from "../../../edge/sensors/shdlc-frames.ts";
import { sps30Say, sps30Values } from "../../../edge/sensors/sps30-instrument.ts";
import { behavesLikeAFrameParser } from "../../suites/frame-parser.suite.ts";
import { hexOf, ofHex } from "./hex.ts";
import { shdlcBytes, sps30Data } from "./shdlc-bytes.ts";

const byte = fc.nat(0xff);
/** Bytes that must be stuffed come often. */
const awkward = fc.oneof(byte, fc.constantFrom(0x7e, 0x7d, 0x11, 0x13));
const data = fc.array(awkward, { maxLength: 60 }).map((bytes) => Uint8Array.from(bytes));
const frames: fc.Arbitrary<ShdlcFrame> = fc.record({ command: awkward, state: byte, data });

describe("createShdlcParser", () => {
  behavesLikeAFrameParser({ create: createShdlcParser, frames, bytesOf: shdlcBytes, headBytes: 1 });

  it("reads ten floats of a published answer", () => {
    const hex = `7E00030028${"42280000".repeat(10)}B07E`;

    const [frame] = createShdlcParser().push(ofHex(hex));

    expect(Object.values(sps30Values(frame?.data ?? new Uint8Array(0)) ?? {})).toEqual(Array(10).fill(42));
  });

  it("counts a wrong check", () => {
    const parser = createShdlcParser();

    expect(parser.push(ofHex(`7E00030028${"00".repeat(40)}D07E`))).toEqual([]);
    expect(parser.badFrames).toBe(1);
  });

  it("does not wait for ever for an end that never comes", () => {
    const parser = createShdlcParser();
    parser.push(ofHex("7E"));
    parser.push(new Uint8Array(4096).fill(0x55));

    const found = parser.push(shdlcBytes({ command: 3, state: 0, data: new Uint8Array(0) }));

    expect(found).toHaveLength(1);
    expect(parser.badFrames).toBe(1);
  });
});

describe("stuff", () => {
  it("hides the four bytes that may not stand in a frame, and gives them back", () => {
    expect(hexOf(stuff(ofHex("43117F")))).toBe("437D317F");
    expect(hexOf(stuff(ofHex("7E7D1113")))).toBe("7D5E7D5D7D317D33");
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(stuff(bytes)).not.toContain(0x7e);
        expect(hexOf(unstuff(stuff(bytes)) ?? ofHex("00"))).toBe(hexOf(bytes));
      }),
    );
  });

  it("is not undone where it was none", () => {
    expect(unstuff(ofHex("417D42"))).toBeUndefined();
    expect(unstuff(ofHex("417D"))).toBeUndefined();
  });
});

describe("sps30Values", () => {
  it("takes nothing for a measurement that is no number or below zero", () => {
    expect(sps30Values(sps30Data([NaN, 1, 1, 1, 1, 1, 1, 1, 1, 1]))).toBeUndefined();
    expect(sps30Values(sps30Data([-1, 1, 1, 1, 1, 1, 1, 1, 1, 1]))).toBeUndefined();
    expect(sps30Values(sps30Data([1, 2]))).toBeUndefined();
  });
});

describe("sps30Say", () => {
  it.each([
    ["7E005600A97E", sps30Say.clean()],
    ["7E00D3002C7E", sps30Say.reset()],
    ["7E0000020103F97E", sps30Say.start()],
    ["7E000100FE7E", sps30Say.stop()],
    ["7E000300FC7E", sps30Say.read()],
    ["7E001000EF7E", sps30Say.sleep()],
    ["FF7E007D3100EE7E", sps30Say.wake()],
  ])("spells %s", (hex, bytes) => {
    expect(hexOf(bytes)).toBe(hex);
  });
});
