import { z } from "zod";
import { RESOLUTIONS, type Resolution } from "../../store/measurements/air-windows.ts";
import type { Sql } from "../../store/state/database.ts";
import { isAhead } from "../believable.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, type Span } from "./clock-windows.ts";

/** A stretch of a station's time whose points have changed. */
export interface Touched extends Span {
  readonly tenant: string;
  readonly station: string;
}

/**
 * A window that is to be computed anew. Of minutes there is one mark for each hour with the stretch that is meant, so the table is
 * bounded by stations and hours, however much comes.
 */
export interface DirtyWindow {
  readonly resolution: Resolution;
  readonly tenant: string;
  readonly station: string;
  /** Of minutes: of their hour. */
  readonly start: number;
  readonly from: number;
  readonly to: number;
  /** Grows with each new mark: one that has grown since it was read stays. */
  readonly generation: number;
}

/** What arrives together is computed together. */
const GATHER_MS = 4_000;
/** What is further ahead is no clock's error that time will heal: it is never averaged. */
const FARTHEST_AHEAD_MS = DAY_MS;

/** What samples may still change the averages. */
export interface Reach {
  readonly nowMs: number;
  /** Points older than this may be deleted already: averages from before are final. */
  readonly oldestMs: number;
  /** Minutes older than this may be deleted already: an hour from before is made anew of all of its points. */
  readonly oldestMinuteMs: number;
}

/**
 * Marks what must be computed anew, in the transaction that receives the samples: a kill between the two is not possible. What is
 * from the future (a wrong clock) or too old is not marked.
 */
export function markDirty(sql: Sql, touched: readonly Touched[], { nowMs, oldestMs, oldestMinuteMs }: Reach): void {
  const marks = new Map<string, { -readonly [K in keyof HourMark]: HourMark[K] }>();
  for (const { tenant, station, ...span } of touched) {
    const start = Math.floor(span.start / MINUTE_MS) * MINUTE_MS;
    const end = Math.ceil(span.end / MINUTE_MS) * MINUTE_MS;
    if (start < oldestMs || start > nowMs + FARTHEST_AHEAD_MS) continue;
    const dueAt = GATHER_MS + (isAhead(start, nowMs) ? end : nowMs);
    for (let hour = Math.floor(start / HOUR_MS) * HOUR_MS; hour < end; hour += HOUR_MS) {
      const isWhole = hour < oldestMinuteMs;
      const from = isWhole ? hour : Math.max(start, hour);
      const to = isWhole ? hour + HOUR_MS : Math.min(end, hour + HOUR_MS);
      const key = `${station}\n${hour}`;
      const known = marks.get(key);
      if (known === undefined) {
        marks.set(key, { tenant, station, start: hour, from, to, dueAt });
      } else {
        known.from = Math.min(known.from, from);
        known.to = Math.max(known.to, to);
        known.dueAt = Math.min(known.dueAt, dueAt);
      }
    }
  }
  for (const mark of marks.values()) markHour(sql, mark);
}

/** The minutes of an hour that are to be computed anew, and when. */
interface HourMark {
  readonly tenant: string;
  readonly station: string;
  readonly start: number;
  readonly from: number;
  readonly to: number;
  readonly dueAt: number;
}

/** Marks minutes of an hour; joined with what is marked of it already. */
export function markHour(sql: Sql, { tenant, station, start, from, to, dueAt }: HourMark): void {
  sql.run(
    `INSERT INTO dirty_windows (resolution, tenant, station, start, from_at, to_at, due_at, generation)
     VALUES ('m1', ?1, ?2, ?3, ?4, ?5, ?6, 1)
     ON CONFLICT DO UPDATE SET from_at = min(from_at, ?4), to_at = max(to_at, ?5), due_at = min(due_at, ?6),
       generation = generation + 1`,
    ...[tenant, station, start, from, to, dueAt],
  );
}

/** Marks a window that is made of others which have changed; `dueAt` is not before its end. */
export function markParent(
  sql: Sql,
  { resolution, tenant, station, start, end }: Touched & { readonly resolution: Resolution },
  dueAt: number,
): void {
  sql.run(
    `INSERT INTO dirty_windows (resolution, tenant, station, start, from_at, to_at, due_at, generation)
     VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, 1)
     ON CONFLICT DO UPDATE SET due_at = ?6 WHERE due_at > ?6`,
    ...[resolution, tenant, station, start, end, dueAt],
  );
}

const Row = z
  .object({
    resolution: z.enum(RESOLUTIONS),
    tenant: z.string(),
    station: z.string(),
    start: z.number(),
    from_at: z.number(),
    to_at: z.number(),
    generation: z.number(),
  })
  .transform(({ from_at: from, to_at: to, ...row }): DirtyWindow => ({ ...row, from, to }));

const COLUMNS = "resolution, tenant, station, start, from_at, to_at, generation";

/** What is due of the time since `sinceMs`, oldest first: what everybody looks at. */
export const dueSince = (sql: Sql, sinceMs: number, nowMs: number, limit: number): readonly DirtyWindow[] =>
  sql.all(
    Row,
    `SELECT ${COLUMNS} FROM dirty_windows WHERE start >= ? AND due_at <= ? ORDER BY start LIMIT ?`,
    ...[sinceMs, nowMs, limit],
  );

/** What is due of the time before, newest first: what an outage has left. */
export const dueBefore = (sql: Sql, sinceMs: number, nowMs: number, limit: number): readonly DirtyWindow[] =>
  sql.all(
    Row,
    `SELECT ${COLUMNS} FROM dirty_windows WHERE start < ? AND due_at <= ? ORDER BY start DESC LIMIT ?`,
    ...[sinceMs, nowMs, limit],
  );

/** Takes a mark away once its window is stored, unless it was set again meanwhile. */
export function settle(sql: Sql, { resolution, station, start, generation }: DirtyWindow): void {
  sql.run(
    "DELETE FROM dirty_windows WHERE resolution = ? AND station = ? AND start = ? AND generation = ?",
    ...[resolution, station, start, generation],
  );
}

const Oldest = z.object({ at: z.number().nullable() });
const Count = z.object({ n: z.number() });

/** The beginning of the oldest window of a resolution that waits; undefined where none does. */
export const oldestDirty = (sql: Sql, resolution: Resolution): number | undefined =>
  sql.get(Oldest, "SELECT min(start) AS at FROM dirty_windows WHERE resolution = ?", resolution)?.at ?? undefined;

/** How many windows are due. */
export const countDue = (sql: Sql, nowMs: number): number =>
  sql.get(Count, "SELECT count(*) AS n FROM dirty_windows WHERE due_at <= ?", nowMs)?.n ?? 0;
