import type { SampleStatus } from "#contract/messages.ts";
import type { PlantowerModel } from "../../firmware-config/settings/plantower-models.ts";
import type { Instrument, InstrumentReading, Moment } from "./instrument.ts";
import { isQuiet, MOST_TRIES } from "./instrument.ts";
import { createPlantowerParser, type PlantowerFrame, plantowerSay } from "./plantower-frames.ts";
import type { SensorValues } from "./sensor.ts";

/** Words of a measurement (research/air.md 3.1; the frame's byte is 4 + 2 × the word's place). */
const WORDS: Readonly<Record<PlantowerModel, number>> = {
  pms3003: 9,
  pms5003: 13,
  pms7003: 13,
  pms5003s: 13,
  pms5003t: 13,
  pms5003st: 17,
};

/**
 * What a measurement says, or undefined where the instrument says that it has none yet (all words zero: it warms up) or
 * where the words are of another model.
 */
export function plantowerReading(model: PlantowerModel, words: readonly number[]): InstrumentReading | undefined {
  if (words.length !== WORDS[model] || words.every((word) => word === 0)) return undefined;
  const word = (at: number) => words[at] ?? 0;
  // Counts are of 0.1 l; ours of a cm³.
  const perCm3 = (at: number) => word(at) / 100;
  const masses = {
    pm1_cf1: word(0),
    pm25_cf1: word(1),
    pm10_cf1: word(2),
    pm1_atm: word(3),
    pm25_atm: word(4),
    pm10_atm: word(5),
  };
  if (model === "pms3003") return { values: masses, status: [] };
  const small = { n_over_0_3: perCm3(6), n_over_0_5: perCm3(7), n_over_1: perCm3(8), n_over_2_5: perCm3(9) };
  const values: SensorValues = {
    ...masses,
    ...small,
    ...(model === "pms5003t" ? climate(word(10), word(11)) : { n_over_5: perCm3(10), n_over_10: perCm3(11) }),
    ...((model === "pms5003s" || model === "pms5003st") && { formaldehyde: word(12) }),
    ...(model === "pms5003st" && climate(word(13), word(14))),
  };
  return { values, status: statusOf(masses.pm10_atm, word(6), errorOf(model, words)) };
}

/** Tenths of °C (which may be below zero) and of a percent. */
function climate(temperature: number, humidity: number): SensorValues {
  return { temperature: (temperature > 0x7fff ? temperature - 0x10000 : temperature) / 10, humidity: humidity / 10 };
}

/** The error byte beside the version; the S has formaldehyde in that place. */
function errorOf(model: PlantowerModel, words: readonly number[]): number {
  if (model === "pms5003s") return 0;
  return (words[model === "pms5003st" ? 16 : 12] ?? 0) & 0xff;
}

/** Mass without a single particle above 0.3 µm cannot be (PyPMS calls such a frame inconsistent). */
function statusOf(pm10: number, particles: number, error: number): readonly SampleStatus[] {
  const isInconsistent = pm10 > 0 && particles === 0;
  return [...(error === 0 ? [] : ["instrument-fault" as const]), ...(isInconsistent ? ["inconsistent" as const] : [])];
}

/** How a Plantower is used. */
export interface PlantowerOptions {
  readonly model: PlantowerModel;
  /** Passive mode: it speaks only when it is asked. Otherwise it speaks about each second by itself. */
  readonly isAsked: boolean;
}

/** A Plantower on a line. It forgets its mode whenever it sleeps, so the mode is said after each word to wake it. */
export function createPlantower({ model, isAsked }: PlantowerOptions): Instrument {
  const parser = createPlantowerParser();
  let isModeSaid = false;
  let sleepTries = 0;
  let wasSound = false;

  function hear(frame: PlantowerFrame): readonly InstrumentReading[] {
    if (frame.kind === "reply") return [];
    sleepTries = 0;
    const reading = plantowerReading(model, frame.words);
    return reading === undefined ? [] : [reading];
  }

  function sayAwake(moment: Moment): readonly Uint8Array[] {
    sleepTries = 0;
    const mode = isAsked ? plantowerSay.passive() : plantowerSay.active();
    const question = isAsked ? [plantowerSay.read()] : [];
    // One that just wakes may miss the rest: it is said again once it speaks.
    if (isQuiet(moment)) {
      isModeSaid = false;
      return [plantowerSay.wake(), mode, ...question];
    }
    const words = isModeSaid ? question : [mode, ...question];
    isModeSaid = true;
    return words;
  }

  return {
    model,
    baudRate: 9600,
    // A Plantower has no number.
    id: undefined,
    about: null,
    get badFrames() {
      return parser.badFrames;
    },
    get wasSound() {
      return wasSound;
    },
    read: (bytes) => {
      const frames = parser.push(bytes);
      wasSound = frames.length > 0;
      return frames.flatMap(hear);
    },
    say: (moment) => {
      if (moment.isAwake) return sayAwake(moment);
      isModeSaid = false;
      sleepTries += 1;
      return sleepTries <= MOST_TRIES ? [plantowerSay.sleep()] : [];
    },
    reset: () => {
      parser.reset();
      isModeSaid = false;
      sleepTries = 0;
    },
  };
}
