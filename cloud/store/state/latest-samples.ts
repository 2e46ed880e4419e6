import { MAX_AHEAD_MS } from "../../air/believable.ts";
import type { Sql } from "./database.ts";
import type { LatestSample } from "./state-view.ts";

/**
 * Keeps the newest sample of each sensor of a station. One that was from the future when it came gives way to any with a
 * believable time, and never takes the place of one.
 */
export function keepLatestSample(sql: Sql, sample: LatestSample, nowMs: number): void {
  sql.run(
    `INSERT INTO latest_samples (station, sensor, at, sample, replay, stored_at, time_error_ms, notes)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?8, ?9)
     ON CONFLICT DO UPDATE SET at = excluded.at, sample = excluded.sample, replay = excluded.replay,
       stored_at = excluded.stored_at, time_error_ms = excluded.time_error_ms,
       notes = excluded.notes
     WHERE CASE (excluded.at - excluded.stored_at > ?7) - (at - stored_at > ?7)
       WHEN 0 THEN excluded.at > at
       ELSE excluded.at - excluded.stored_at <= ?7 END`,
    ...[sample.station, sample.sensor, sample.at, JSON.stringify(sample.values), sample.replay, nowMs, MAX_AHEAD_MS],
    sample.timeErrorMs ?? null,
    sample.notes === undefined ? null : JSON.stringify(sample.notes),
  );
}
