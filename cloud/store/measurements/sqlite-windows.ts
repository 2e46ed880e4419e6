import type { DatabaseSync } from "node:sqlite";
import { z } from "zod";
import { JsonText } from "#kit/json-text.ts";
import { Pollutant } from "../../air/pollutants.ts";
import type { AirWindow, HoursStep, PointsQuery, Resolution, WindowsQuery } from "./air-windows.ts";
import type { Point } from "./measurements.ts";

/** What the averages need of the measurements file; runs in its threads. */

const STATIONS = "(SELECT value FROM json_each(?))";

const PointRow = z.object({
  tenant: z.string(),
  station: z.string(),
  sensor: z.string(),
  at: z.number(),
  fields: JsonText.pipe(z.record(z.string(), z.union([z.number(), z.string(), z.boolean()]))),
});

/** Points of some stations, those that have one of the fields. */
export function readPoints(db: DatabaseSync, { stations, fields, fromMs, toMs }: PointsQuery): readonly Point[] {
  const rows = db
    .prepare(
      `SELECT s.tenant, s.station, s.sensor, p.at, p.fields FROM series s
       CROSS JOIN point p ON p.series = s.id AND p.at >= ? AND p.at < ? WHERE s.station IN ${STATIONS}`,
    )
    .all(fromMs, toMs, JSON.stringify(stations));
  const wanted = new Set(fields);
  return rows.flatMap((row) => {
    const point = PointRow.parse(row);
    const known = Object.entries(point.fields).filter(([name]) => wanted.has(name));
    return known.length === 0 ? [] : [{ ...point, fields: Object.fromEntries(known) }];
  });
}

const Newest = z.object({ at: z.number().nullable() });
const HourRow = z.object({ tenant: z.string(), station: z.string(), start: z.number() });
const DAY_MS = 86_400_000;

/** The newest day with points before a moment. It jumps from hour to hour by the index: what lies between costs nothing. */
export function readHours(db: DatabaseSync, beforeMs: number): HoursStep {
  const newest = db
    .prepare("SELECT max((SELECT max(at) FROM point WHERE series = s.id AND at < ?)) AS at FROM series s")
    .get(beforeMs);
  const { at } = Newest.parse(newest);
  if (at === null) return { hours: [], nextMs: null };
  const day = Math.floor(at / DAY_MS) * DAY_MS;
  const hours = db
    .prepare(
      `WITH RECURSIVE first (series, at) AS (
         SELECT id, (SELECT min(at) FROM point WHERE series = id AND at >= ?1 AND at < ?2) FROM series
         UNION ALL
         SELECT series, (SELECT min(p.at) FROM point p
           WHERE p.series = first.series AND p.at >= (first.at / 3600000 + 1) * 3600000 AND p.at < ?2)
         FROM first WHERE at IS NOT NULL
       )
       SELECT DISTINCT s.tenant, s.station, first.at / 3600000 * 3600000 AS start
       FROM first JOIN series s ON s.id = first.series WHERE first.at IS NOT NULL`,
    )
    .all(day, beforeMs)
    .map((row) => HourRow.parse(row));
  return { hours, nextMs: day };
}

/** Writes windows in one transaction; each takes the place of what was there. */
export function keepWindows(db: DatabaseSync, windows: readonly AirWindow[]): void {
  const put = db.prepare(
    `INSERT INTO air_window (series, start, value, raw, minutes, coverage, confidence, flags, correction)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
     ON CONFLICT DO UPDATE SET value = ?3, raw = ?4, minutes = ?5, coverage = ?6, confidence = ?7, flags = ?8, correction = ?9`,
  );
  const ids = new Map<string, number>();
  db.exec("BEGIN IMMEDIATE");
  for (const window of windows) {
    const { tenant, station, pollutant, resolution } = window;
    const name = [tenant, station, pollutant, resolution].join("\n");
    const id = ids.get(name) ?? seriesId(db, window);
    ids.set(name, id);
    const { start, value, raw, minutes, coverage, confidence, flags, correction } = window;
    put.run(id, start, value, raw, minutes, coverage, confidence, flags.join(","), correction);
  }
  db.exec("COMMIT");
}

const Id = z.object({ id: z.number() });

function seriesId(db: DatabaseSync, { tenant, station, pollutant, resolution }: AirWindow): number {
  const names = [station, resolution, pollutant, tenant] as const;
  const find = db.prepare(
    "SELECT id FROM window_series WHERE station = ? AND resolution = ? AND pollutant = ? AND tenant = ?",
  );
  const known = find.get(...names);
  if (known !== undefined) return Id.parse(known).id;
  db.prepare("INSERT INTO window_series (station, resolution, pollutant, tenant) VALUES (?, ?, ?, ?)").run(...names);
  return Id.parse(find.get(...names)).id;
}

const SeriesRow = z.object({ id: z.number(), tenant: z.string(), station: z.string(), pollutant: Pollutant });

/** Windows that begin in a range. */
export function readWindows(db: DatabaseSync, query: WindowsQuery): readonly AirWindow[] {
  const { stations, pollutant, resolution, fromMs, toMs } = query;
  // One view of the file for all series.
  db.exec("BEGIN");
  try {
    const series = db
      .prepare(
        `SELECT id, tenant, station, pollutant FROM window_series
         WHERE resolution = ? ${stations === undefined ? "" : `AND station IN ${STATIONS}`}
           ${pollutant === undefined ? "" : "AND pollutant = ?"} ORDER BY station, pollutant`,
      )
      .all(
        resolution,
        ...(stations === undefined ? [] : [JSON.stringify(stations)]),
        ...(pollutant === undefined ? [] : [pollutant]),
      )
      .map((row) => SeriesRow.parse(row));
    const read = db.prepare(
      `SELECT start, value, raw, minutes, coverage, confidence, flags, correction FROM air_window
       WHERE series = ? AND start >= ? AND start < ? ORDER BY start`,
    );
    read.setReturnArrays(true);
    return series.flatMap(({ id, ...names }) =>
      read.all(id, fromMs, toMs).map((row) => ({ ...names, resolution, ...windowOf(row) })),
    );
  } finally {
    db.exec("COMMIT");
  }
}

/** A row as an array: a year of hours is 8,760 of them, and names for each would cost more than reading them. */
function windowOf(row: unknown): Omit<AirWindow, "tenant" | "station" | "pollutant" | "resolution"> {
  const [start, value, raw, minutes, coverage, confidence, flags, correction]: readonly unknown[] = Array.isArray(row)
    ? row
    : [];
  const listed = textOf(flags);
  return {
    start: numberOf(start),
    value: value === null ? null : numberOf(value),
    raw: raw === null ? null : numberOf(raw),
    minutes: numberOf(minutes),
    coverage: numberOf(coverage),
    confidence: numberOf(confidence),
    flags: listed === "" ? [] : listed.split(","),
    correction: correction === null ? null : textOf(correction),
  };
}

function numberOf(value: unknown): number {
  if (typeof value !== "number") throw new TypeError("the file of the measurements is not as this program writes it");
  return value;
}

function textOf(value: unknown): string {
  if (typeof value !== "string") throw new TypeError("the file of the measurements is not as this program writes it");
  return value;
}

/** One step deletes so many rows of so many series at most: some milliseconds. */
const STEP_ROWS = 5_000;
const STEP_SERIES = 500;
/** The series at which the next step goes on. */
const cursors = new Map<string, number>();

/** Deletes a step of what began before a moment; true until every series has been looked at. */
export function forget(db: DatabaseSync, what: "raw" | Resolution, beforeMs: number): boolean {
  const isRaw = what === "raw";
  const after = cursors.get(what) ?? 0;
  const series = db
    .prepare(
      isRaw
        ? "SELECT id FROM series WHERE id > ? ORDER BY id LIMIT ?"
        : "SELECT id FROM window_series WHERE id > ? AND resolution = ? ORDER BY id LIMIT ?",
    )
    .all(...[after, ...(isRaw ? [] : [what]), STEP_SERIES])
    .map((row) => Id.parse(row).id);
  const [table, time] = isRaw ? ["point", "at"] : ["air_window", "start"];
  const remove = db.prepare(
    `DELETE FROM ${table} WHERE series = ?1 AND ${time} IN
       (SELECT ${time} FROM ${table} WHERE series = ?1 AND ${time} < ?2 ORDER BY ${time} LIMIT ?3)`,
  );
  let left = STEP_ROWS;
  db.exec("BEGIN IMMEDIATE");
  for (const id of series) {
    left -= Number(remove.run(id, beforeMs, left).changes);
    if (left <= 0) break;
    cursors.set(what, id);
  }
  db.exec("COMMIT");
  if (left > 0 && series.length < STEP_SERIES) {
    cursors.delete(what);
    return false;
  }
  return true;
}
