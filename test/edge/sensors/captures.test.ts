import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createPlantowerParser } from "../../../edge/sensors/plantower-frames.ts";
import { plantowerReading } from "../../../edge/sensors/plantower-instrument.ts";
import { createSds011Parser } from "../../../edge/sensors/sds011-frames.ts";
import type { SensorValues } from "../../../edge/sensors/sensor.ts";
import { createShdlcParser } from "../../../edge/sensors/shdlc-frames.ts";
import { sps30Values } from "../../../edge/sensors/sps30-instrument.ts";
import type { PlantowerModel } from "../../../firmware-config/settings/plantower-models.ts";
import { ofHex } from "./hex.ts";

const shared = new URL("../../../../shared/air/", import.meta.url);
const isThere = existsSync(shared);
if (!isThere) process.stdout.write("skipped: captures of real instruments (../shared/air/recordings is not there)\n");

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
