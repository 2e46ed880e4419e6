import { readFile } from "node:fs/promises";
import { basename } from "node:path";

/** What the air is at one moment: µg/m³, °C, %, hPa. PM10 is null where a recording has none. */
export interface Air {
  readonly pm25: number;
  readonly pm10: number | null;
  readonly temperature: number;
  readonly humidity: number;
  readonly pressure: number;
}

/** An endless row of moments: simulated, or the rows of a recording that starts again at its end. */
export interface AirSource {
  /** Name of the recording, or null for a simulation. */
  readonly replay: string | null;
  readonly hasPm10: boolean;
  next(): Air;
}

/** Air that wanders: a slow daily swing, a random walk and now and then an hour of smoke. */
export function simulatedAir(random: () => number, nowMs: () => number): AirSource {
  let drift = random() * 8;
  let smoke = 0;
  return {
    replay: null,
    hasPm10: true,
    next: () => {
      const hour = (nowMs() / 3_600_000 + 5) % 24;
      drift = Math.max(0, drift + (random() - 0.5) * 1.5);
      if (random() < 0.002) smoke = 40 + random() * 120;
      smoke *= 0.985;
      const daily = 6 + 5 * Math.cos(((hour - 8) / 24) * 2 * Math.PI);
      const pm25 = Math.max(0.3, daily + drift + smoke + (random() - 0.5) * 2);
      return {
        pm25: Math.round(pm25 * 10) / 10,
        pm10: Math.round(pm25 * (1.4 + 0.3 * random()) * 10) / 10,
        temperature: Math.round((-9 + 4 * Math.cos(((hour - 15) / 24) * 2 * Math.PI) + random() * 0.3) * 100) / 100,
        humidity: Math.round((74 + 8 * Math.cos(((hour - 5) / 24) * 2 * Math.PI) + random()) * 100) / 100,
        pressure: Math.round((998 + random() * 0.4) * 100) / 100,
      };
    },
  };
}

/**
 * One sensor of a real recording, row by row in order of time, from the start again after the last.
 *
 * Takes PurpleAir tables (`id,time_stamp,…,pm2.5_atm_a`, °F) and Sensor.Community ones (`sensor_id;…;P1;P2`).
 * Throws with one clear line when the file has no row of that sensor.
 */
export async function recordedAir(file: string, id: string): Promise<AirSource> {
  const [head = "", ...lines] = (await readFile(file, "utf8")).split(/\r?\n/).filter((line) => line !== "");
  const separator = head.includes(";") ? ";" : ",";
  const columns = head.split(separator);
  const cells = lines.map((line) => new Map(line.split(separator).map((cell, at) => [columns[at] ?? "", cell])));
  const rows = cells
    .filter((row) => (row.get("id") ?? row.get("sensor_id")) === id)
    .sort((a, b) =>
      (a.get("time_stamp") ?? a.get("timestamp") ?? "") < (b.get("time_stamp") ?? b.get("timestamp") ?? "") ? -1 : 1,
    )
    .flatMap((row) => airOf(row));
  if (rows.length === 0) throw new Error(`${file} has no usable row of the sensor ${id}`);
  let at = 0;
  return {
    replay: `${basename(file)}#${id}`,
    hasPm10: rows.every(({ pm10 }) => pm10 !== null),
    next: () => {
      const row = rows[at % rows.length];
      at += 1;
      if (row === undefined) throw new RangeError("a recording without rows");
      return row;
    },
  };
}

function airOf(row: ReadonlyMap<string, string>): readonly Air[] {
  const read = (name: string): number | undefined => {
    const text = row.get(name);
    return text === undefined || text === "" || !Number.isFinite(Number(text)) ? undefined : Number(text);
  };
  const pm25 = read("pm2.5_atm_a") ?? read("P2");
  if (pm25 === undefined || pm25 < 0 || pm25 > 999.9) return [];
  const fahrenheit = row.has("pm2.5_atm_a") ? read("temperature") : undefined;
  return [
    {
      pm25,
      pm10: read("P1") ?? null,
      temperature: fahrenheit === undefined ? (read("temperature") ?? 0) : ((fahrenheit - 32) * 5) / 9,
      humidity: read("humidity") ?? 50,
      pressure: read("pressure") ?? 1000,
    },
  ];
}
