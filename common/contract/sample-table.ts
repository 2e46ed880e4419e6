import { z } from "zod";
import { limits } from "./limits.ts";
import { ClockQuality, type Reading, type Sample } from "./messages.ts";

/**
 * How a pack of samples goes over the wire: as columns, so that names and times are not said anew for each sample.
 *
 * JSON as before, a quarter of the bytes. Every number is written as it is and found again as it was; a pack that does not fit into columns
 * without loss (members that we do not know, sums beyond exact numbers) goes as `samples`. Whoever decodes gets `samples` in both cases.
 * A table is closed, unlike a sample: a member that this version does not know could not be told apart from a column's
 * meaning, so a newer device that has more to say sends `samples`.
 */

const Whole = z.number().int();
/**
 * A remark stands for each of its samples anew, so one over many holds no more of words than this: a device says one or two.
 * A pack that says more goes as `samples`.
 */
const WORDS_OVER_MANY = 4;
const CHARACTERS_OVER_MANY = 64;
const isShort = (words: readonly string[] = []): boolean =>
  words.length <= WORDS_OVER_MANY && words.join("").length <= CHARACTERS_OVER_MANY;

/** What is said of samples beside time and values, for `n` samples from number `from` (0 is the first). */
const Remark = z
  .strictObject({
    from: Whole.min(0),
    n: Whole.min(1),
    windowMs: Whole.optional(),
    clock: ClockQuality.optional(),
    status: z.array(z.string().max(32)).max(16).optional(),
  })
  .refine(({ n, status }) => n === 1 || isShort(status), "too many words over many samples");
type Remark = z.infer<typeof Remark>;

const SampleTable = z.strictObject({
  /** Milliseconds since boot: of the first sample, then the usual step, then by how much each further step exceeds it. */
  up: z.array(Whole).min(2).max(limits.samplesPerReading),
  /** UTC ms: of the first sample, where time went on as `up` did; else of each; null where no sample has one. */
  at: z.union([z.null(), Whole, z.array(Whole.nullable())]),
  /** A column for each name; null where a sample has no such value. */
  values: z.record(z.string(), z.array(z.number().nullable())),
  /** In order, without overlap; absent where there is nothing to remark. */
  also: z.array(Remark).max(limits.samplesPerReading).optional(),
});
type SampleTable = z.infer<typeof SampleTable>;

const KNOWN = new Set(["at", "up", "values", "windowMs", "clock", "status"]);

/** A reading, or one without its place in a log, as it is written: with `table` instead of `samples` where that loses nothing. */
export function foldSamples(reading: Pick<Reading, "samples">): object {
  const { samples, ...others } = reading;
  const isPlain = samples.every((sample) => Object.keys(sample).every((name) => KNOWN.has(name)));
  if (samples.length < 2 || !isPlain) return reading;
  const table = tableOf(samples);
  return SampleTable.safeParse(table).success ? { ...others, table } : reading;
}

function tableOf(samples: readonly Sample[]): SampleTable {
  const names = new Set(samples.flatMap(({ values }) => Object.keys(values)));
  const also = remarksOn(samples);
  return {
    up: stepsOf(samples.map(({ up }) => up)),
    at: timesOf(samples),
    values: Object.fromEntries([...names].map((name) => [name, samples.map(({ values }) => values[name] ?? null)])),
    ...(also.length > 0 && { also }),
  };
}

function stepsOf(ups: readonly number[]): number[] {
  const [first = 0, second = 0] = ups;
  const step = second - first;
  return [first, step, ...ups.slice(2).map((up, i) => up - (ups[i + 1] ?? 0) - step)];
}

function timesOf(samples: readonly Sample[]): SampleTable["at"] {
  const [first] = samples;
  if (first === undefined || samples.every(({ at }) => at === null)) return null;
  const { at: began, up: beganUp } = first;
  const isSteady = began !== null && samples.every(({ at, up }) => at !== null && at - began === up - beganUp);
  return isSteady ? began : samples.map(({ at }) => at);
}

function remarksOn(samples: readonly Sample[]): Remark[] {
  const remarks: (Remark & { readonly text: string })[] = [];
  for (const [from, { windowMs, clock, status }] of samples.entries()) {
    const said = {
      ...(windowMs !== undefined && { windowMs }),
      ...(clock !== undefined && { clock }),
      ...(status !== undefined && { status }),
    };
    const text = JSON.stringify(said);
    const last = remarks.at(-1);
    if (last !== undefined && last.text === text && last.from + last.n === from) last.n += 1;
    else if (text !== "{}") remarks.push({ from, n: 1, ...said, text });
  }
  return remarks.map(({ text: _, ...remark }) => remark);
}

/** Why a table is none; the samples cannot be told from it. */
export class NoTable extends Error {}

/**
 * JSON with `samples` where it had a `table`; all else as it came. What comes out is at most as many samples as a reading may
 * have, with as many values as were written, and four words for each; that is up to twelve times the bytes of what came in.
 *
 * Throws `NoTable` for a table that contradicts itself. The samples are not checked yet: that is the reading's schema.
 */
export function unfoldSamples(json: unknown): unknown {
  if (typeof json !== "object" || json === null || !("table" in json) || "samples" in json) return json;
  const { table, ...others } = json;
  const parsed = SampleTable.safeParse(table);
  if (!parsed.success) throw new NoTable(z.prettifyError(parsed.error));
  return { ...others, samples: samplesOf(parsed.data) };
}

function samplesOf({ up: steps, at, values, also = [] }: SampleTable): object[] {
  const columns = Object.entries(values);
  const lengths = [...columns.map(([, column]) => column.length), ...(Array.isArray(at) ? [at.length] : [])];
  if (lengths.some((length) => length !== steps.length)) throw new NoTable("the columns differ in length");
  const remarks = remarksBySample(also, steps.length);
  const [first = 0, step = 0] = steps;
  let up = first;
  return steps.map((excess, i) => {
    if (i > 0) up += step + (i > 1 ? excess : 0);
    const said: [string, number][] = [];
    for (const [name, column] of columns) {
      const value = column[i];
      if (value !== null && value !== undefined) said.push([name, value]);
    }
    const time = Array.isArray(at) ? (at[i] ?? null) : at === null ? null : at + (up - first);
    return { at: time, up, values: Object.fromEntries(said), ...remarks[i] };
  });
}

function remarksBySample(also: readonly Remark[], count: number): readonly (object | undefined)[] {
  const bySample: (object | undefined)[] = Array.from({ length: count });
  let next = 0;
  for (const { from, n, ...said } of also) {
    if (from < next || from + n > count) throw new NoTable("a remark is on a sample that is not there, or twice");
    next = from + n;
    bySample.fill(said, from, next);
  }
  return bySample;
}
