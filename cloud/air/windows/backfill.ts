import { z } from "zod";
import type { AirWindowStore } from "../../store/measurements/air-windows.ts";
import type { Sql } from "../../store/state/database.ts";
import { HOUR_MS } from "./clock-windows.ts";
import type { WindowStores } from "./compute-windows.ts";
import { dueBefore, markHour } from "./dirty-windows.ts";

/** What marking needs. */
export interface BackfillStores extends Pick<WindowStores, "state" | "nowMs"> {
  readonly measurements: Pick<AirWindowStore, "hoursWithPoints">;
}

/** Marks of one transaction: the thread that receives readings waits for the file no longer than these take. */
const MARKS_AT_ONCE = 1_000;
/** What is younger is computed before anything older; only older marks hold this up. */
const OLD_MS = 3 * HOUR_MS;

/**
 * Marks the hours of the points that were here before there were averages, newest first, a day of points with each call and only
 * when nothing older waits: the marks stay few, and whoever is live goes first. How far it has come is kept after the marks of a
 * step: killed in between, the same hours are marked again. Resolves to true when all are marked, for good.
 */
export async function backfill({ measurements, state, nowMs }: BackfillStores): Promise<boolean> {
  const now = nowMs();
  const place = state.read((sql) => ({
    before: beforeOf(sql) ?? now,
    waits: dueBefore(sql, now - OLD_MS, now, 1).length > 0,
  }));
  if (place.before === 0) return true;
  if (place.waits) return false;
  const { hours, nextMs } = await measurements.hoursWithPoints(place.before);
  // A sample may stand for some minutes of the hour before its own.
  const marks = hours.flatMap(({ tenant, station, start }) =>
    [start - HOUR_MS, start].map((hour) => ({
      tenant,
      station,
      start: hour,
      from: hour,
      to: hour + HOUR_MS,
      dueAt: now,
    })),
  );
  const unique = [...new Map(marks.map((mark) => [`${mark.station}\n${mark.start}`, mark])).values()];
  for (let i = 0; i < unique.length; i += MARKS_AT_ONCE) {
    state.transaction(now, ({ sql }) => {
      for (const mark of unique.slice(i, i + MARKS_AT_ONCE)) markHour(sql, mark);
    });
  }
  state.transaction(now, ({ sql }) => {
    sql.run(
      "INSERT INTO air_backfill (one, before_at) VALUES (1, ?1) ON CONFLICT DO UPDATE SET before_at = ?1",
      nextMs ?? 0,
    );
  });
  return nextMs === null;
}

const Row = z.object({ before_at: z.number() });
const beforeOf = (sql: Sql): number | undefined => sql.get(Row, "SELECT before_at FROM air_backfill")?.before_at;

/** Whether every point that was here before there were averages has been marked. */
export const isBackfilled = (sql: Sql): boolean => beforeOf(sql) === 0;
