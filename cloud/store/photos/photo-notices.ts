import { z } from "zod";
import type { PhotoNotice } from "#contract/messages.ts";
import type { Address } from "#contract/names.ts";
import { addTo } from "../state/counters.ts";
import type { Sql } from "../state/database.ts";
import type { Letter, Problem } from "../state/dead-letters.ts";

/** A photo of a device, by the hash that the device announced. */
export interface PhotoKey extends Address {
  readonly sha: string;
}

/** A photo whose bytes are still awaited or being joined. */
export interface PendingPhoto extends PhotoKey {
  readonly bytes: number;
  readonly n: number;
  /** The notice as it came. */
  readonly letter: Letter;
}

const Pending = z
  .object({
    tenant: z.string(),
    device: z.string(),
    sha: z.string(),
    bytes: z.number().int(),
    n: z.number().int(),
    topic: z.string(),
    notice: z.instanceof(Uint8Array),
  })
  .transform(({ topic, notice, ...row }): PendingPhoto => ({ ...row, letter: { topic, payload: notice } }));

const Status = z.object({ status: z.enum(["pending", "whole"]), bytes: z.number().int(), n: z.number().int() });

/** Where a photo stands, or undefined when no notice is in force. */
export function photoStatus(sql: Sql, { tenant, device, sha }: PhotoKey): z.infer<typeof Status> | undefined {
  return sql.get(
    Status,
    "SELECT status, bytes, n FROM photos WHERE tenant = ? AND device = ? AND sha = ?",
    ...[tenant, device, sha],
  );
}

/** Keeps the announcement of a photo; the first one stays while its bytes are awaited. */
export function keepNotice(
  sql: Sql,
  { tenant, device }: Address,
  notice: PhotoNotice,
  letter: Letter,
  nowMs: number,
): Problem | undefined {
  const known = photoStatus(sql, { tenant, device, sha: notice.sha });
  if (known?.status === "pending" && (known.n !== notice.n || known.bytes !== notice.bytes)) {
    return { reason: "photo-conflict", detail: `announced before as ${known.bytes} bytes in ${known.n} pieces` };
  }
  sql.run(
    `INSERT INTO photos (tenant, device, sha, bytes, n, status, topic, notice, noticed_at)
     VALUES (?, ?, ?, ?, ?, 'pending', ?, ?, ?) ON CONFLICT DO NOTHING`,
    ...[tenant, device, notice.sha, notice.bytes, notice.n, letter.topic, letter.payload, nowMs],
  );
  return undefined;
}

/** Every photo whose bytes are awaited: where to go on after a start. */
export function pendingPhotos(sql: Sql): readonly PendingPhoto[] {
  return sql.all(Pending, "SELECT * FROM photos WHERE status = 'pending' ORDER BY noticed_at");
}

/** Photos that were announced before a moment (UTC ms) and are still awaited. */
export function pendingSince(sql: Sql, beforeMs: number): readonly PendingPhoto[] {
  return sql.all(Pending, "SELECT * FROM photos WHERE status = 'pending' AND noticed_at < ?", beforeMs);
}

/** The awaited photos of a device. */
export function pendingShasOf(sql: Sql, { tenant, device }: Address): ReadonlySet<string> {
  const rows = sql.all(
    Sha,
    "SELECT sha FROM photos WHERE tenant = ? AND device = ? AND status = 'pending'",
    ...[tenant, device],
  );
  return new Set(rows.map(({ sha }) => sha));
}

/** One awaited photo, or undefined when it is whole or nobody announced it. */
export function pendingPhoto(sql: Sql, { tenant, device, sha }: PhotoKey): PendingPhoto | undefined {
  return sql.get(
    Pending,
    "SELECT * FROM photos WHERE tenant = ? AND device = ? AND sha = ? AND status = 'pending'",
    ...[tenant, device, sha],
  );
}

/** Marks a photo whole; its bytes are in the photo store. */
export function markWhole(sql: Sql, { tenant, device, sha }: PhotoKey, nowMs: number): void {
  const changed = sql.run(
    `UPDATE photos SET status = 'whole', settled_at = ?
     WHERE tenant = ? AND device = ? AND sha = ? AND status = 'pending'`,
    ...[nowMs, tenant, device, sha],
  );
  addTo(sql, "photos", changed);
}

/** Forgets an announcement whose bytes were not what it said; a new announcement may come. */
export function forgetNotice(sql: Sql, { tenant, device, sha }: PhotoKey): void {
  sql.run("DELETE FROM photos WHERE tenant = ? AND device = ? AND sha = ?", tenant, device, sha);
}

const Sha = z.object({ sha: z.string() });

/** The newest whole photos of a device, newest first. */
export function newestPhotosOf(sql: Sql, { tenant, device }: Address, limit: number): readonly string[] {
  const rows = sql.all(
    Sha,
    `SELECT sha FROM photos WHERE tenant = ? AND device = ? AND status = 'whole'
     ORDER BY settled_at DESC LIMIT ?`,
    ...[tenant, device, limit],
  );
  return rows.map(({ sha }) => sha);
}

const Shown = z.object({ site: z.string(), alert: z.string().nullable() });

/** The sites and alerts that show a photo of a device. */
export function whoShows(sql: Sql, { tenant, device, sha }: PhotoKey): readonly z.infer<typeof Shown>[] {
  return sql.all(
    Shown,
    `SELECT v.site, a.id AS alert FROM visit_photos p
     JOIN visits v ON v.tenant = p.tenant AND v.device = p.device AND v.visit = p.visit
     LEFT JOIN alerts a ON a.tenant = v.tenant AND a.device = v.device AND a.visit = v.visit
     WHERE p.sha = ? AND p.tenant = ? AND p.device = ?`,
    ...[sha, tenant, device],
  );
}
