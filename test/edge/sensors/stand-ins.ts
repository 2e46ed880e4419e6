import { onTestFinished } from "vitest";
import { unstuff } from "../../../edge/sensors/shdlc-frames.ts";
import { plantowerBytes, plantowerWords } from "./plantower-bytes.ts";
import { sds011Bytes, sds011FrameBytes } from "./sds011-bytes.ts";
import { shdlcBytes, sps30Data } from "./shdlc-bytes.ts";
import type { TestLine } from "./test-line.ts";

/** An instrument that is not there: it understands what it is told, and says what the real one would. */
export interface StandIn {
  /** µg/m³ of PM2.5 that it sees from now on. */
  pm25: number;
  isAsleep: boolean;
  /** The answers to what it is told. */
  hear(bytes: Uint8Array): readonly Uint8Array[];
  /** What it says by itself now. */
  speak(): readonly Uint8Array[];
}

/** Nova SDS011, protocol V1.3: asleep it hears nothing but the word that wakes it. */
export function createSds011StandIn(): StandIn & { mode: number; period: number } {
  const id = 0xa160;
  const measurement = () => sds011Bytes({ pm25Tenths: me.pm25 * 10, pm10Tenths: me.pm25 * 20, id });
  const me = {
    pm25: 12,
    isAsleep: false,
    mode: 0,
    period: 0,
    hear: (bytes: Uint8Array) => {
      const answers: Uint8Array[] = [];
      const stream = Buffer.from(bytes);
      for (let at = stream.indexOf(0xaa); at >= 0 && at + 19 <= stream.length; at = stream.indexOf(0xaa, at + 19)) {
        const [, , command = 0, set = 0, value = 0] = stream.subarray(at, at + 19);
        if (me.isAsleep && !(command === 6 && set === 1 && value === 1)) continue;
        answers.push(answer(command, set, value));
      }
      return answers;
    },
    speak: () => (me.isAsleep || me.mode === 1 ? [] : [measurement()]),
  };
  function answer(command: number, set: number, value: number): Uint8Array {
    const say = (...data: [number, number, number]) => sds011FrameBytes({ kind: "reply", command, data, id });
    if (command === 4) return measurement();
    if (command === 7) return say(15, 7, 10);
    if (command === 2 && set === 1) me.mode = value;
    if (command === 8 && set === 1) me.period = value;
    if (command === 6 && set === 1) me.isAsleep = value === 0;
    return say(set, command === 2 ? me.mode : command === 8 ? me.period : value, 0);
  }
  return me;
}

/** A Plantower of 13 words: it wakes up in active mode. */
export function createPlantowerStandIn(): StandIn & { isPassive: boolean } {
  const measurement = () => plantowerBytes({ kind: "measurement", words: plantowerWords(me.pm25) });
  const me = {
    pm25: 12,
    isAsleep: false,
    isPassive: false,
    hear: (bytes: Uint8Array) => {
      const answers: Uint8Array[] = [];
      for (let at = 0; at + 7 <= bytes.length; at += 7) {
        const [, , command, , value = 0] = bytes.subarray(at, at + 7);
        if (command === 0xe4) me.isAsleep = value === 0;
        if (command === 0xe4 && value === 1) me.isPassive = false;
        if (command === 0xe1) me.isPassive = value === 0;
        if (command === 0xe1 || command === 0xe4) answers.push(plantowerBytes({ kind: "reply", command, value }));
        if (command === 0xe2 && !me.isAsleep) answers.push(measurement());
      }
      return answers;
    },
    speak: () => (me.isAsleep || me.isPassive ? [] : [measurement()]),
  };
  return me;
}

/** Sensirion SPS30: it measures only after it was told to, and sleeps only while it does not measure. */
export function createSps30StandIn(): StandIn & { isMeasuring: boolean; statusRegister: number } {
  const NOT_NOW = 0x43;
  function answer(command: number): Uint8Array | undefined {
    const fault = me.statusRegister === 0 ? 0 : 0x80;
    const say = (data: Uint8Array = new Uint8Array(0), refusal = 0) =>
      shdlcBytes({ command, state: fault | refusal, data });
    if (me.isAsleep && command !== 0x11) return undefined;
    switch (command) {
      case 0x00:
        if (me.isMeasuring) return say(undefined, NOT_NOW);
        me.isMeasuring = true;
        return say();
      case 0x01:
        me.isMeasuring = false;
        return say();
      case 0x03:
        return me.isMeasuring ? say(sps30Data([1, me.pm25, 3, 4, 5, 6, 7, 8, 9, 0.5])) : say(undefined, NOT_NOW);
      case 0x10:
        if (me.isMeasuring) return say(undefined, NOT_NOW);
        me.isAsleep = true;
        return say();
      case 0x11:
        me.isAsleep = false;
        return say();
      case 0xd0:
        return say(Buffer.from("4E1AD1BB796C64C5\0"));
      case 0xd1:
        return say(Buffer.from([2, 1, 0, 7, 0, 2, 0]));
      case 0xd2: {
        const register = Buffer.alloc(5);
        register.writeUInt32BE(me.statusRegister);
        return say(register);
      }
      default:
        return say();
    }
  }
  const me = {
    pm25: 12,
    isAsleep: false,
    isMeasuring: false,
    statusRegister: 0,
    hear: (bytes: Uint8Array) => {
      const told = Buffer.from(bytes).toString("latin1").split("\x7e");
      return told.flatMap((piece) => {
        const plain = unstuff(Buffer.from(piece, "latin1"));
        const said = plain !== undefined && plain.length >= 4 && plain[0] === 0 ? answer(plain[1] ?? 0) : undefined;
        return said === undefined ? [] : [said];
      });
    },
    speak: () => [],
  };
  return me;
}

/** Puts a stand-in on a line: it answers, and speaks each `everyMs` if it does so by itself. Gives its off switch. */
export function plugIn(standIn: StandIn, line: TestLine, everyMs = 20): { readonly unplug: () => void } {
  let isIn = true;
  line.onBytes((bytes) => {
    if (isIn) for (const answer of standIn.hear(bytes)) line.send(answer);
  });
  const timer = setInterval(() => {
    for (const bytes of standIn.speak()) line.send(bytes);
  }, everyMs);
  const unplug = () => {
    isIn = false;
    clearInterval(timer);
  };
  onTestFinished(unplug);
  return { unplug };
}
