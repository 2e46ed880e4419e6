import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { messageOf } from "#kit/errors.ts";
import { BadTable, momentOf, type Row, readTable, type Table } from "./csv.ts";

/** One row of a two-channel sensor: masses in µg/m³ on both of Plantower's scales, the climate of its housing. */
export interface NetworkRow {
  readonly station: string;
  readonly at: number;
  readonly a: Readonly<Record<string, number>>;
  readonly b: Readonly<Record<string, number>>;
  readonly climate: Readonly<Record<string, number>>;
}

export interface Network {
  readonly rows: readonly NetworkRow[];
  /** Longitude and latitude of the stations that have one. */
  readonly positions: ReadonlyMap<string, readonly [number, number]>;
  /** What was read, and what could not be used, in words. */
  readonly notes: readonly string[];
}

const ID = ["id", "sensor_id", "sensor_index"];
const TIME = ["time_stamp", "timestamp", "time", "created_at"];

/** Reads every table of a folder: those with `id`, `time_stamp` and a mass are recordings, one with `latitude` has the places. */
export async function readNetwork(folder: string): Promise<Network> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new BadTable(`the folder ${folder} cannot be read: ${messageOf(cause)}`, { cause });
  });
  const files = names.filter((name) => /\.(csv|tsv|txt)$/i.test(name)).sort();
  const positions = new Map<string, readonly [number, number]>();
  const rows = new Map<string, NetworkRow>();
  const notes: string[] = [];
  for (const name of files) {
    const table = await readTable(join(folder, name));
    if (!table.columns.some((column) => ID.includes(column))) {
      notes.push(`${name}: no column ${ID.join(" or ")}, left out`);
    } else if (table.columns.some((column) => TIME.includes(column)) && hasMass(table)) {
      notes.push(takeRecording(table, rows));
    } else if (table.has("latitude") || table.has("lat")) {
      for (const row of table.rows) {
        const id = row.text(...ID);
        const [longitude, latitude] = [row.number("longitude", "lon", "lng"), row.number("latitude", "lat")];
        if (id !== undefined && longitude !== undefined && latitude !== undefined)
          positions.set(id, [longitude, latitude]);
      }
    } else notes.push(`${name}: neither a recording nor places, left out`);
  }
  if (rows.size === 0) {
    throw new BadTable(
      `${folder} has no recording: a table with id, time_stamp (Unix s) and pm2.5_atm_a, pm2.5_atm_b, pm2.5_cf_1_a or pm2.5_cf_1_b`,
    );
  }
  if (positions.size === 0) notes.push("no places: the neighbour checks had nothing to compare");
  const sorted = [...rows.values()].sort((a, b) => a.at - b.at || (a.station < b.station ? -1 : 1));
  return { rows: sorted, positions, notes };
}

const hasMass = (table: Table) => table.columns.some((column) => /^pm2\.5_(atm|cf_1)/.test(column));

function takeRecording(table: Table, rows: Map<string, NetworkRow>): string {
  let used = 0;
  for (const row of table.rows) {
    const read = rowOf(row);
    if (read === undefined) continue;
    rows.set(`${read.station}/${read.at}`, read);
    used += 1;
  }
  const left = table.rows.length - used;
  return `${basename(table.file)}: ${used} rows${left > 0 ? `, ${left} without id, time or any value left out` : ""}`;
}

function rowOf(row: Row): NetworkRow | undefined {
  const station = row.text(...ID);
  const at = momentOf(row.text(...TIME), 0);
  if (station === undefined || at === undefined) return undefined;
  const channel = (name: "a" | "b") => {
    const suffixes = name === "a" ? ["_a", ""] : ["_b"];
    return namedValues({
      pm25_atm: row.number(...suffixes.map((suffix) => `pm2.5_atm${suffix}`)),
      pm25_cf1: row.number(...suffixes.map((suffix) => `pm2.5_cf_1${suffix}`)),
    });
  };
  const fahrenheit = row.number("temperature", "temperature_a");
  const climate = namedValues({
    temperature: fahrenheit === undefined ? undefined : ((fahrenheit - 32) * 5) / 9,
    humidity: row.number("humidity", "humidity_a"),
    pressure: row.number("pressure", "pressure_a"),
  });
  const read = { station, at, a: channel("a"), b: channel("b"), climate };
  const isEmpty = [read.a, read.b, read.climate].every((values) => Object.keys(values).length === 0);
  return isEmpty ? undefined : read;
}

const namedValues = (values: Readonly<Record<string, number | undefined>>): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
