import { z } from "zod";
import type { AirWindowStore } from "../../store/measurements/air-windows.ts";
import type { Sql } from "../../store/state/database.ts";
import { DAY_MS, HOUR_MS } from "./clock-windows.ts";
import { PARENT_AFTER_MS, type WindowStores } from "./compute-windows.ts";
import { dueBefore, markParent } from "./dirty-windows.ts";

/** What making days anew needs. */
export interface DayStores extends Pick<WindowStores, "state" | "nowMs" | "clockWindows"> {
  readonly measurements: Pick<AirWindowStore, "windows" | "forget">;
}

/** Hours of all stations that are read together. */
const READ_MS = 6 * HOUR_MS;
/** Where there are none, so much is looked through in one step. */
const STEP_MS = 100 * DAY_MS;
/** There are no data from before. */
const FIRST_MS = Date.UTC(2020, 0, 1);
/** What is younger is computed before anything older; only older marks hold this up. */
const OLD_MS = 3 * HOUR_MS;

/**
 * After TIME_ZONE was changed: deletes the days of the other zone, which would lie across the new ones, and begins to make all days anew of
 * their hours. To be called before anything is computed. Where hours are deleted after some time (`areHoursKept` false) the old days
 * stay, since many could not be made again. Killed in between, it is all done again.
 */
export async function takeTimeZone(
  { measurements, state, nowMs }: DayStores,
  timeZone: string,
  areHoursKept: boolean,
): Promise<"known" | "changed" | "left"> {
  const now = nowMs();
  const known = state.read(rowOf);
  if (known?.time_zone === timeZone) return "known";
  const isChange = known !== undefined;
  if (isChange && areHoursKept) while (await measurements.forget("d1", now + DAY_MS));
  state.transaction(now, ({ sql }) => {
    if (isChange) sql.run("DELETE FROM dirty_windows WHERE resolution = 'd1'");
    keepRow(sql, timeZone, isChange ? now : 0);
  });
  return !isChange ? "known" : areHoursKept ? "changed" : "left";
}

/** One step of making the days anew, newest first and only when nothing older waits. Resolves to true when all are marked. */
export async function renewDays({ measurements, state, nowMs, clockWindows }: DayStores): Promise<boolean> {
  const now = nowMs();
  const { row, waits } = state.read((sql) => ({
    row: rowOf(sql),
    waits: dueBefore(sql, now - OLD_MS, now, 1).length > 0,
  }));
  if (row === undefined || row.before_at === 0) return true;
  if (waits) return false;
  let fromMs = row.before_at;
  let hours: Awaited<ReturnType<AirWindowStore["windows"]>> = [];
  while (hours.length === 0 && fromMs > Math.max(FIRST_MS, row.before_at - STEP_MS)) {
    fromMs -= READ_MS;
    hours = await measurements.windows({ resolution: "h1", fromMs, toMs: fromMs + READ_MS });
  }
  const days = new Map(
    hours.map(({ tenant, station, start }) => {
      const day = clockWindows.windowOf("d1", start);
      return [`${station}\n${day.start}`, { resolution: "d1", tenant, station, ...day } as const];
    }),
  );
  state.transaction(now, ({ sql }) => {
    for (const day of days.values()) markParent(sql, day, Math.max(now, day.end + PARENT_AFTER_MS));
    keepRow(sql, row.time_zone, fromMs <= FIRST_MS ? 0 : fromMs);
  });
  return fromMs <= FIRST_MS;
}

const Row = z.object({ time_zone: z.string(), before_at: z.number() });
const rowOf = (sql: Sql): z.infer<typeof Row> | undefined => sql.get(Row, "SELECT time_zone, before_at FROM air_days");

const keepRow = (sql: Sql, timeZone: string, beforeMs: number): number =>
  sql.run(
    `INSERT INTO air_days (one, time_zone, before_at) VALUES (1, ?1, ?2)
     ON CONFLICT DO UPDATE SET time_zone = ?1, before_at = ?2`,
    ...[timeZone, beforeMs],
  );
