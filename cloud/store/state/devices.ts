import { z } from "zod";
import type { Address } from "#contract/names.ts";
import type { Sql } from "./database.ts";

const Key = z.object({ public_key: z.string().nullable() });

/** The key that a device's visits are checked by, or undefined while it has shown none. */
export function pinnedKeyOf(sql: Sql, { tenant, device }: Address): string | undefined {
  const row = sql.get(Key, "SELECT public_key FROM devices WHERE tenant = ? AND device = ?", tenant, device);
  return row?.public_key ?? undefined;
}

const Known = z.object({ tenant: z.string() });

/** Whether a device has shown a key or sent a health. */
export const isKnownDevice = (sql: Sql, { tenant, device }: Address): boolean =>
  sql.get(Known, "SELECT tenant FROM devices WHERE tenant = ? AND device = ?", tenant, device) !== undefined;

/** What came of a device showing a key. */
export type Pinning = "pinned" | "known" | "refused" | "refused-before";

/** Pins the first key that a device shows; a different one later does not replace it and is noted. */
export function pinKey(sql: Sql, { tenant, device }: Address, key: string, nowMs: number): Pinning {
  const pinned = pinnedKeyOf(sql, { tenant, device });
  if (pinned === key) return "known";
  if (pinned === undefined) {
    sql.run(
      `INSERT INTO devices (tenant, device, public_key, pinned_at) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET public_key = excluded.public_key, pinned_at = excluded.pinned_at`,
      ...[tenant, device, key, nowMs],
    );
    return "pinned";
  }
  const noted = sql.run(
    "UPDATE devices SET other_key = ? WHERE tenant = ? AND device = ? AND other_key IS NOT ?",
    ...[key, tenant, device, key],
  );
  return noted > 0 ? "refused" : "refused-before";
}

/** Of two messages, the newer one; facts that it does not repeat are those told last, and `factsAt` says when they came. */
const NEWEST = `CASE
  WHEN json_type(excluded.health, '$.facts') IS NULL AND json_type(devices.health, '$.facts') IS NOT NULL
  THEN json_set(excluded.health, '$.facts', json_extract(devices.health, '$.facts'),
    '$.factsAt', coalesce(json_extract(devices.health, '$.factsAt'), devices.health_at))
  ELSE excluded.health END`;

/** Keeps what a device last said of itself. */
export function keepHealth(sql: Sql, { tenant, device }: Address, body: string, nowMs: number): void {
  sql.run(
    `INSERT INTO devices (tenant, device, health, health_at) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET health = ${NEWEST}, health_at = excluded.health_at`,
    ...[tenant, device, body, nowMs],
  );
}

/** Keeps a gap or an alert of a device, whole; a refused gap is one that covers nothing. */
export function keepReport(
  sql: Sql,
  place: Address & { readonly log: string; readonly seq: number },
  kind: "gap" | "refused-gap" | "alert",
  body: string,
  nowMs: number,
): void {
  sql.run(
    `INSERT INTO device_reports (tenant, device, log, seq, kind, stored_at, body) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO NOTHING`,
    ...[place.tenant, place.device, place.log, place.seq, kind, nowMs, body],
  );
}

const RefusedRow = z
  .object({ n: z.number().int(), device: z.string(), stored_at: z.number().int(), body: z.string() })
  .transform(({ stored_at: storedAt, ...row }) => ({ ...row, storedAt }));
/** A kept gap that covers nothing, with its number in the table. */
export type RefusedGap = z.infer<typeof RefusedRow>;

/** Refused gaps of one tenant, with a number above `after`, at most `limit`. */
export function refusedGapsOf(sql: Sql, tenant: string, after: number, limit: number): readonly RefusedGap[] {
  return sql.all(
    RefusedRow,
    `SELECT rowid AS n, device, stored_at, body FROM device_reports
     WHERE tenant = ? AND kind = 'refused-gap' AND rowid > ? ORDER BY rowid LIMIT ?`,
    ...[tenant, after, limit],
  );
}

/** A refused gap is one like any other now. */
export function acceptGap(sql: Sql, n: number): void {
  sql.run("UPDATE device_reports SET kind = 'gap' WHERE rowid = ?", n);
}
