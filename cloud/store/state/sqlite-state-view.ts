import type { SQLInputValue } from "node:sqlite";
import { z } from "zod";
import { VisitPair, VisitPhoto } from "#contract/messages.ts";
import type { Address } from "#contract/names.ts";
import { JsonText } from "#kit/json-text.ts";
import type { Bulletin } from "../../air/bulletins/bulletin.ts";
import { keptBulletins } from "../../air/bulletins/bulletin-book.ts";
import type { Averages } from "../../air/windows/rolling-air.ts";
import { type AveragesRow, allAverages, averagesOfStation } from "../../air/windows/station-averages.ts";
import { openStateFile, openStateFileReadOnly, type Sql } from "./database.ts";
import {
  type AlertRow,
  type DeadLetterRow,
  type DeviceHealthRow,
  type LatestSample,
  SampleNotes,
  type StateView,
  type TimeUnknownRow,
  type VisitRow,
} from "./state-view.ts";

/** A column that holds JSON. */
const json = <Value>(schema: z.ZodType<Value>) => JsonText.pipe(schema);

const Millis = z.number().int();
const SampleRow = z
  .object({
    station: z.string(),
    sensor: z.string(),
    at: Millis,
    sample: json(z.record(z.string(), z.number())),
    replay: z.string().nullable(),
    time_error_ms: Millis.nullable(),
    notes: json(SampleNotes).nullable(),
  })
  .transform(
    ({ sample, time_error_ms, notes, ...row }): LatestSample => ({
      ...row,
      values: sample,
      ...(time_error_ms !== null && { timeErrorMs: time_error_ms }),
      ...(notes !== null && { notes }),
    }),
  );

const visitColumns = {
  tenant: z.string(),
  device: z.string(),
  visit: z.string(),
  site: z.string(),
  started_at: Millis.nullable(),
  ended_at: Millis.nullable(),
  stored_at: Millis,
  signature: z.enum(["valid", "invalid", "unknown-key"]),
  photos: json(z.array(VisitPhoto)),
  pair: json(VisitPair).nullable(),
  time_error_ms: Millis.nullable(),
};
const VisitColumns = z.object(visitColumns);
const toVisit = (row: z.infer<typeof VisitColumns>): VisitRow => ({
  tenant: row.tenant,
  device: row.device,
  visit: row.visit,
  site: row.site,
  startedAt: row.started_at,
  endedAt: row.ended_at,
  storedAt: row.stored_at,
  signature: row.signature,
  photos: row.photos,
  pair: row.pair,
  timeErrorMs: row.time_error_ms,
});
const VisitOfSite = VisitColumns.transform(toVisit);

const AlertColumns = z
  .object({
    ...visitColumns,
    id: z.string(),
    cause: z.literal("dirty-after"),
    municipality: z.string(),
    created_at: Millis,
    acknowledged_at: Millis.nullable(),
    acknowledged_by: z.string().nullable(),
  })
  .transform(
    (row): AlertRow => ({
      id: row.id,
      cause: row.cause,
      site: row.site,
      municipality: row.municipality,
      createdAt: row.created_at,
      acknowledgedAt: row.acknowledged_at,
      acknowledgedBy: row.acknowledged_by,
      visit: toVisit(row),
    }),
  );

const DeadLetterColumns = z.object({
  topic: z.string(),
  sha256: z.string(),
  reason: z.string(),
  detail: z.string(),
  at: Millis,
  times: z.number().int(),
  bytes: z.number().int(),
}) satisfies z.ZodType<DeadLetterRow>;

const HealthRow = z.object({ at: Millis, health: json(z.record(z.string(), z.unknown())) });
const TimeUnknownColumns = z.object({
  tenant: z.string(),
  device: z.string(),
  boots: z.number().int(),
  readings: z.number().int(),
  withoutStation: z.number().int(),
  doubtful: z.number().int(),
  visits: z.number().int(),
  bytes: z.number().int(),
  since: Millis.nullable(),
}) satisfies z.ZodType<TimeUnknownRow>;

const TIME_UNKNOWN = `SELECT tenant, device, sum(boots) AS boots, sum(readings) AS readings,
    sum(placeless) AS withoutStation, sum(doubtful) AS doubtful, sum(visits) AS visits, sum(bytes) AS bytes, min(since) AS since FROM (
  SELECT tenant, device, 1 AS boots, readings, placeless, doubtful, 0 AS visits, bytes, since FROM timeless_boots
  UNION ALL
  SELECT tenant, device, 0, 0, 0, 0, count(DISTINCT visit), 0, NULL FROM timeless_visits GROUP BY tenant, device)
  GROUP BY tenant, device ORDER BY tenant, device`;
const TIME_UNKNOWN_COUNTS = `SELECT 'time-unknown readings' AS name, coalesce(sum(readings), 0) AS value FROM timeless_boots
  UNION ALL SELECT 'time-unknown visits', count(*) FROM (SELECT DISTINCT tenant, device, visit FROM timeless_visits)`;

const NamedCount = z.object({ name: z.string(), value: z.number().int() });
/** The desk shows so many alerts that are done with; the others stay in the store. */
const ACKNOWLEDGED_SHOWN = 200;

const Id = z.object({ id: z.string() });
const Sha = z.object({ sha: z.string() });

const VISIT = `v.tenant, v.device, v.visit, v.site, v.started_at, v.ended_at, v.stored_at, v.signature, v.photos,
  v.time_error_ms, CASE WHEN json_valid(v.body) THEN json_extract(v.body, '$.pair') END AS pair`;
const LAST_VISIT = `SELECT ${VISIT} FROM site_visits s
  JOIN visits v ON v.tenant = s.tenant AND v.device = s.device AND v.visit = s.visit`;
const ALERT = `SELECT ${VISIT}, a.id, a.cause, a.municipality, a.created_at, a.acknowledged_at, a.acknowledged_by
  FROM alerts a JOIN visits v ON v.tenant = a.tenant AND v.device = a.device AND v.visit = a.visit`;

/** Opens the state store for reading, on a connection of its own; an empty store is made where there is none. */
export function openStateView(file: string): StateView {
  openStateFile(file).close();
  return new SqliteStateView(openStateFileReadOnly(file));
}

class SqliteStateView implements StateView {
  readonly #sql: Sql;
  /** Rows of each list that could not be read when it was last asked for. */
  readonly #unreadable = new Map<string, number>();

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  latestSamples(): readonly LatestSample[] {
    return this.#readable(SampleRow, "SELECT * FROM latest_samples");
  }

  latestSamplesOf(station: string): readonly LatestSample[] {
    return this.#sql.all(SampleRow, "SELECT * FROM latest_samples WHERE station = ?", station);
  }

  averages(): readonly AveragesRow[] {
    return allAverages(this.#sql);
  }

  averagesOf(station: string): Averages {
    return averagesOfStation(this.#sql, station);
  }

  lastVisits(): readonly VisitRow[] {
    return this.#readable(VisitOfSite, LAST_VISIT);
  }

  lastVisitOf(site: string): VisitRow | undefined {
    return this.#sql.get(VisitOfSite, `${LAST_VISIT} WHERE s.site = ?`, site);
  }

  alerts(): readonly AlertRow[] {
    return this.#readable(
      AlertColumns,
      `${ALERT} WHERE a.id IN (
         SELECT id FROM alerts WHERE acknowledged_at IS NULL
         UNION ALL
         SELECT id FROM (SELECT id FROM alerts WHERE acknowledged_at IS NOT NULL ORDER BY created_at DESC, id LIMIT ?))
       ORDER BY a.created_at DESC, a.id`,
      ACKNOWLEDGED_SHOWN,
    );
  }

  openAlertIdsOf(site: string): readonly string[] {
    const rows = this.#sql.all(Id, "SELECT id FROM alerts WHERE site = ? AND acknowledged_at IS NULL", site);
    return rows.map(({ id }) => id);
  }

  alert(id: string): AlertRow | undefined {
    return this.#sql.get(AlertColumns, `${ALERT} WHERE a.id = ?`, id);
  }

  bulletins(): readonly Bulletin[] {
    return keptBulletins(this.#sql);
  }

  deadLetters(limit: number): readonly DeadLetterRow[] {
    return this.#sql.all(
      DeadLetterColumns,
      `SELECT topic, sha256, reason, detail, at, times, size AS bytes
       FROM dead_letters ORDER BY at DESC LIMIT ?`,
      limit,
    );
  }

  timeUnknown(): readonly TimeUnknownRow[] {
    return this.#sql.all(TimeUnknownColumns, TIME_UNKNOWN);
  }

  timeUnknownOf({ tenant, device }: Address): TimeUnknownRow | undefined {
    const ofOne = `SELECT * FROM (${TIME_UNKNOWN}) WHERE tenant = ? AND device = ?`;
    return this.#sql.get(TimeUnknownColumns, ofOne, tenant, device);
  }

  wholePhotos(shas: readonly string[]): ReadonlySet<string> {
    const rows = this.#sql.all(
      Sha,
      "SELECT DISTINCT sha FROM photos WHERE status = 'whole' AND sha IN (SELECT value FROM json_each(?))",
      JSON.stringify(shas),
    );
    return new Set(rows.map(({ sha }) => sha));
  }

  wholePhotosOf({ tenant, device }: Address, shas: readonly string[]): ReadonlySet<string> {
    const rows = this.#sql.all(
      Sha,
      `SELECT sha FROM photos WHERE tenant = ? AND device = ? AND status = 'whole'
         AND sha IN (SELECT value FROM json_each(?))`,
      ...[tenant, device, JSON.stringify(shas)],
    );
    return new Set(rows.map(({ sha }) => sha));
  }

  deviceHealth({ tenant, device }: Address): DeviceHealthRow | undefined {
    return this.#sql.get(
      HealthRow,
      "SELECT health_at AS at, health FROM devices WHERE tenant = ? AND device = ? AND health IS NOT NULL",
      ...[tenant, device],
    );
  }

  counts(): Readonly<Record<string, number>> {
    const counted = this.#sql.all(NamedCount, "SELECT name, value FROM counters WHERE name <> 'revision'");
    const dead = this.#sql.all(
      NamedCount,
      "SELECT 'dead-letters ' || reason AS name, count(*) AS value FROM dead_letters GROUP BY reason",
    );
    const waiting = this.#sql.all(NamedCount, TIME_UNKNOWN_COUNTS);
    const unreadable = [...this.#unreadable.values()].reduce((sum, rows) => sum + rows, 0);
    const zeros = { messages: 0, duplicates: 0, visits: 0, photos: 0, alerts: 0 };
    return {
      ...zeros,
      ...(unreadable > 0 && { "rows-unreadable": unreadable }),
      ...Object.fromEntries([...counted, ...dead, ...waiting].map(({ name, value }) => [name, value])),
    };
  }

  async close(): Promise<void> {
    this.#sql.close();
  }

  /** The rows of a list that everybody sees: one that is not as it should be costs itself, not the list. */
  #readable<Row>(row: z.ZodType<Row>, sql: string, ...values: SQLInputValue[]): readonly Row[] {
    const found = this.#sql.all(z.unknown(), sql, ...values).map((one) => row.safeParse(one));
    this.#unreadable.set(sql, found.filter(({ success }) => !success).length);
    return found.flatMap((one) => (one.success ? [one.data] : []));
  }
}
