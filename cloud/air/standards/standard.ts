import { z } from "zod";
import { Bilingual } from "#contract/registry.ts";
import { scaled } from "./exact.ts";

/** What a table of limits looks like in its file; a new standard is a new file of this form. The README explains each member. */

/** Averaging times that a standard may ask for. `nowcast` is the EPA's weighted mean, `season` the warm half of a year. */
export const Averaging = z.enum(["now", "15min", "20min", "1h", "8h", "24h", "nowcast", "season", "year"]);
export type Averaging = z.infer<typeof Averaging>;

/** Units in which a table is written, and in which a value may be asked for. */
export const Unit = z.enum(["ug/m3", "mg/m3", "ppb", "ppm"]);
export type Unit = z.infer<typeof Unit>;

/** Name of a substance: ours (`pm25`, `o3`, …) and those that only the tables know. */
export const Substance = z.string().regex(/^[a-z0-9]{1,32}$/);

const Colour = z.string().regex(/^#[0-9a-f]{6}$/);

/** How bad it is for people, 1 (good) to 6: chooses the advice, and lets maps of different standards sort alike. */
export const Severity = z.number().int().min(1).max(6);

/** One category, best first in its standard. */
export const Category = z.object({
  id: z.string().regex(/^[a-z0-9-]{1,32}$/),
  name: Bilingual,
  /** The colour that the standard prints. */
  colour: Colour,
  /** A colour that keeps its order for every kind of colour vision. */
  safeColour: Colour,
  severity: Severity,
});
export type Category = z.infer<typeof Category>;

/**
 * A range of values with its category. `index` are the numbers at both ends, interpolated between; equal for a level,
 * null at an end that the standard leaves open, absent where the standard has no number.
 */
export const Band = z.object({
  category: z.string(),
  from: z.number().min(0),
  to: z.number().nullable(),
  /** Only of `shared` edges: the lower edge belongs to this band and not to the one below. */
  includesFrom: z.boolean().default(false),
  index: z.tuple([z.number(), z.number().nullable()]).optional(),
});
export type Band = z.infer<typeof Band>;

/** The bands of one substance and averaging time. */
export const Table = z
  .object({
    pollutant: Substance,
    averaging: Averaging,
    /** Averaging times that the standard's own institution uses in this one's place. */
    alsoFor: z.array(Averaging).default([]),
    /** Averaging times of which a colour may be shown, marked as no index of the standard. */
    indicativeFor: z.array(Averaging).default([]),
    unit: Unit,
    /** The values' decimals in these units after rounding; null where nothing is rounded. */
    decimals: z.number().int().min(0).max(6).nullable(),
    rounding: z.enum(["truncate", "half-up", "none"]),
    /** `stepped`: a band begins one step after the last one ends. `shared`: where it ends. */
    edges: z.enum(["stepped", "shared"]),
    /** What is above the last band: its slope goes on, its last number holds (and is called "at least"), or nothing is said. */
    beyond: z.enum(["same-slope", "hold", "nothing"]),
    /** The share of the averaging time that must be measured. */
    minCoverage: z.number().min(0).max(1).optional(),
    /** What `multiple` is a multiple of, in the table's unit. */
    limit: z.number().positive().optional(),
    /** Bands as multiples of `limit`: a name in `scales`. */
    scale: z.string().optional(),
    bands: z.array(Band).default([]),
  })
  .refine(({ scale, limit, bands }) => (scale === undefined ? bands.length > 0 : limit !== undefined), {
    message: "a table has bands, or a limit and the name of a scale",
  })
  .refine(({ rounding, decimals }) => (rounding === "none") === (decimals === null), {
    message: "rounding needs decimals, and none needs null",
  })
  .refine((table) => isUnbroken(table.bands, table.edges, table.decimals), {
    message: "bands leave a gap, overlap or are not in order",
  });
export type Table = z.infer<typeof Table>;

/** A whole standard. */
export const Standard = z
  .object({
    id: z.string().regex(/^[a-z0-9-]{1,32}$/),
    /** Which edition: changes with every change of a number. */
    version: z.string(),
    name: Bilingual,
    shortName: Bilingual,
    /** `former` was in force once, `derived` is somebody's own scale on an official table. */
    status: z.enum(["current", "former", "derived"]),
    /** In force from. */
    date: z.iso.date(),
    source: z.string().min(1),
    note: Bilingual,
    /** What the number is; null where the standard has none. */
    indexName: Bilingual.nullable(),
    /** How an interpolated number is rounded. */
    indexRounding: z.enum(["half-up", "up", "none"]),
    /** Temperature at which ppb and µg/m³ are made of each other (1013.25 hPa). */
    referenceCelsius: z.number(),
    /** When the worst of several substances may be called the whole: so many of them, and one of these. */
    overall: z.object({ atLeast: z.number().int().min(1), oneOf: z.array(Substance) }),
    categories: z.array(Category).min(2),
    scales: z.record(z.string(), z.array(Band)).default({}),
    tables: z.array(Table).min(1),
  })
  .refine(({ categories, tables, scales }) => {
    const known = new Set(categories.map(({ id }) => id));
    const used = [...tables.flatMap(({ bands }) => bands), ...Object.values(scales).flat()];
    return used.every(({ category }) => known.has(category));
  }, "a band names an unknown category")
  .refine(({ scales }) => Object.values(scales).every((bands) => isUnbroken(bands, "shared", null)), "a broken scale")
  .refine(
    ({ tables, scales }) => tables.every(({ scale }) => scale === undefined || scales[scale] !== undefined),
    "a table names an unknown scale",
  );
export type Standard = z.infer<typeof Standard>;

/** Whether each band begins where the last one left off, and only the last one is open. */
function isUnbroken(bands: readonly Band[], edges: "stepped" | "shared", decimals: number | null): boolean {
  const step = edges === "stepped" ? 1 : 0;
  const whole = (value: number) => scaled(value, decimals ?? 6);
  return bands.every(({ from, to }, i) => {
    const next = bands[i + 1];
    if (to === null) return next === undefined;
    const isWhole = Number.isInteger(whole(from)) && Number.isInteger(whole(to));
    return isWhole && whole(to) > whole(from) && (next === undefined || whole(next.from) === whole(to) + step);
  });
}
