import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createPlantowerParser, type PlantowerFrame, plantowerSay } from "../../../edge/sensors/plantower-frames.ts";
import { plantowerReading } from "../../../edge/sensors/plantower-instrument.ts";
import { behavesLikeAFrameParser } from "../../suites/frame-parser.suite.ts";
import { hexOf, ofHex } from "./hex.ts";
import { plantowerBytes, plantowerWords } from "./plantower-bytes.ts";

const words = fc
  .constantFrom(9, 13, 17)
  .chain((length) => fc.array(fc.nat(0xffff), { minLength: length, maxLength: length }));
const frames: fc.Arbitrary<PlantowerFrame> = fc.oneof(
  fc.record({ kind: fc.constant("measurement" as const), words }),
  fc.record({ kind: fc.constant("reply" as const), command: fc.nat(0xff), value: fc.nat(0xff) }),
);
const wordsOf = (hex: string): readonly number[] => {
  const [frame] = createPlantowerParser().push(ofHex(hex));
  return frame?.kind === "measurement" ? frame.words : [];
};

describe("createPlantowerParser", () => {
  behavesLikeAFrameParser({ create: createPlantowerParser, frames, bytesOf: plantowerBytes, headBytes: 2 });

  it("reads a measurement word by word", () => {
    const hex = "424D001C000100020003000400050006000700080009000A000B000C000000F9";

    expect(wordsOf(hex)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0]);
  });

  it("waits for the rest of a frame, and refuses a length that no instrument has", () => {
    const parser = createPlantowerParser();

    expect(parser.push(ofHex("424d001c0005000d0016"))).toEqual([]);
    expect(parser.badFrames).toBe(0);
    parser.reset();
    expect(parser.push(ofHex("424d00000005000d00160005000d001602fd00fc001d000f00060006970003a9"))).toEqual([]);
    expect(parser.badFrames).toBe(1);
  });
});

describe("plantowerReading", () => {
  it("gives masses under both names, and particles of a cm³", () => {
    const reading = plantowerReading("pms5003", [21, 36, 36, 20, 33, 36, 3528, 1055, 228, 14, 3, 1, 0x9700]);

    expect(reading?.status).toEqual([]);
    expect(reading?.values).toEqual({
      pm1_cf1: 21,
      pm25_cf1: 36,
      pm10_cf1: 36,
      pm1_atm: 20,
      pm25_atm: 33,
      pm10_atm: 36,
      n_over_0_3: 35.28,
      n_over_0_5: 10.55,
      n_over_1: 2.28,
      n_over_2_5: 0.14,
      n_over_5: 0.03,
      n_over_10: 0.01,
    });
  });

  it("reads the further words of S, T and ST, and frost below zero", () => {
    const thirteen = plantowerWords(10);
    const cold = 0x10000 - 185;
    const t = [...thirteen.slice(0, 10), cold, 812, 0x9100];
    const st = [...thirteen.slice(0, 12), 23, cold, 812, 0, 0x9100];

    expect(plantowerReading("pms5003s", [...thirteen.slice(0, 12), 23])?.values.formaldehyde).toBe(23);
    expect(plantowerReading("pms5003t", t)?.values).toMatchObject({ temperature: -18.5, humidity: 81.2 });
    expect(plantowerReading("pms5003t", t)?.values).not.toHaveProperty("n_over_5");
    expect(plantowerReading("pms5003st", st)?.values).toMatchObject({
      formaldehyde: 23,
      temperature: -18.5,
      humidity: 81.2,
      n_over_5: 0.01,
    });
    expect(plantowerReading("pms3003", thirteen.slice(0, 9))?.values).not.toHaveProperty("n_over_0_3");
  });

  it("has no measurement while the instrument says that it has none, or for another model's words", () => {
    expect(plantowerReading("pms5003", wordsOf(`424d001c${"0".repeat(52)}00ab`))).toBeUndefined();
    expect(plantowerReading("pms5003st", plantowerWords(3))).toBeUndefined();
  });

  it("says what the instrument says of itself, and where its words contradict each other", () => {
    const faulty = [...plantowerWords(3).slice(0, 12), 0x9704];
    const massOfNothing = [8, 8, 8, 8, 8, 8, 0, 0, 0, 0, 0, 0, 0x9700];

    expect(plantowerReading("pms5003", faulty)?.status).toEqual(["instrument-fault"]);
    expect(plantowerReading("pms5003", massOfNothing)?.status).toEqual(["inconsistent"]);
  });
});

describe("plantowerSay", () => {
  it.each([
    ["424DE200000171", plantowerSay.read()],
    ["424DE400010174", plantowerSay.wake()],
    ["424DE400000173", plantowerSay.sleep()],
    ["424DE100000170", plantowerSay.passive()],
    ["424DE100010171", plantowerSay.active()],
  ])("spells %s", (hex, bytes) => {
    expect(hexOf(bytes)).toBe(hex);
  });
});
