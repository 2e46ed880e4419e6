import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { Address } from "#contract/names.ts";
import { Desired, Reported } from "#contract/twin.ts";
import { SignedUpdate } from "#contract/updates.ts";
import { JsonText } from "#kit/json-text.ts";
import type { Sql } from "../../store/state/database.ts";

/** Rows of `twins.db` about single devices; whoever calls holds the transaction. */

const TwinRow = z.object({
  tenant: z.string(),
  device: z.string(),
  rev: z.number().int(),
  settings: JsonText.pipe(Desired.shape.settings),
  updates: JsonText.pipe(z.array(z.string())),
  revision: z.number().int(),
});
/** What is wanted of one device. */
export type TwinRow = z.infer<typeof TwinRow>;

const ReportedRow = z.object({
  tenant: z.string(),
  device: z.string(),
  body: JsonText.pipe(Reported),
  at: z.number().int(),
  revision: z.number().int(),
});
/** What one device said. */
export type ReportedRow = z.infer<typeof ReportedRow>;

const Count = z.object({ n: z.number().int() });
const Body = z.object({ body: z.string() });

export const twinOf = (sql: Sql, { tenant, device }: Address): TwinRow | undefined =>
  sql.get(TwinRow, "SELECT * FROM twins WHERE tenant = ? AND device = ?", tenant, device);

export const allTwins = (sql: Sql): readonly TwinRow[] => sql.all(TwinRow, "SELECT * FROM twins");

export const reportedOf = (sql: Sql, { tenant, device }: Address): ReportedRow | undefined =>
  sql.get(ReportedRow, "SELECT * FROM reported WHERE tenant = ? AND device = ?", tenant, device);

/** What was said after a revision, oldest first. */
export const reportedSince = (sql: Sql, revision: number): readonly ReportedRow[] =>
  sql.all(ReportedRow, "SELECT * FROM reported WHERE revision > ? ORDER BY revision", revision);

/** The newest revision of all that was said, 0 before anything was. */
export const newestReported = (sql: Sql): number => newestOf(sql, "reported");

/**
 * Changes what is wanted of a device, under the next `rev`. That is no less than the seconds since 1970, so that a file
 * which was put back from an older copy gives out none that a device takes for old.
 */
export function putTwin(
  sql: Sql,
  { tenant, device }: Address,
  wanted: { readonly settings: Desired["settings"]; readonly updates: readonly string[] },
  nowMs: number,
): void {
  const rev = Math.max((twinOf(sql, { tenant, device })?.rev ?? 0) + 1, Math.floor(nowMs / 1000));
  const revision = newestOf(sql, "twins") + 1;
  sql.run(
    `INSERT INTO twins (tenant, device, rev, settings, updates, revision) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET rev = excluded.rev, settings = excluded.settings, updates = excluded.updates,
       revision = excluded.revision`,
    ...[tenant, device, rev, JSON.stringify(wanted.settings), JSON.stringify(wanted.updates), revision],
  );
}

/** Keeps what a device says; false where it said the same before, as it does after each connect. */
export function keepReported(sql: Sql, { tenant, device }: Address, reported: Reported, nowMs: number): boolean {
  const known = sql.get(Body, "SELECT body FROM reported WHERE tenant = ? AND device = ?", tenant, device);
  if (known !== undefined && isDeepStrictEqual(JSON.parse(known.body), reported)) return false;
  sql.run(
    `INSERT INTO reported (tenant, device, body, at, revision) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET body = excluded.body, at = excluded.at, revision = excluded.revision`,
    ...[tenant, device, JSON.stringify(reported), Math.round(nowMs), newestReported(sql) + 1],
  );
  return true;
}

const newestOf = (sql: Sql, table: "twins" | "reported"): number =>
  sql.get(Count, `SELECT coalesce(max(revision), 0) AS n FROM ${table}`)?.n ?? 0;

/** What one device is to be told. */
export interface Wanting {
  readonly address: Address;
  readonly desired: Desired;
  /** The change of the twins that it speaks of. */
  readonly revision: number;
}

const Signed = z.object({ id: z.string(), signed: JsonText.pipe(SignedUpdate) });

/** What devices are to be told after a change of the twins, oldest change first, at most `limit` of them. */
export function desiredSince(sql: Sql, revision: number, limit: number): readonly Wanting[] {
  const due = sql.all(TwinRow, "SELECT * FROM twins WHERE revision > ? ORDER BY revision LIMIT ?", revision, limit);
  if (due.length === 0) return [];
  const updates = new Map(sql.all(Signed, "SELECT id, signed FROM rollouts").map(({ id, signed }) => [id, signed]));
  return due.map(({ tenant, device, rev, settings, updates: ids, revision: at }) => ({
    address: { tenant, device },
    desired: { v: 1, rev, settings, updates: ids.flatMap((id) => updates.get(id) ?? []) },
    revision: at,
  }));
}
