import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MeasuredName, Values } from "#contract/messages.ts";
import type { Instrument } from "../../../edge/sensors/instrument.ts";
import { createPlantower } from "../../../edge/sensors/plantower-instrument.ts";
import { createSds011 } from "../../../edge/sensors/sds011-instrument.ts";
import { createSps30 } from "../../../edge/sensors/sps30-instrument.ts";
import { PLANTOWER_MODELS } from "../../../firmware-config/settings/plantower-models.ts";
import { plantowerBytes } from "./plantower-bytes.ts";
import { sds011FrameBytes } from "./sds011-bytes.ts";
import { shdlcBytes } from "./shdlc-bytes.ts";

const byte = fc.nat(0xff);
const word = fc.nat(0xffff);
const words = fc
  .constantFrom(9, 13, 17)
  .chain((length) => fc.array(word, { minLength: length, maxLength: length }))
  .map((all) => plantowerBytes({ kind: "measurement", words: all }));
const answers = fc
  .record({ command: byte, data: fc.tuple(byte, byte, byte), id: word })
  .map((reply) => sds011FrameBytes({ kind: "reply", ...reply }));
const shdlc = fc
  .record({
    command: fc.constantFrom(0x00, 0x01, 0x03, 0x10, 0x11, 0xd0, 0xd1, 0xd2, 0x77),
    state: byte,
    data: fc.oneof(fc.uint8Array({ maxLength: 50 }), fc.uint8Array({ minLength: 40, maxLength: 40 })),
  })
  .map(shdlcBytes);

const INSTRUMENTS: readonly (readonly [string, () => Instrument])[] = [
  ["sds011", () => createSds011({ fields: ["pm25", "pm10"], isAsked: false })],
  ["sds011 that is asked", () => createSds011({ fields: ["pm25"], isAsked: true })],
  ...PLANTOWER_MODELS.map((model) => [model, () => createPlantower({ model, isAsked: true })] as const),
  ["sps30", createSps30],
];

describe.each(INSTRUMENTS)("%s", (_, create) => {
  it("bears whatever is said to it, at any moment, and gives nothing that a reading may not hold", () => {
    const event = fc.record({
      bytes: fc.oneof(fc.uint8Array({ maxLength: 60 }), words, answers, shdlc),
      afterMs: fc.nat(10_000),
      isAwake: fc.boolean(),
      isNewLine: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 20 }), (events) => {
        const instrument = create();
        let nowMs = 0;
        let heardMs: number | undefined;
        for (const { bytes, afterMs, isAwake, isNewLine } of events) {
          nowMs += afterMs;
          if (isNewLine) instrument.reset();
          for (const { values } of instrument.read(bytes)) {
            expect(Values.safeParse(values).success).toBe(true);
            expect(Object.keys(values).every((name) => MeasuredName.safeParse(name).success)).toBe(true);
          }
          if (instrument.wasSound) heardMs = nowMs;
          expect(instrument.say({ nowMs, isAwake, heardMs }).length).toBeLessThanOrEqual(4);
          expect(instrument.badFrames).toBeGreaterThanOrEqual(0);
          expect([instrument.id, instrument.about].every((text) => (text ?? "").length < 100)).toBe(true);
        }
      }),
    );
  });
});
