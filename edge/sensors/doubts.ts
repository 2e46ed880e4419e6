import type { SampleStatus } from "#contract/messages.ts";
import type { Measurement, SensorValues } from "./sensor.ts";
import { supportOf } from "./supported.ts";

/** One answer of a round. */
export interface RoundAnswer {
  readonly sensor: { readonly name: string; readonly model: string };
  readonly measurement: Measurement;
  /** Milliseconds since boot. */
  readonly up: number;
}

/** Casts doubt on answers with what no sensor knows alone: the device's temperature and what it said before. */
export interface Doubts {
  /** The doubts of each answer, its own first; nothing is taken away. */
  of(round: readonly RoundAnswer[]): readonly (readonly SampleStatus[])[];
}

/** Three equal hours: the persistence check of USEPA's sensortoolkit (research/air.md 3.3). */
const STUCK_AFTER_MS = 3 * 3_600_000;
/** A temperature says something of the next minutes, should the climate sensor miss a round. */
const TEMPERATURE_LASTS_MS = 10 * 60_000;
const MASSES = [
  "pm1",
  "pm25",
  "pm4",
  "pm10",
  "pm1_cf1",
  "pm25_cf1",
  "pm10_cf1",
  "pm1_atm",
  "pm25_atm",
  "pm10_atm",
] as const;

interface Spell {
  readonly values: SensorValues;
  readonly sinceUp: number;
}

/** Doubts that begin without a memory. */
export function createDoubts(): Doubts {
  const spells = new Map<string, Spell>();
  const temperatures = new Map<string, { readonly celsius: number; readonly up: number }>();

  function isStuck({ sensor, measurement: { values }, up }: RoundAnswer): boolean {
    const spell = spells.get(sensor.name);
    if (spell === undefined || !areEqual(spell.values, values)) {
      spells.set(sensor.name, { values, sinceUp: up });
      return false;
    }
    // Clean air is zero for hours, and rightly so.
    return up - spell.sinceUp >= STUCK_AFTER_MS && Object.values(values).some((value) => value !== 0);
  }

  function learnTemperature({ sensor, measurement, up }: RoundAnswer): void {
    const { temperature } = measurement.values;
    if (temperature !== undefined) temperatures.set(sensor.name, { celsius: temperature, up });
  }

  return {
    of: (round) => {
      round.forEach(learnTemperature);
      return round.map((answer) => {
        const { sensor, measurement, up } = answer;
        const felt = [...temperatures.values()].filter((known) => up - known.up <= TEMPERATURE_LASTS_MS);
        const celsius = felt.map((known) => known.celsius);
        const status: SampleStatus[] = [...measurement.status];
        if (isOutOfSpec(sensor.model, celsius)) status.push("out-of-spec-temperature");
        if (isOverRange(sensor.model, measurement.values)) status.push("over-range");
        if (isStuck(answer)) status.push("stuck");
        return status;
      });
    },
  };
}

/** Whether any thermometer of the device is outside of what the model allows. */
function isOutOfSpec(model: string, celsius: readonly number[]): boolean {
  const { leastC = -Infinity, mostC = Infinity } = supportOf(model) ?? {};
  return celsius.some((degrees) => degrees < leastC || degrees > mostC);
}

function isOverRange(model: string, values: SensorValues): boolean {
  const most = supportOf(model)?.mostUgM3 ?? Infinity;
  return MASSES.some((mass) => (values[mass] ?? 0) > most);
}

function areEqual(a: SensorValues, b: SensorValues): boolean {
  const [ours, theirs] = [Object.entries(a), new Map<string, number>(Object.entries(b))];
  return ours.length === theirs.size && ours.every(([name, value]) => theirs.get(name) === value);
}
