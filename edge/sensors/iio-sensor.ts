import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { MeasuredName } from "#contract/messages.ts";
import { codeOf } from "#kit/errors.ts";
import { type Measurement, type Sensor, SensorUnreadable, type SensorValues } from "./sensor.ts";

/** A channel of the kernel: the beginning of its files' names, and what one of its units is in ours. */
interface Channel {
  readonly channel: string;
  readonly field: MeasuredName;
  readonly factor: number;
  /** Where `_input` and `_raw` are different things: which of them it is. Otherwise `_input`, else `_raw` scaled. */
  readonly only?: "input" | "raw";
}

/**
 * The channels of the kernel's Industrial I/O that we read, with their units (Documentation/ABI/testing/sysfs-bus-iio:
 * milli °C, milli-percent, kilopascal, percent of CO2, µg/m³, Ω; SGP40 in drivers/iio/chemical/sgp40.c).
 */
const CHANNELS: readonly Channel[] = [
  { channel: "in_temp", field: "temperature", factor: 0.001 },
  { channel: "in_humidityrelative", field: "humidity", factor: 0.001 },
  { channel: "in_pressure", field: "pressure", factor: 10 },
  { channel: "in_concentration_co2", field: "co2", factor: 10_000 },
  { channel: "in_massconcentration_pm1", field: "pm1", factor: 1 },
  { channel: "in_massconcentration_pm2p5", field: "pm25", factor: 1 },
  { channel: "in_massconcentration_pm4", field: "pm4", factor: 1 },
  { channel: "in_massconcentration_pm10", field: "pm10", factor: 1 },
  { channel: "in_resistance", field: "gas_resistance", factor: 1, only: "input" },
  { channel: "in_resistance", field: "gas_ticks", factor: 1, only: "raw" },
  { channel: "in_concentration", field: "voc_index", factor: 1, only: "input" },
];
const FILES = ["input", "raw"] as const;
/** The model of a device that does not say its name. */
const NAMELESS = "climate";

/**
 * Every sensor that the kernel shows below a folder (`/sys/bus/iio/devices`, or one device's own folder).
 *
 * None when the folder is not there: then the machine has no such sensors. What is there but cannot be read is a sensor
 * that is not reachable, and `onUnreadable` hears of it. No name is one of `namesTaken`.
 */
export async function findIioSensors(
  folder: string,
  namesTaken: ReadonlySet<string>,
  onUnreadable: (reason: string) => void,
): Promise<Sensor[]> {
  const names = await filesIn(folder);
  const devices = names instanceof SensorUnreadable ? [] : names.filter((name) => name.startsWith("iio:device")).sort();
  const folders = devices.length > 0 ? devices.map((name) => join(folder, name)) : [folder];
  const taken = new Set(namesTaken);
  const sensors: Sensor[] = [];
  for (const device of folders) {
    const files = await filesIn(device);
    if (!(files instanceof SensorUnreadable) && !hasChannel(files)) continue;
    const found = files instanceof SensorUnreadable ? files : await modelOf(device);
    const trouble = found instanceof SensorUnreadable ? found.message : null;
    if (trouble !== null) onUnreadable(trouble);
    const model = found instanceof SensorUnreadable ? NAMELESS : found;
    const name = freeName(model, taken);
    taken.add(name);
    sensors.push(createIioSensor(device, name, model, trouble));
  }
  return sensors;
}

const hasChannel = (names: readonly string[]): boolean =>
  CHANNELS.some(({ channel, only }) =>
    FILES.some((file) => file === (only ?? file) && names.includes(`${channel}_${file}`)),
  );

/** The names in a folder; none where there is no folder. */
async function filesIn(folder: string): Promise<string[] | SensorUnreadable> {
  return await readdir(folder).catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return [];
    return new SensorUnreadable(`${folder} cannot be read (${codeOf(error)})`, { cause: error });
  });
}

/**
 * One device of the kernel; its files are read anew each round, so that a sensor may go away and come back.
 *
 * A channel that cannot be read, or is gone, is counted and told of; the others are measured nevertheless.
 */
function createIioSensor(folder: string, name: string, model: string, troubleAtStart: string | null): Sensor {
  let trouble = troubleAtStart;
  let badFrames = 0;
  const known = new Set<string>();
  const sample = async (): Promise<Measurement | undefined> => {
    const { values, unreadable } = await readChannels(folder);
    const names = Object.keys(values);
    const gone = [...known].filter((field) => !names.includes(field) && !unreadable.has(field));
    for (const field of names) known.add(field);
    const [refusal] = unreadable.values();
    badFrames += unreadable.size;
    if (names.length === 0) {
      trouble = refusal?.message ?? "no channel to read";
      if (refusal !== undefined) throw refusal;
      return undefined;
    }
    badFrames += gone.length;
    trouble = refusal?.message ?? (gone.length > 0 ? `gone: ${gone.join(", ")}` : null);
    return { values, status: [], windowMs: undefined };
  };
  return {
    name,
    model,
    sample,
    // Its files are the way to it, and what it says.
    health: () => ({
      isKernels: true,
      isReachable: trouble === null,
      hasSpoken: trouble === null,
      badFrames,
      trouble,
      about: null,
    }),
    close: async () => {},
  };
}

/** All channels that the device has, one after another (some instruments measure anew for each), and why one has none. */
async function readChannels(
  folder: string,
): Promise<{ readonly values: SensorValues; readonly unreadable: ReadonlyMap<string, SensorUnreadable> }> {
  const values: Partial<Record<MeasuredName, number>> = {};
  const unreadable = new Map<string, SensorUnreadable>();
  for (const channel of CHANNELS) {
    const value = await readChannel(folder, channel).catch((error: unknown) => {
      if (error instanceof SensorUnreadable) return error;
      throw error;
    });
    if (value instanceof SensorUnreadable) unreadable.set(channel.field, value);
    else if (value !== undefined) values[channel.field] = Math.round(value * channel.factor * 1000) / 1000;
  }
  return { values, unreadable };
}

/** A channel in the kernel's unit: `_input`, or `(_raw + _offset) * _scale`; undefined where the device has none. */
async function readChannel(folder: string, { channel, only }: Channel): Promise<number | undefined> {
  const input = only === "raw" ? undefined : await readNumber(join(folder, `${channel}_input`));
  if (input !== undefined || only === "input") return input;
  const raw = await readNumber(join(folder, `${channel}_raw`));
  if (raw === undefined) return undefined;
  const offset = (await readNumber(join(folder, `${channel}_offset`))) ?? 0;
  const scale = (await readNumber(join(folder, `${channel}_scale`))) ?? 1;
  return (raw + offset) * scale;
}

async function readNumber(file: string): Promise<number | undefined> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return undefined;
    throw new SensorUnreadable(`${file} cannot be read (${codeOf(error)})`, { cause: error });
  });
  if (text === undefined) return undefined;
  const value = Number(text.trim());
  if (text.trim() === "" || !Number.isFinite(value)) throw new SensorUnreadable(`${file} holds no number`);
  return value;
}

/** The driver's name of the device, in the letters that a sensor's name may have. */
async function modelOf(folder: string): Promise<string | SensorUnreadable> {
  const file = join(folder, "name");
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return "";
    return new SensorUnreadable(`${file} cannot be read (${codeOf(error)})`, { cause: error });
  });
  if (text instanceof SensorUnreadable) return text;
  const letters = text
    .trim()
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, "-");
  return letters.replace(/^-+|-+$/g, "").slice(0, 28) || NAMELESS;
}

function freeName(model: string, taken: ReadonlySet<string>): string {
  let name = model;
  for (let i = 2; taken.has(name); i += 1) name = `${model}-${i}`;
  return name;
}
