import { z } from "zod";
import { createPlantowerParser, plantowerSay } from "../../../edge/sensors/plantower-frames.ts";
import { plantowerReading } from "../../../edge/sensors/plantower-instrument.ts";
import { createSds011Parser, SDS011_COMMANDS, sds011Say } from "../../../edge/sensors/sds011-frames.ts";
import { createShdlcParser, stuff, unstuff } from "../../../edge/sensors/shdlc-frames.ts";
import { sps30Say, sps30Values } from "../../../edge/sensors/sps30-instrument.ts";
import type { PlantowerModel } from "../../../firmware-config/settings/plantower-models.ts";
import { hexOf, ofHex } from "../../edge/sensors/hex.ts";
import { bosch, sensirion } from "../../edge/sensors/kernel-arithmetic.ts";
import { type Check, numberAt, textAt, type Vector } from "./vector-file.ts";

const REJECTED = "reject";
const bytesOf = (input: Vector["input"]): Uint8Array => ofHex(textAt(input, "hex").replaceAll(/\s/g, ""));

/** How many words a frame of each model has: 13 are of several models, whose first words are the same. */
const MODEL_OF_WORDS: Readonly<Record<number, PlantowerModel>> = { 9: "pms3003", 13: "pms5003", 17: "pms5003st" };

const plantowerFrame: Check = ({ input, expect }) => {
  const parser = createPlantowerParser();
  const [frame] = parser.push(bytesOf(input));
  if (frame?.kind === "reply") return { checksum_ok: true, command: frame.command, value: frame.value };
  const words = frame?.words ?? [];
  const said = textAt(input, "model").toLowerCase();
  const model = Object.values(MODEL_OF_WORDS).find((one) => one === said) ?? MODEL_OF_WORDS[words.length] ?? "pms5003";
  const reading = plantowerReading(model, words);
  if (reading === undefined) return REJECTED;
  const wanted = z.object({ words: z.array(z.number()) }).safeParse(expect).data?.words.length;
  return { checksum_ok: true, words: words.slice(0, wanted), ...reading.values };
};

const plantowerCommand: Check = ({ input }) => {
  const say: Readonly<Record<string, () => Uint8Array>> = plantowerSay;
  const renamed: Readonly<Record<string, string>> = { passive_mode: "passive", active_mode: "active" };
  const command = textAt(input, "command");
  const bytes = say[renamed[command] ?? command]?.();
  return bytes === undefined ? undefined : hexOf(bytes);
};

const sds011Frame: Check = ({ input }) => {
  const [frame] = createSds011Parser().push(bytesOf(input));
  if (frame?.kind !== "measurement") return REJECTED;
  const { pm25Tenths, pm10Tenths, id } = frame;
  return {
    checksum_ok: true,
    pm25: pm25Tenths / 10,
    pm10: pm10Tenths / 10,
    id: hexOf(Uint8Array.of(id >> 8, id & 0xff)),
  };
};

const sds011Command: Check = ({ input }) => {
  const [command = "", suffix] = textAt(input, "command").split(/_(?=[0-9A-F]{4}$)/);
  const named = suffix ?? textAt(input, "device");
  const device = named === "" ? undefined : Number.parseInt(named, 16);
  const minutes = numberAt(input, "minutes", "period", "period_min") ?? Number(/\d+$/.exec(command)?.[0] ?? 0);
  const sayings: Readonly<Record<string, () => Uint8Array>> = {
    report_mode_passive: () => sds011Say.setMode(true, device),
    report_mode_query: () => sds011Say.setMode(true, device),
    report_mode_active: () => sds011Say.setMode(false, device),
    report_mode_get: () => sds011Say.askMode(device),
    query: () => sds011Say.query(device),
    sleep: () => sds011Say.sleep(device),
    wake: () => sds011Say.wake(device),
    firmware: () => sds011Say.askFirmware(device),
    firmware_version: () => sds011Say.askFirmware(device),
    period_get: () => sds011Say.askPeriod(device),
    period: () => sds011Say.setPeriod(minutes, device),
    period_set: () => sds011Say.setPeriod(minutes, device),
  };
  const bytes = (sayings[command] ?? sayings[command.replace(/_?\d+(_min)?$/, "")])?.();
  return bytes === undefined ? undefined : hexOf(bytes);
};

const two = (part: number): string => String(part).padStart(2, "0");

const sds011Reply: Check = ({ input }) => {
  const [frame] = createSds011Parser().push(bytesOf(input));
  if (frame?.kind !== "reply") return REJECTED;
  const [first, second, third] = frame.data;
  switch (frame.command) {
    case SDS011_COMMANDS.firmware:
      return `firmware 20${two(first)}-${two(second)}-${two(third)}`;
    case SDS011_COMMANDS.period:
      return `period ${second} min`;
    case SDS011_COMMANDS.mode:
      return second === 0 ? "mode active" : "mode passive";
    case SDS011_COMMANDS.sleep:
      return second === 0 ? "sleep" : "work";
    default:
      return `command ${frame.command}`;
  }
};

const sps30: Check = ({ input }) => {
  const [bytes, stuffed, command] = [textAt(input, "bytes"), textAt(input, "stuffed"), textAt(input, "command")];
  if (bytes !== "") return hexOf(stuff(ofHex(bytes)));
  if (stuffed !== "") return hexOf(unstuff(ofHex(stuffed)) ?? ofHex(""));
  if (command !== "") {
    const say: Readonly<Record<string, () => Uint8Array>> = { ...sps30Say, fan_clean: sps30Say.clean };
    const said = say[command]?.();
    return said === undefined ? undefined : hexOf(said);
  }
  const [frame] = createShdlcParser().push(bytesOf(input));
  if (frame === undefined) return REJECTED;
  const floats = sps30Values(frame.data);
  return { checksum_ok: true, floats: Object.values(floats ?? {}), state: frame.state, command: frame.command };
};

const crc8: Check = ({ input }) => hexOf(Uint8Array.of(sensirion.crc8(ofHex(textAt(input, "word")))));

const scd4x: Check = ({ id, input }) => {
  const words = z.array(z.string()).safeParse(input.words).data;
  const offset = numberAt(input, "offset_c");
  if (offset !== null) return hexOf(twoBytes(sensirion.temperatureOffset(offset)));
  if (words !== undefined) return words.map((word) => sensirion.isReady(Number.parseInt(word, 16)));
  const word = textAt(input, "word");
  if (word !== "") return sensirion.forcedCorrection(Number.parseInt(word, 16));
  const answer = readWords(bytesOf(input));
  if (answer === undefined) return REJECTED;
  if (id.includes("serial")) return answer.reduce((number, part) => number * 0x1_0000 + part, 0);
  const { co2, temperature, humidity } = sensirion.scd4x(answer);
  return { co2_ppm: co2, temp_c: hundredth(temperature), rh: hundredth(humidity) };
};

const twoBytes = (word: number): Uint8Array => Uint8Array.of(word >> 8, word & 0xff);
const hundredth = (value: number): number => Math.round(value * 100) / 100;

function readWords(bytes: Uint8Array): readonly number[] | undefined {
  try {
    return sensirion.words(bytes);
  } catch {
    // A wrong CRC-8: the kernel's driver gives an error in place of a value.
    return undefined;
  }
}

const boschCompensation: Check = ({ input }) => {
  const one = (name: string) => z.number().parse(input[name]);
  if ("adc_T" in input) {
    const { centiC } = bosch.temperature(one("adc_T"), [one("dig_T1"), one("dig_T2"), one("dig_T3")]);
    return { temp_centi_c: centiC };
  }
  const calibration = z.array(z.number()).parse(input["dig_P1..P9"]);
  return { pa: Math.round(bosch.pressure(one("adc_P"), one("t_fine"), calibration)) };
};

/** Each group of frames, commands and checksums, read and written by the drivers (and the kernel's arithmetic). */
export const FRAME_CHECKS: Readonly<Record<string, Check>> = {
  plantower_frame: plantowerFrame,
  plantower_command: plantowerCommand,
  sds011_frame: sds011Frame,
  sds011_command: sds011Command,
  sds011_reply: sds011Reply,
  sps30_shdlc: sps30,
  sensirion_crc8: crc8,
  scd4x,
  bosch_compensation: boschCompensation,
};
