import { describe, expect, it } from "vitest";
import { ofHex } from "./hex.ts";
import { bosch, sensirion } from "./kernel-arithmetic.ts";

describe("the arithmetic of the kernel's drivers, as our stand-in does it", () => {
  it.each([
    ["BEEF", 0x92],
    ["01F4", 0x33],
    ["6667", 0xa2],
    ["8000", 0xa2],
  ])("CRC-8 of %s", (word, crc) => {
    expect(sensirion.crc8(ofHex(word))).toBe(crc);
  });

  it("reads an SCD4x's answer of 500 ppm, 25 °C and 37 %, and refuses one with a wrong CRC", () => {
    const { co2, temperature, humidity } = sensirion.scd4x(sensirion.words(ofHex("01F4336667A25EB93C")));

    expect([co2, temperature.toFixed(2), humidity.toFixed(2)]).toEqual([500, "25.00", "37.00"]);
    expect(() => sensirion.words(ofHex("01F4346667A25EB93C"))).toThrow("EIO");
    expect(sensirion.temperatureOffset(5.4)).toBe(0x07e6);
    expect([0x8000, 0x8006].map(sensirion.isReady)).toEqual([false, true]);
    expect(sensirion.forcedCorrection(0x7fce)).toBe(-50);
  });

  it("compensates as Bosch's worked example does: 25.08 °C, 100653 Pa", () => {
    const { fine, centiC } = bosch.temperature(519_888, [27_504, 26_435, -1000]);
    const calibration = [36_477, -10_685, 3024, 2855, 140, -7, 15_500, -14_600, 6000];

    expect(centiC).toBe(2508);
    expect(Math.round(bosch.pressure(415_148, fine, calibration))).toBe(100_653);
  });
});
