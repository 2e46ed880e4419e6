import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createPlantowerParser, plantowerSay } from "../../../edge/sensors/plantower-frames.ts";
import { plantowerReading } from "../../../edge/sensors/plantower-instrument.ts";
import { createSds011Parser, sds011Say } from "../../../edge/sensors/sds011-frames.ts";
import type { SensorValues } from "../../../edge/sensors/sensor.ts";
import { createShdlcParser, stuff } from "../../../edge/sensors/shdlc-frames.ts";
import { sps30Say, sps30Values } from "../../../edge/sensors/sps30-instrument.ts";
import type { PlantowerModel } from "../../../firmware-config/settings/plantower-models.ts";
import { hexOf, ofHex } from "./hex.ts";
import { bosch, sensirion } from "./kernel-arithmetic.ts";

const shared = new URL("../../../../shared/air/", import.meta.url);
const isThere = existsSync(shared);
if (!isThere) process.stdout.write("skipped: the published vectors (../shared/air/vectors.json are not there)\n");

const Vector = z.object({
  id: z.string(),
  group: z.string(),
  input: z.record(z.string(), z.unknown()),
  expect: z.unknown(),
  status: z.string(),
});
type Vector = z.infer<typeof Vector>;

const Hex = z.object({ hex: z.string() });
const Command = z.object({ command: z.string() });
const isRejected = ({ expect: wanted }: Vector): boolean => typeof wanted === "string" && wanted.startsWith("reject");

/** What each group of vectors is about; every one of them has its check. */
const CHECKS: Readonly<Record<string, (vector: Vector) => void>> = {
  plantower_frame: (vector) => {
    const parser = createPlantowerParser();
    const [frame] = parser.push(ofHex(Hex.parse(vector.input).hex));
    const words = frame?.kind === "measurement" ? frame.words : [];
    if (isRejected(vector)) {
      expect(plantowerReading("pms5003", words)).toBeUndefined();
      return;
    }
    const wanted = z.object({ words: z.array(z.number()) }).parse(vector.expect).words;
    expect(words.slice(0, wanted.length)).toEqual(wanted);
    expect(parser.badFrames).toBe(0);
  },
  plantower_command: ({ input, expect: wanted }) => {
    const bytes = { read: plantowerSay.read(), wake: plantowerSay.wake() }[Command.parse(input).command];
    expect(hexOf(bytes ?? ofHex(""))).toBe(wanted);
  },
  sds011_frame: (vector) => {
    const parser = createSds011Parser();
    const frames = parser.push(ofHex(Hex.parse(vector.input).hex));
    if (isRejected(vector)) {
      expect([frames.length, parser.badFrames]).toEqual([0, 1]);
      return;
    }
    const { pm25, pm10, id } = z.object({ pm25: z.number(), pm10: z.number(), id: z.string() }).parse(vector.expect);
    const [pm25Tenths, pm10Tenths] = [Math.round(pm25 * 10), Math.round(pm10 * 10)];
    expect(frames).toEqual([{ kind: "measurement", pm25Tenths, pm10Tenths, id: Number.parseInt(id, 16) }]);
  },
  sds011_command: ({ input, expect: wanted }) => {
    const bytes = {
      report_mode_passive: sds011Say.setMode(true),
      sleep: sds011Say.sleep(),
      wake: sds011Say.wake(),
      sleep_A160: sds011Say.sleep(0xa160),
    }[Command.parse(input).command];
    expect(hexOf(bytes ?? ofHex(""))).toBe(wanted);
  },
  sds011_reply: ({ input, expect: wanted }) => {
    const [frame] = createSds011Parser().push(ofHex(Hex.parse(input).hex));
    if (frame?.kind !== "reply") throw new Error("no answer was found");
    const [year, month, day] = frame.data.map((part) => String(part).padStart(2, "0"));
    const words = frame.command === 7 ? `firmware 20${year}-${month}-${day}` : `period ${frame.data[1]} min`;
    expect(words).toBe(wanted);
  },
  sps30_shdlc: (vector) => {
    const { input, expect: wanted } = vector;
    const bytes = z.object({ bytes: z.string() }).safeParse(input).data?.bytes;
    if (bytes !== undefined) return expect(hexOf(stuff(ofHex(bytes)))).toBe(wanted);
    const command = Command.safeParse(input).data?.command;
    if (command !== undefined) {
      const said = { fan_clean: sps30Say.clean(), reset: sps30Say.reset() }[command];
      return expect(hexOf(said ?? ofHex(""))).toBe(wanted);
    }
    const parser = createShdlcParser();
    const frames = parser.push(ofHex(Hex.parse(input).hex));
    if (isRejected(vector)) return expect([frames.length, parser.badFrames]).toEqual([0, 1]);
    const { floats } = z.object({ floats: z.array(z.number()) }).parse(wanted);
    expect(Object.values(sps30Values(frames[0]?.data ?? ofHex("")) ?? {})).toEqual(floats);
  },
  sensirion_crc8: ({ input, expect: wanted }) => {
    const { word } = z.object({ word: z.string() }).parse(input);
    expect(hexOf(Uint8Array.of(sensirion.crc8(ofHex(word))))).toBe(wanted);
  },
  scd4x: ({ id, input, expect: wanted }) => {
    if (id === "scd4x.frame") {
      const { co2_ppm, temp_c, rh } = z.record(z.string(), z.number()).parse(wanted);
      const { co2, temperature, humidity } = sensirion.scd4x(sensirion.words(ofHex(Hex.parse(input).hex)));
      expect([co2, temperature.toFixed(2), humidity.toFixed(2)]).toEqual([co2_ppm, temp_c?.toFixed(2), rh?.toFixed(2)]);
    } else if (id === "scd4x.ready") {
      const { words } = z.object({ words: z.array(z.string()) }).parse(input);
      expect(words.map((word) => sensirion.isReady(Number.parseInt(word, 16)))).toEqual(wanted);
    } else if (id === "scd4x.frc") {
      const { word } = z.object({ word: z.string() }).parse(input);
      expect(sensirion.forcedCorrection(Number.parseInt(word, 16))).toBe(wanted);
    } else {
      const { offset_c } = z.object({ offset_c: z.number() }).parse(input);
      expect(sensirion.temperatureOffset(offset_c).toString(16).toUpperCase().padStart(4, "0")).toBe(wanted);
    }
  },
  bosch_compensation: ({ id, input, expect: wanted }) => {
    const numbers = z.record(z.string(), z.union([z.number(), z.array(z.number())])).parse(input);
    const one = (name: string) => z.number().parse(numbers[name]);
    if (id === "bmp280.temp") {
      const { centiC } = bosch.temperature(one("adc_T"), [one("dig_T1"), one("dig_T2"), one("dig_T3")]);
      expect({ temp_centi_c: centiC }).toEqual(wanted);
      return;
    }
    const calibration = z.array(z.number()).parse(numbers["dig_P1..P9"]);
    expect({ pa: Math.round(bosch.pressure(one("adc_P"), one("t_fine"), calibration)) }).toEqual(wanted);
  },
};

describe.skipIf(!isThere)("the published vectors of frames, commands, CRC-8 and compensation", () => {
  const vectors = isThere ? readVectors() : [];

  it("are there in all of their groups", () => {
    const groups = new Set(vectors.map(({ group }) => group));

    expect([...groups].sort()).toEqual(Object.keys(CHECKS).sort());
    expect(vectors.length).toBeGreaterThanOrEqual(37);
  });

  it.each(vectors.map((vector) => ({ name: `${vector.group} ${vector.id}`, vector })))("$name", ({ vector }) => {
    CHECKS[vector.group]?.(vector);
  });
});

function readVectors(): readonly Vector[] {
  const file = z.object({ vectors: z.array(z.unknown()) });
  const { vectors } = file.parse(JSON.parse(readFileSync(new URL("vectors.json", shared), "utf8")));
  const ours = z
    .array(z.looseObject({ group: z.string() }))
    .parse(vectors)
    .filter(({ group }) => group in CHECKS);
  return z.array(Vector).parse(ours);
}

/** The bytes of a captured file, and its rows of decoded values. */
function captureOf(name: string): { readonly bytes: Uint8Array; readonly rows: readonly Record<string, number>[] } {
  const read = (end: string) => readFileSync(new URL(`recordings/frames/${name}.${end}`, shared), "utf8");
  const lines = read("hexdump").matchAll(/^[0-9a-f]{8}: ((?:[0-9a-f]{2} )+) /gm);
  const hex = Array.from(lines, ([, line = ""]) => line.replaceAll(" ", "")).join("");
  const [head = "", ...body] = read("csv").trim().split("\n");
  const names = head.split(", ");
  const rows = body.map((row) => Object.fromEntries(row.split(", ").map((cell, i) => [names[i] ?? "", Number(cell)])));
  return { bytes: ofHex(hex), rows };
}

const plantowerOf = (model: PlantowerModel) => (bytes: Uint8Array) =>
  createPlantowerParser()
    .push(bytes)
    .flatMap((frame) => (frame.kind === "measurement" ? [plantowerReading(model, frame.words)?.values ?? {}] : []));

const PLANTOWER_COLUMNS = {
  raw01: "pm1_cf1",
  raw25: "pm25_cf1",
  raw10: "pm10_cf1",
  pm01: "pm1_atm",
  pm25: "pm25_atm",
  pm10: "pm10_atm",
  n0_3: "n_over_0_3",
  n0_5: "n_over_0_5",
  n1_0: "n_over_1",
  n2_5: "n_over_2_5",
  n5_0: "n_over_5",
  n10_0: "n_over_10",
  temp: "temperature",
  rhum: "humidity",
} as const;
const SPS30_COLUMNS = {
  pm01: "pm1",
  pm25: "pm25",
  pm04: "pm4",
  pm10: "pm10",
  n0_5: "n_to_0_5",
  n1_0: "n_to_1",
  n2_5: "n_to_2_5",
  n4_0: "n_to_4",
  n10_0: "n_to_10",
  diam: "particle_size",
} as const;

/** Captures, how we decode them, and our names of their columns; they print so many decimals. */
const CAPTURES: readonly {
  readonly name: string;
  readonly decode: (bytes: Uint8Array) => readonly SensorValues[];
  readonly columns: Readonly<Record<string, keyof SensorValues>>;
}[] = [
  {
    name: "SDS01x",
    decode: (bytes) =>
      createSds011Parser()
        .push(bytes)
        .flatMap((frame) =>
          frame.kind === "measurement" ? [{ pm25: frame.pm25Tenths / 10, pm10: frame.pm10Tenths / 10 }] : [],
        ),
    columns: { pm25: "pm25", pm10: "pm10" },
  },
  { name: "PMSx003", decode: plantowerOf("pms5003"), columns: PLANTOWER_COLUMNS },
  { name: "PMS3003", decode: plantowerOf("pms3003"), columns: PLANTOWER_COLUMNS },
  { name: "PMS5003T", decode: plantowerOf("pms5003t"), columns: PLANTOWER_COLUMNS },
  {
    name: "SPS30",
    decode: (bytes) =>
      createShdlcParser()
        .push(bytes)
        .map(({ data }) => sps30Values(data) ?? {}),
    columns: SPS30_COLUMNS,
  },
];

describe.skipIf(!isThere)("captures of real instruments", () => {
  it.each(CAPTURES)("of a $name are read as they were decoded", ({ name, decode, columns }) => {
    const { bytes, rows } = captureOf(name);

    const measured = decode(bytes);

    expect(measured.length).toBeGreaterThanOrEqual(3);
    expect(measured.length).toBe(rows.length);
    for (const [i, row] of rows.entries()) {
      for (const [column, printed] of Object.entries(row)) {
        const field = columns[column];
        if (field === undefined) continue;
        // Printed with at most two decimals, and cut or rounded at the last one.
        expect(Math.abs((measured[i]?.[field] ?? Number.NaN) - printed), `${name} ${i} ${column}`).toBeLessThanOrEqual(
          0.051,
        );
      }
    }
  });
});
