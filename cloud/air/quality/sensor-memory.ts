import { z } from "zod";
import { hasDrifted } from "./checks.ts";

/** What is remembered of one sample; a NaN stands for what it did not have. */
export interface Moment {
  readonly at: number;
  /** Raw PM2.5, µg/m³. */
  readonly mass: number;
  /** What may be compared with other instruments: PM2.5 corrected where it could be, else raw, NaN where it is doubtful. */
  readonly level: number;
  readonly humidity: number;
  readonly temperature: number;
}

export type MomentValue = Exclude<keyof Moment, "at">;

/** So many samples are remembered of a sensor between two batches. */
export const KEPT_MOMENTS = 12;

/** A spell of samples with the very same values. */
interface Spell {
  readonly values: string;
  readonly since: number;
  readonly until: number;
}

/** The difference from the neighbours on one UTC day: the sum of `ln` of the ratio over `n` samples. */
interface DayAgainstNeighbours {
  readonly day: number;
  readonly n: number;
  readonly sum: number;
}

/** A pack may hold thousands of samples, of which few have a humidity: the search for one ends after so many. */
const MOST_STEPS = 64;

/** Days of which the difference from the neighbours is remembered. */
export const KEPT_DAYS = 28;

/** JSON has no NaN. */
const Told = z.array(z.number().nullable());

const Remembered = z.object({
  device: z.string(),
  model: z.string(),
  at: z.array(z.number()),
  mass: Told,
  level: Told,
  humidity: Told,
  temperature: Told,
  spell: z.tuple([z.string(), z.number(), z.number()]).nullable(),
  days: z.array(z.tuple([z.number(), z.number(), z.number()])),
});

/**
 * What the judge remembers of one sensor: its last samples in order of time, the spell of equal values that it is in, and by how
 * much it differed from its neighbours day by day. Bounded, whatever is sent.
 */
export class SensorMemory {
  device: string;
  model: string;
  #moments: Moment[] = [];
  /** Whether any sample ever had such a value: a thermometer is not searched for particles. */
  #hasMass = false;
  #hasClimate = false;
  #spell: Spell | null = null;
  #days: DayAgainstNeighbours[] = [];
  /** What the days before that one say; asked for with each sample. */
  #drift: { readonly day: number; readonly hasDrifted: boolean } | undefined;

  constructor(device: string, model: string) {
    this.device = device;
    this.model = model;
  }

  /** Takes a sample in; one of the same moment takes the place of the older one. */
  learn(moment: Moment): void {
    this.#hasMass ||= Number.isFinite(moment.mass);
    this.#hasClimate ||= Number.isFinite(moment.humidity) || Number.isFinite(moment.temperature);
    const at = this.#firstNotBefore(moment.at);
    if (this.#moments[at]?.at === moment.at) this.#moments[at] = moment;
    else if (at === this.#moments.length) this.#moments.push(moment);
    else this.#moments.splice(at, 0, moment);
  }

  /** The sample of that very moment. */
  at(at: number): Moment | undefined {
    const found = this.#moments[this.#firstNotBefore(at)];
    return found?.at === at ? found : undefined;
  }

  /** Forgets all but the newest samples. */
  trim(): void {
    if (this.#moments.length > KEPT_MOMENTS) this.#moments = this.#moments.slice(-KEPT_MOMENTS);
  }

  /** At most `most` samples before a moment and not before `sinceMs`, oldest first. */
  before(at: number, sinceMs: number, most: number): readonly Moment[] {
    const end = this.#firstNotBefore(at);
    let begin = end;
    while (begin > 0 && end - begin < most && (this.#moments[begin - 1]?.at ?? -Infinity) >= sinceMs) begin -= 1;
    return this.#moments.slice(begin, end);
  }

  /** The sample nearest to a moment that has such a value, at most `withinMs` away. */
  nearest(at: number, withinMs: number, name: MomentValue): Moment | undefined {
    if (!this.#has(name)) return undefined;
    let later = this.#firstNotBefore(at);
    let earlier = later - 1;
    for (let step = 0; step < MOST_STEPS; step++) {
      const before = this.#moments[earlier];
      const after = this.#moments[later];
      const toBefore = before === undefined ? Infinity : at - before.at;
      const toAfter = after === undefined ? Infinity : after.at - at;
      const isBefore = toBefore <= toAfter;
      const nearer = isBefore ? before : after;
      if (nearer === undefined || (isBefore ? toBefore : toAfter) > withinMs) return undefined;
      if (Number.isFinite(nearer[name])) return nearer;
      if (isBefore) earlier -= 1;
      else later += 1;
    }
    return undefined;
  }

  #has(name: MomentValue): boolean {
    return name === "mass" || name === "level" ? this.#hasMass : this.#hasClimate;
  }

  /** Notes the values of a sample, oldest first; one from before the spell's end changes nothing. */
  noteValues(values: string, at: number): void {
    const spell = this.#spell;
    if (spell !== null && at < spell.until) return;
    this.#spell = { values, since: spell?.values === values ? spell.since : at, until: at };
  }

  /** For how long a sensor had said these very values at a moment, ms; 0 where that is not known. */
  equalFor(values: string, at: number): number {
    const spell = this.#spell;
    return spell === null || spell.values !== values || at < spell.since || at > spell.until ? 0 : at - spell.since;
  }

  /** Notes a sample's ratio to its neighbours (its natural logarithm). */
  noteRatio(lnRatio: number, at: number): void {
    const day = Math.floor(at / DAY_MS);
    const found = this.#days.findIndex((known) => known.day === day);
    const known = this.#days[found] ?? { day, n: 0, sum: 0 };
    const next = { day, n: known.n + 1, sum: known.sum + lnRatio };
    if (day < (this.#drift?.day ?? -Infinity)) this.#drift = undefined;
    if (found >= 0) this.#days[found] = next;
    else this.#days = [...this.#days, next].sort((a, b) => a.day - b.day).slice(-KEPT_DAYS);
  }

  /** Whether the sensor had drifted from its neighbours by the days before that of a moment. */
  hasDriftedBefore(at: number): boolean {
    const day = Math.floor(at / DAY_MS);
    if (this.#drift?.day !== day) this.#drift = { day, hasDrifted: hasDrifted(this.#daysBefore(day)) };
    return this.#drift.hasDrifted;
  }

  #daysBefore(today: number): readonly { readonly mean: number }[] {
    const isRecent = ({ day }: DayAgainstNeighbours) => day < today && day >= today - KEPT_DAYS;
    return this.#days.filter(isRecent).map(({ n, sum }) => ({ mean: sum / n }));
  }

  /** As JSON text, for a start after this one. */
  toText(): string {
    const kept = this.#moments.slice(-KEPT_MOMENTS);
    // JSON.stringify writes NaN as null.
    const column = (name: MomentValue) => (this.#has(name) ? kept.map((moment) => moment[name]) : []);
    return JSON.stringify({
      device: this.device,
      model: this.model,
      at: kept.map(({ at }) => at),
      mass: column("mass"),
      level: column("level"),
      humidity: column("humidity"),
      temperature: column("temperature"),
      spell: this.#spell === null ? null : [this.#spell.values, this.#spell.since, this.#spell.until],
      days: this.#days.map(({ day, n, sum }) => [day, n, Math.round(sum * 1e6) / 1e6]),
    });
  }

  /** From that text; undefined where it is none of ours. */
  static fromText(text: string): SensorMemory | undefined {
    const parsed = Remembered.safeParse(jsonOf(text));
    if (!parsed.success) return undefined;
    const { device, model, at, spell, days, ...columns } = parsed.data;
    const memory = new SensorMemory(device, model);
    const toldOf = (name: MomentValue, i: number) => columns[name][i] ?? Number.NaN;
    for (const [i, moment] of at.entries()) {
      memory.learn({
        at: moment,
        mass: toldOf("mass", i),
        level: toldOf("level", i),
        humidity: toldOf("humidity", i),
        temperature: toldOf("temperature", i),
      });
    }
    if (spell !== null) memory.#spell = { values: spell[0], since: spell[1], until: spell[2] };
    memory.#days = days.map(([day, n, sum]) => ({ day, n, sum }));
    return memory;
  }

  #firstNotBefore(at: number): number {
    let low = 0;
    let high = this.#moments.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#moments[middle]?.at ?? Infinity) < at) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const DAY_MS = 86_400_000;

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A torn text is no memory; the judge begins without one.
    return undefined;
  }
}
