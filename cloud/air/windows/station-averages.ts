import { z } from "zod";
import { JsonText } from "#kit/json-text.ts";
import type { Sql } from "../../store/state/database.ts";
import { MINUTE_MS } from "./clock-windows.ts";
import { Averages, SETTLE_MS } from "./rolling-air.ts";

/** A station whose averages are to be looked at. */
export interface DueStation {
  readonly tenant: string;
  readonly station: string;
}

/** Windows of a station have changed: its averages are looked at now. */
export function touchAverages(sql: Sql, { tenant, station }: DueStation, nowMs: number): void {
  sql.run(
    `INSERT INTO station_averages (station, tenant, averages, due_at) VALUES (?1, ?2, '{}', ?3)
     ON CONFLICT DO UPDATE SET due_at = ?3 WHERE due_at IS NULL OR due_at > ?3`,
    ...[station, tenant, nowMs],
  );
}

/**
 * Keeps a station's averages. As long as one of them says anything they are looked at again when the next 20 minutes are full,
 * whether or not anything comes: a station that has fallen silent must not keep its last hour as the newest one.
 */
export function keepAverages(sql: Sql, station: string, averages: Averages, nowMs: number): void {
  const next = Math.floor((nowMs - SETTLE_MS) / (20 * MINUTE_MS) + 1) * 20 * MINUTE_MS + SETTLE_MS;
  const dueAt = Object.keys(averages).length === 0 ? null : next;
  sql.run(
    "UPDATE station_averages SET averages = ?, due_at = ? WHERE station = ?",
    ...[JSON.stringify(averages), dueAt, station],
  );
}

const Due = z.object({ tenant: z.string(), station: z.string() });
const Row = z.object({ station: z.string(), averages: JsonText.pipe(Averages) });
export type AveragesRow = z.infer<typeof Row>;

/** Stations whose averages are due, longest first. */
export const dueAverages = (sql: Sql, nowMs: number, limit: number): readonly DueStation[] =>
  sql.all(Due, "SELECT tenant, station FROM station_averages WHERE due_at <= ? ORDER BY due_at LIMIT ?", nowMs, limit);

/** The averages of all stations, or of one. */
export const allAverages = (sql: Sql): readonly AveragesRow[] =>
  sql.all(Row, "SELECT station, averages FROM station_averages");
export const averagesOfStation = (sql: Sql, station: string): Averages =>
  sql.get(Row, "SELECT station, averages FROM station_averages WHERE station = ?", station)?.averages ?? {};
