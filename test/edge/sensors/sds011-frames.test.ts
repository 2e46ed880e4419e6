import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSds011Parser, type Sds011Frame, sds011Say } from "../../../edge/sensors/sds011-frames.ts";
import { behavesLikeAFrameParser } from "../../suites/frame-parser.suite.ts";
import { hexOf, ofHex } from "./hex.ts";
import { sds011FrameBytes } from "./sds011-bytes.ts";

const byte = fc.nat(0xff);
const word = fc.nat(0xffff);
const frames: fc.Arbitrary<Sds011Frame> = fc.oneof(
  fc.record({ kind: fc.constant("measurement" as const), pm25Tenths: word, pm10Tenths: word, id: word }),
  fc.record({ kind: fc.constant("reply" as const), command: byte, data: fc.tuple(byte, byte, byte), id: word }),
);

describe("createSds011Parser", () => {
  behavesLikeAFrameParser({ create: createSds011Parser, frames, bytesOf: sds011FrameBytes, headBytes: 2 });

  it("reads a measurement of the protocol's paper", () => {
    const [frame] = createSds011Parser().push(ofHex("AAC0D4043A0AA1601DAB"));

    expect(frame).toEqual({ kind: "measurement", pm25Tenths: 1236, pm10Tenths: 2618, id: 0xa160 });
  });

  it("reads the answers of the protocol's paper", () => {
    const parser = createSds011Parser();

    expect(parser.push(ofHex("AAC5070F070AA16028AB"))).toEqual([
      { kind: "reply", command: 7, data: [15, 7, 10], id: 0xa160 },
    ]);
    expect(parser.push(ofHex("AAC508000200A1600BAB"))).toEqual([
      { kind: "reply", command: 8, data: [0, 2, 0], id: 0xa160 },
    ]);
    expect(parser.badFrames).toBe(0);
  });

  it("counts a wrong checksum", () => {
    const parser = createSds011Parser();

    expect(parser.push(ofHex("AAC0D4043A0AA16000AB"))).toEqual([]);
    expect(parser.badFrames).toBe(1);
  });
});

describe("sds011Say", () => {
  it.each([
    ["AAB402010100000000000000000000FFFF02AB", sds011Say.setMode(true)],
    ["AAB402010000000000000000000000FFFF01AB", sds011Say.setMode(false)],
    ["AAB406010000000000000000000000FFFF05AB", sds011Say.sleep()],
    ["AAB406010100000000000000000000FFFF06AB", sds011Say.wake()],
    ["AAB406010000000000000000000000A16008AB", sds011Say.sleep(0xa160)],
    ["AAB404000000000000000000000000FFFF02AB", sds011Say.query()],
    ["AAB407000000000000000000000000FFFF05AB", sds011Say.askFirmware()],
    ["AAB408010200000000000000000000FFFF09AB", sds011Say.setPeriod(2)],
  ])("spells %s", (hex, bytes) => {
    expect(hexOf(bytes)).toBe(hex);
  });
});
