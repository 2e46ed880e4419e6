import { z } from "zod";
import { Pollutant } from "../air/pollutants.ts";
import {
  type Air,
  type AirAverages,
  type AirValue,
  AVERAGINGS,
  type StationFeature,
  StationStatus,
} from "../http/schemas.ts";

/** Stations in columns: 10,000 of them in a quarter of a megabyte once packed. Pure, and without Node: the page reads it, too. */

const Numbers = z.array(z.number());
const Maybe = z.array(z.number().nullable());

/** Values of one pollutant under one averaging, by row; `rows` are the stations that have one. */
const ValueColumns = z.object({
  rows: Numbers.describe("each as the distance to the one before"),
  value: Maybe.describe(
    "particles in thousandths, gases in millionths, less the same station's value in the column before",
  ),
  at: Numbers.describe("ticks before `until`, of values of now before the station's `lastAt`"),
  coverage: Maybe.describe("hundredths"),
  confidence: Numbers.describe("hundredths"),
  flags: Numbers.describe("index into `words`"),
});
type ValueColumns = z.infer<typeof ValueColumns>;

/** Texts, each as how much it shares with the beginning of the one before, and the rest. */
const Texts = z.object({ same: Numbers, rest: z.array(z.string()) });

/**
 * Grows when pages of before would not read the table or would read something else in it: with each new averaging (a value is told as the
 * difference to the one in the column before), column or meaning. A new substance is left out by them, a new status is `offline` to them.
 */
export const TABLE_VERSION = 1;

export const StationTable = z.object({
  version: z.literal(TABLE_VERSION),
  until: z.number().int().describe("UTC ms that all times count back from"),
  tick: z.number().int().min(1).describe("what they count in, ms"),
  towns: z.array(z.object({ id: z.string(), ru: z.string(), en: z.string() })),
  words: z.array(z.string()).describe("lists that stand in several columns, as JSON"),
  id: Texts,
  lon: Numbers.describe("hundred-thousandths of a degree"),
  lat: Numbers,
  ru: Texts,
  en: Texts,
  town: Numbers,
  demo: z.array(z.union([z.literal(0), z.literal(1)])),
  lastAt: Maybe.describe("ticks before `until`"),
  status: Numbers,
  more: Numbers.describe("index into `words`: what few stations have, and what many share"),
  air: z
    .record(z.string(), z.partialRecord(z.enum(AVERAGINGS), ValueColumns))
    .describe(`by substance: ${Pollutant.options.join(", ")}`),
});
export type StationTable = z.infer<typeof StationTable>;

/** The list of stations as it travels. */
export const StationList = z.object({
  staleAfterMs: z.number().int(),
  offlineAfterMs: z.number().int(),
  table: StationTable,
});
/** The list of stations as it is read. */
export const StationCollection = StationList.transform(({ table, ...limits }) => ({
  ...limits,
  features: fromTable(table),
}));
export type StationCollection = z.output<typeof StationCollection>;
/** A list whose table is of another version than the page that reads it, or of before versions were told: the page must be loaded anew. */
const OtherList = z
  .object({ table: z.object({ version: z.number().optional() }) })
  .refine(({ table }) => table.version !== TABLE_VERSION)
  .transform(() => "of-another-version" as const);
/** What a page may be answered that was opened before the server was updated, or turned back. */
export const StationAnswer = z.union([StationCollection, OtherList]);
/** What has changed, as the stream tells it. */
export const StationChanges = StationTable.transform((table) => fromTable(table));

type Properties = StationFeature["properties"];
type Shared = Pick<Properties, "replay" | "marks" | "wind" | "sensors">;
const DEGREE = 100_000;

/** Writes stations as columns. What only a single station is asked for is left out: raw values, corrections, single fields. */
export function toTable(features: readonly StationFeature[], untilMs: number, tickMs?: number): StationTable {
  const pieces = tablePieces(features, untilMs, tickMs);
  for (;;) {
    const step = pieces.next();
    if (step.done === true) return step.value;
  }
}

/** Writes the same column by column: it yields after each, so that of a long list others have their turn between. */
export function* tablePieces(
  features: readonly StationFeature[],
  untilMs: number,
  tickMs = 1_000,
): Generator<undefined, StationTable> {
  const words = indexed<string>();
  const towns = indexed<string>();
  function* of<T>(column: (feature: StationFeature) => T): Generator<undefined, T[]> {
    yield;
    return features.map(column);
  }
  const back = (ms: number): number => Math.round((untilMs - ms) / tickMs);
  const townOf = ({ properties: { municipality: id, municipalityName: name } }: StationFeature): number =>
    towns.indexOf(JSON.stringify({ id, ...name }));
  return {
    version: TABLE_VERSION,
    until: untilMs,
    tick: tickMs,
    id: toTexts(yield* of(({ id }) => id)),
    lon: yield* of(({ geometry }) => Math.round(geometry.coordinates[0] * DEGREE)),
    lat: yield* of(({ geometry }) => Math.round(geometry.coordinates[1] * DEGREE)),
    ru: toTexts(yield* of(({ properties }) => properties.name.ru)),
    en: toTexts(yield* of(({ properties }) => properties.name.en)),
    town: yield* of(townOf),
    demo: yield* of(({ properties }) => (properties.demo ? 1 : 0)),
    lastAt: yield* of(({ properties }) => (properties.lastAt === null ? null : back(properties.lastAt))),
    status: yield* of(({ properties }) => StationStatus.options.indexOf(properties.status)),
    more: yield* of(({ properties: { replay, marks, wind, sensors } }) =>
      words.indexOf(JSON.stringify({ replay, marks, wind, sensors } satisfies Shared)),
    ),
    air: yield* airColumns(features, { untilMs, tickMs }, words),
    towns: towns
      .all()
      .map((text) => z.object({ id: z.string(), ru: z.string(), en: z.string() }).parse(JSON.parse(text))),
    words: words.all(),
  };
}

function* airColumns(
  features: readonly StationFeature[],
  { untilMs, tickMs }: { readonly untilMs: number; readonly tickMs: number },
  words: Indexed<string>,
): Generator<undefined, StationTable["air"]> {
  const air: StationTable["air"] = {};
  // Most values have no flag: their word is written once.
  let noFlags: number | undefined;
  const wordOf = (flags: readonly string[]): number => {
    if (flags.length > 0) return words.indexOf(JSON.stringify(flags));
    noFlags ??= words.indexOf("[]");
    return noFlags;
  };
  for (const pollutant of Pollutant.options) {
    const measured: { readonly row: number; readonly lastAt: number | null; readonly said: AirAverages }[] = [];
    for (const [row, { properties }] of features.entries()) {
      const said = properties.air[pollutant];
      if (said !== undefined) measured.push({ row, lastAt: properties.lastAt, said });
    }
    if (measured.length === 0) continue;
    // Averages of one station are close to each other: their differences are short.
    const before = new Map<number, number>();
    for (const averaging of AVERAGINGS) {
      const columns: ValueColumns = { rows: [], value: [], at: [], coverage: [], confidence: [], flags: [] };
      let last = 0;
      for (const { row, lastAt, said } of measured) {
        const value = said[averaging];
        if (value === null) continue;
        columns.rows.push(row - last);
        last = row;
        const units = value.value === null ? null : toUnits(value.value, pollutant);
        columns.value.push(units === null ? null : units - (before.get(row) ?? 0));
        if (units !== null) before.set(row, units);
        const from = averaging === "now" ? (lastAt ?? untilMs) : untilMs;
        columns.at.push(Math.round((from - value.at) / tickMs));
        columns.coverage.push(value.coverage === null ? null : Math.round(value.coverage * 100));
        columns.confidence.push(Math.round(value.confidence * 100));
        columns.flags.push(wordOf(value.flags));
      }
      yield;
      if (columns.rows.length > 0) air[pollutant] = { ...air[pollutant], [averaging]: columns };
    }
  }
  return air;
}

const PARTICLES: ReadonlySet<Pollutant> = new Set(["pm1", "pm25", "pm10"]);
const unitsOf = (pollutant: Pollutant): number => (PARTICLES.has(pollutant) ? 1_000 : 1_000_000);

/** Particles are rounded down to 0.05 µg/m³: everything that a standard draws a line at is a multiple of it. */
const PARTICLE_STEP = 50;

/**
 * A value in whole units, so that every standard says of it what it says of the value itself. Edges of gases lie anywhere (ppb in
 * µg/m³): they keep all six decimals of an average. Particles are rounded down, but what is above a possible edge stays above it, by a
 * thousandth: all six decimals would make the list of 10,000 stations half as large again.
 */
function toUnits(value: number, pollutant: Pollutant): number {
  const millionths = Math.round(value * 1e6);
  if (!PARTICLES.has(pollutant)) return millionths;
  const thousandths = Math.floor(millionths / (1_000 * PARTICLE_STEP)) * PARTICLE_STEP;
  return millionths > thousandths * 1_000 ? thousandths + 1 : thousandths;
}

const SharedText = z.object({
  replay: z.string().nullable(),
  marks: z.array(z.string()),
  wind: z.object({ speed: z.number(), direction: z.number().nullable() }).nullable(),
  sensors: z.array(z.object({ sensor: z.string(), model: z.string().nullable() })),
}) satisfies z.ZodType<Shared>;

/** Reads them back. A row whose columns do not fit together is left out. */
export function fromTable(table: StationTable): StationFeature[] {
  const { until, tick, words } = table;
  const moment = (ticks: number): number => until - ticks * tick;
  const shared = new Map<number, Shared>();
  const sharedOf = (word: number): Shared => {
    const known = shared.get(word) ?? SharedText.parse(JSON.parse(words[word] ?? ""));
    shared.set(word, known);
    return known;
  };
  const airs = readAir(table, moment);
  const [russian, english] = [fromTexts(table.ru), fromTexts(table.en)];
  return fromTexts(table.id).flatMap((id, row): StationFeature[] => {
    const [town, lon, lat, ru, word] = [
      table.towns[table.town[row] ?? -1],
      table.lon[row],
      table.lat[row],
      russian[row],
      table.more[row],
    ];
    const state = table.status[row];
    if (town === undefined || lon === undefined || lat === undefined || ru === undefined || word === undefined)
      return [];
    if (state === undefined) return [];
    const status = StationStatus.options[state] ?? "offline";
    const lastAt = table.lastAt[row] ?? null;
    return [
      {
        type: "Feature",
        id,
        geometry: { type: "Point", coordinates: [lon / DEGREE, lat / DEGREE] },
        properties: {
          id,
          name: { ru, en: english[row] ?? ru },
          municipality: town.id,
          municipalityName: { ru: town.ru, en: town.en },
          demo: table.demo[row] === 1,
          lastAt: lastAt === null ? null : moment(lastAt),
          isStale: status !== "live",
          values: {},
          air: airs[row] ?? {},
          status,
          ...sharedOf(word),
        },
      },
    ];
  });
}

function readAir({ id, air, words, lastAt }: StationTable, moment: (ticks: number) => number): readonly Air[] {
  const airs = id.rest.map((): Air => ({}));
  const lists = new Map<number, string[]>();
  const flagsOf = (word: number): string[] => {
    const known = lists.get(word) ?? z.array(z.string()).parse(JSON.parse(words[word] ?? "[]"));
    lists.set(word, known);
    return known;
  };
  for (const pollutant of Pollutant.options) {
    const before = new Map<number, number>();
    for (const averaging of AVERAGINGS) {
      const columns = air[pollutant]?.[averaging];
      if (columns === undefined) continue;
      let row = 0;
      for (const [i, step] of columns.rows.entries()) {
        row += step;
        const of = airs[row];
        if (of === undefined) continue;
        const coverage = columns.coverage[i] ?? null;
        const difference = columns.value[i] ?? null;
        const units = difference === null ? null : difference + (before.get(row) ?? 0);
        if (units !== null) before.set(row, units);
        const value: AirValue = {
          value: units === null ? null : units / unitsOf(pollutant),
          at: moment((columns.at[i] ?? 0) + (averaging === "now" ? (lastAt[row] ?? 0) : 0)),
          coverage: coverage === null ? null : coverage / 100,
          confidence: (columns.confidence[i] ?? 0) / 100,
          flags: flagsOf(columns.flags[i] ?? -1),
        };
        of[pollutant] = {
          ...(of[pollutant] ?? { now: null, m20: null, h1: null, nowcast: null, h8: null, h24: null }),
          [averaging]: value,
        };
      }
    }
  }
  return airs;
}

function toTexts(texts: readonly string[]): z.infer<typeof Texts> {
  const same = texts.map((text, i) => {
    const before = texts[i - 1] ?? "";
    let length = 0;
    while (length < text.length && text[length] === before[length]) length += 1;
    return length;
  });
  return { same, rest: texts.map((text, i) => text.slice(same[i])) };
}

function fromTexts({ same, rest }: z.infer<typeof Texts>): readonly string[] {
  let before = "";
  return rest.map((text, i) => {
    before = before.slice(0, same[i] ?? 0) + text;
    return before;
  });
}

interface Indexed<T> {
  indexOf(one: T): number;
  all(): T[];
}

/** Numbers things in the order in which they are met first. */
function indexed<T>(): Indexed<T> {
  const numbers = new Map<T, number>();
  return {
    indexOf: (one) => {
      const known = numbers.get(one) ?? numbers.size;
      numbers.set(one, known);
      return known;
    },
    all: () => [...numbers.keys()],
  };
}
