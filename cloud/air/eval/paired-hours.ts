import { doChannelsDisagree } from "../quality/checks.ts";
import { BadTable, momentOf, type Row, readTable, type Table } from "./csv.ts";

/** An hour of a device beside a reference monitor. */
export interface PairedHour {
  /** Beginning of the hour, UTC ms. */
  readonly at: number;
  /** Mean of the channels that spoke, µg/m³. */
  readonly mass: number;
  /** Whether both channels agreed; null where there was one. */
  readonly doChannelsAgree: boolean | null;
  readonly humidity: number | null;
  readonly temperature: number | null;
  readonly reference: number;
}

/** The hours of a recording, each once. */
export interface PairedHours {
  readonly hours: readonly PairedHour[];
  /** Rows left out because their hour (and site) had come before: counted twice they would weigh twice. */
  readonly repeated: number;
}

const HOUR_MS = 3_600_000;
/** A file of another kind may have one column of a megabyte. */
const MOST_SAID = 300;
/** A device hour counts with this share of the samples that it usually has. */
const LEAST_SHARE = 0.5;

function requireColumns(table: Table, ...choices: readonly (readonly string[])[]): void {
  for (const names of choices) {
    if (names.some((name) => table.has(name))) continue;
    throw new BadTable(
      `${table.file} has no column ${names.join(" or ")}; it has ${table.columns.join(", ").slice(0, MOST_SAID)}`,
    );
  }
}

/** Both channels of a row. */
function channelsOf(
  a: number | undefined,
  b: number | undefined,
): Pick<PairedHour, "mass" | "doChannelsAgree"> | undefined {
  const sound = [a, b].flatMap((mass) => (mass !== undefined && mass >= 0 && mass <= 1000 ? [mass] : []));
  const [first, second] = sound;
  if (first === undefined) return undefined;
  if (second === undefined) return { mass: first, doChannelsAgree: null };
  return { mass: (first + second) / 2, doChannelsAgree: !doChannelsDisagree(first, second) };
}

/** A humidity in per cent, also from a share of 1. */
const percent = (value: number | undefined): number | null =>
  value === undefined || value < 0 ? null : value <= 1.0001 ? value * 100 : value <= 105 ? value : null;

const possible = (value: number | undefined, least: number, most: number) =>
  value !== undefined && value >= least && value <= most ? value : undefined;

/** A temperature that air may have, °C; −999 and the like stand for a missing one. */
const degrees = (value: number | undefined) => possible(value, -60, 85);

/** Hours that were joined by somebody else: `created_at`, `pm2_5`, `s2_pm2_5`, `humidity`, `temp`, `ref_pm2_5`. */
export async function readPairs(file: string, hoursAhead: number): Promise<PairedHours> {
  const table = await readTable(file);
  requireColumns(
    table,
    ["created_at", "time", "datetime"],
    ["pm2_5", "pm2.5", "pm25"],
    ["ref_pm2_5", "reference", "ref"],
  );
  const hours = table.rows.flatMap((row): readonly PlacedHour[] => {
    const at = momentOf(row.text("created_at", "time", "datetime"), hoursAhead);
    const channels = channelsOf(row.number("pm2_5", "pm2.5", "pm25"), row.number("s2_pm2_5", "s2_pm2.5", "s2_pm25"));
    const reference = row.number("ref_pm2_5", "reference", "ref");
    if (at === undefined || channels === undefined || reference === undefined || !isReference(reference)) return [];
    const humidity = percent(row.number("humidity", "rh"));
    const temperature = degrees(row.number("temp", "temperature")) ?? null;
    return [{ site: row.text("site") ?? "", hour: { at, ...channels, humidity, temperature, reference } }];
  });
  return usable(file, hours);
}

/** A monitor's own failures are far outside of any air (BAM: 985 and 99,999). A little below zero is its noise. */
const isReference = (mass: number) => mass > -15 && mass < 900;

/** An hour of one of the sites that a file may hold. */
interface PlacedHour {
  readonly site: string;
  readonly hour: PairedHour;
}

function usable(file: string, all: readonly PlacedHour[]): PairedHours {
  if (all.length === 0) throw new BadTable(`${file} has no row with a time, a PM2.5 and a reference`);
  const once = new Map<string, PairedHour>();
  for (const { site, hour } of all) {
    const key = `${site}/${Math.floor(hour.at / HOUR_MS)}`;
    if (!once.has(key)) once.set(key, hour);
  }
  return { hours: [...once.values()].sort((a, b) => a.at - b.at), repeated: all.length - once.size };
}

/** Raw samples of a device (`created_at`, `field1`, `field3`, `field8`) joined with a monitor's hours (`Time`, `ConcHR(ug/m3)`, `Status`). */
export async function readDeviceAndReference(
  deviceFile: string,
  referenceFile: string,
  { hoursAhead, endOfHour }: { readonly hoursAhead: number; readonly endOfHour: boolean },
): Promise<PairedHours> {
  const device = await readTable(deviceFile);
  const reference = await readTable(referenceFile);
  requireColumns(device, ["created_at", "time"], ["field1", "pm2_5"]);
  requireColumns(reference, ["time", "created_at"], ["conchr(ug/m3)", "ref_pm2_5"]);
  const samples = device.rows.flatMap((row) => sampleOf(row, hoursAhead));
  const byHour = Map.groupBy(samples, ({ at }) => Math.floor(at / HOUR_MS));
  const usual = usualCount([...byHour.values()].map((some) => some.length));
  const hours = reference.rows.flatMap((row): readonly PlacedHour[] => {
    const said = momentOf(row.text("time", "created_at"), hoursAhead);
    const mass = row.number("conchr(ug/m3)", "ref_pm2_5");
    if (said === undefined || mass === undefined || (row.number("status") ?? 0) !== 0 || !isReference(mass)) return [];
    const hour = Math.floor(said / HOUR_MS) - (endOfHour ? 1 : 0);
    const some = byHour.get(hour) ?? [];
    if (some.length < LEAST_SHARE * usual) return [];
    const channels = channelsOf(meanOf(some, "a"), meanOf(some, "b"));
    if (channels === undefined) return [];
    const [humidity, temperature] = [meanOf(some, "humidity"), meanOf(some, "temperature")];
    const climate = { humidity: humidity ?? null, temperature: temperature ?? null };
    return [{ site: "", hour: { at: hour * HOUR_MS, ...channels, ...climate, reference: mass } }];
  });
  return usable(`${deviceFile} with ${referenceFile}`, hours);
}

interface DeviceSample {
  readonly at: number;
  readonly a: number | undefined;
  readonly b: number | undefined;
  readonly humidity: number | undefined;
  readonly temperature: number | undefined;
}

/** field8: lat, lon, altitude, speed, satellites, hdop, inner °C, inner RH, outer °C, outer RH, hPa; the outer climate is taken. */
function sampleOf(row: Row, hoursAhead: number): readonly DeviceSample[] {
  const at = momentOf(row.text("created_at", "time"), hoursAhead);
  if (at === undefined) return [];
  const packed = (row.text("field8") ?? "").split(",").map((cell) => Number.parseFloat(cell));
  const finite = (value: number | undefined) => (value !== undefined && Number.isFinite(value) ? value : undefined);
  return [
    {
      at,
      a: row.number("field1", "pm2_5"),
      b: row.number("field3", "s2_pm2_5"),
      humidity: possible(row.number("humidity", "rh") ?? finite(packed[9]), 1, 105),
      temperature: degrees(row.number("temperature", "temp") ?? finite(packed[8])),
    },
  ];
}

function meanOf(samples: readonly DeviceSample[], name: "a" | "b" | "humidity" | "temperature"): number | undefined {
  const values = samples.flatMap((sample) => sample[name] ?? []);
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function usualCount(counts: readonly number[]): number {
  const sorted = counts.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 1;
}
