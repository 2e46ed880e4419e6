import type { Sql } from "./database.ts";
import type { LatestSample } from "./state-view.ts";

/** A clock may be this far ahead; a sample from further ahead gives way to whatever comes next. */
const AHEAD_MS = 5 * 60_000;

/** Keeps the newest sample of each sensor of a station. */
export function keepLatestSample(sql: Sql, sample: LatestSample, nowMs: number): void {
  sql.run(
    `INSERT INTO latest_samples (station, sensor, at, sample, replay) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET at = excluded.at, sample = excluded.sample, replay = excluded.replay
     WHERE excluded.at > at OR at > ?`,
    ...[sample.station, sample.sensor, sample.at, JSON.stringify(sample.values), sample.replay, nowMs + AHEAD_MS],
  );
}
