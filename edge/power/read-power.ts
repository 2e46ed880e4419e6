import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ProgramFailed, runProgram } from "#kit/run-program.ts";
import type { ProgramEnvironment } from "../camera/program-environment.ts";
import { type AskInTime, boundAnswers } from "./bound-answers.ts";
import { type PowerFacts, UNKNOWN_POWER } from "./power-facts.ts";
import { parseThrottled, type Throttled } from "./throttled.ts";

/** Where power is read, and what becomes known of it. */
export interface PowerSources {
  /** The kernel's `/sys`. */
  readonly sysDir: string;
  /** What `vcgencmd` gets to see; its PATH says where it is looked for. */
  readonly environment: ProgramEnvironment;
  /** A zone or a supply did not answer in time; it is not asked again before it has. */
  readonly onHung?: (place: string) => void;
}

/** It answers within milliseconds; a firmware that hangs must not hold the rounds. */
const ASK_WITHIN_MS = 2_000;
const ANSWER_BYTES = 4_096;
/** No SoC lives outside: it is a fault of the file (a sensor that is off says −273 or 0xffff…). */
const PLAUSIBLE_C = { least: -60, most: 150 };
const BATTERY_WORDS = ["charging", "discharging", "full", "not-charging", "unknown"] as const;

/**
 * Asks a machine for its power, again and again. What cannot be read is null, and so is what is not read in time: a bus that
 * hangs (the gauge of a battery) holds one thread of Node's four, so each folder is read one file after the other, and not
 * asked again before it has answered. Never rejects.
 */
export function powerReader({ onHung, ...sources }: PowerSources): () => Promise<PowerFacts> {
  const ask = boundAnswers(ASK_WITHIN_MS, onHung);
  return async () => {
    const [temperatureC, throttled, supplies] = await Promise.all([
      readTemperature(sources.sysDir, ask),
      readThrottled(sources, ask),
      readSupplies(sources.sysDir, ask),
    ]);
    return { ...UNKNOWN_POWER, temperatureC, ...throttled, ...supplies };
  };
}

async function readTemperature(sysDir: string, ask: AskInTime): Promise<number | null> {
  const zones = await subfolders(join(sysDir, "class", "thermal"), /^thermal_zone\d+$/);
  const found = await Promise.all(
    zones.map(async (zone) => numberIn(await ask(zone, () => textOf(join(zone, "temp"))))),
  );
  const plausible = found.flatMap((milli) =>
    milli !== null && milli / 1000 > PLAUSIBLE_C.least && milli / 1000 < PLAUSIBLE_C.most ? [milli / 1000] : [],
  );
  return plausible.length === 0 ? null : Math.max(...plausible);
}

/** `vcgencmd` knows all; where it is missing or may not be asked, the kernel's alarm of the Raspberry Pi's supply. */
async function readThrottled({ sysDir, environment }: PowerSources, ask: AskInTime): Promise<Partial<Throttled>> {
  const program = { command: "vcgencmd", args: ["get_throttled"], environment, withinMs: ASK_WITHIN_MS };
  const answer = await runProgram({ ...program, maxOutputBytes: ANSWER_BYTES }, new AbortController().signal).catch(
    (error: unknown) => {
      if (error instanceof ProgramFailed) return undefined;
      throw error;
    },
  );
  const said = answer?.status === 0 ? parseThrottled(answer.output.toString("latin1")) : undefined;
  return said ?? { isUndervolted: (await ask("hwmon", () => readVoltageAlarm(sysDir))) ?? null };
}

/** drivers/hwmon/raspberrypi-hwmon.c: `in0_lcrit_alarm` is 1 while the firmware says that the voltage is too low. */
async function readVoltageAlarm(sysDir: string): Promise<boolean | null> {
  for (const folder of await subfolders(join(sysDir, "class", "hwmon"), /^hwmon\d+$/)) {
    if ((await textOf(join(folder, "name"))) !== "rpi_volt") continue;
    const alarm = await textOf(join(folder, "in0_lcrit_alarm"));
    if (alarm === "0" || alarm === "1") return alarm === "1";
  }
  return null;
}

type Supplies = Pick<PowerFacts, "chargePercent" | "battery" | "batteryV" | "isSupplied">;

/** Documentation/ABI/testing/sysfs-class-power: capacity in %, voltage_now in µV, online 0 or 1. */
async function readSupplies(sysDir: string, ask: AskInTime): Promise<Supplies> {
  const folders = await subfolders(join(sysDir, "class", "power_supply"), /^[^.]/);
  const found = await Promise.all(folders.map(async (folder) => await ask(folder, () => supplyIn(folder))));
  const all = found.filter((supply) => supply !== undefined);
  const batteries = all.map(({ battery }) => battery);
  const known = all.map(({ online }) => online).filter((text) => text !== undefined && /^[0-9]$/.test(text));
  // Of several the emptiest: it is the one that ends first.
  const [emptiest] = batteries
    .filter((battery) => battery !== undefined)
    .sort((a, b) => (a.chargePercent ?? Number.POSITIVE_INFINITY) - (b.chargePercent ?? Number.POSITIVE_INFINITY));
  return {
    chargePercent: emptiest?.chargePercent ?? null,
    battery: emptiest?.battery ?? null,
    batteryV: emptiest?.batteryV ?? null,
    isSupplied: known.length === 0 ? null : known.some((text) => text !== "0"),
  };
}

/** One file after the other: where one hangs, all of this supply would. */
async function supplyIn(folder: string) {
  const isBattery = (await textOf(join(folder, "type"))) === "Battery";
  return {
    battery: isBattery ? await batteryIn(folder) : undefined,
    online: isBattery ? undefined : await textOf(join(folder, "online")),
  };
}

async function batteryIn(folder: string): Promise<Omit<Supplies, "isSupplied"> | undefined> {
  if ((await textOf(join(folder, "present"))) === "0") return undefined;
  const percent = numberIn(await textOf(join(folder, "capacity")));
  const microvolts = numberIn(await textOf(join(folder, "voltage_now")));
  const word = (await textOf(join(folder, "status")))?.toLowerCase().replaceAll(" ", "-");
  return {
    chargePercent: percent !== null && percent >= 0 && percent <= 100 ? percent : null,
    battery: word === undefined ? null : (BATTERY_WORDS.find((known) => known === word) ?? "unknown"),
    batteryV: microvolts !== null && microvolts > 0 ? microvolts / 1_000_000 : null,
  };
}

async function subfolders(folder: string, named: RegExp): Promise<readonly string[]> {
  // Not there: the machine has none of these.
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => named.test(name)).map((name) => join(folder, name));
}

/** The trimmed text of a file; undefined where it cannot be read: it may vanish at any moment. */
async function textOf(file: string): Promise<string | undefined> {
  return await readFile(file, "latin1").then(
    (text) => text.trim(),
    () => undefined,
  );
}

function numberIn(text: string | undefined): number | null {
  return text !== undefined && /^-?\d{1,12}$/.test(text) ? Number(text) : null;
}
