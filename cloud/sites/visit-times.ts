import { z } from "zod";
import { Visit, type VisitPhoto } from "#contract/messages.ts";
import type { Address } from "#contract/names.ts";
import { JsonText } from "#kit/json-text.ts";
import { type DerivedTime, deriveTime, type TimePair } from "../ingest/derive-time.ts";
import { pairsOf } from "../store/state/boot-times.ts";
import type { Sql } from "../store/state/database.ts";

/** The times of a visit that are shown, as far as they are known. */
export interface VisitTimes {
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly photos: readonly VisitPhoto[];
  /** How far derived ones may be off; null where none is derived. */
  readonly errorMs: number | null;
  /** Boots whose time must become known for the rest. */
  readonly waitsFor: readonly string[];
}

/**
 * The times of a visit: what the device knew, else what is derived from the boot in which it was. A visit that does not
 * say when its photo after was taken ended when it was put together, which is within a second or two of it.
 */
export function timesOf(visit: Visit, pairsOfBoot: (boot: string) => readonly TimePair[], nowMs: number): VisitTimes {
  const waitsFor = new Set<string>();
  let errorMs: number | null = null;
  const derive = (boot: string, up: number): number | null => {
    const time: DerivedTime | undefined = deriveTime(pairsOfBoot(boot), up, up, nowMs);
    if (time === undefined) {
      waitsFor.add(boot);
      return null;
    }
    errorMs = Math.max(errorMs ?? 0, time.errorMs);
    return time.zeroAt + up;
  };
  const photos = visit.photos.map((photo): VisitPhoto => {
    const { takenAt, boot, up } = photo;
    return takenAt !== null || boot === undefined || up === undefined ? photo : { ...photo, takenAt: derive(boot, up) };
  });
  const takenAt = (role: VisitPhoto["role"]) => photos.findLast((photo) => photo.role === role)?.takenAt ?? null;
  const saysAfter = photos.some(({ role, boot }) => role === "after" && boot !== undefined);
  const startedAt = visit.startedAt ?? takenAt("before");
  const endedAt = visit.endedAt ?? (saysAfter ? takenAt("after") : derive(visit.boot, visit.up));
  return { startedAt, endedAt, photos, errorMs, waitsFor: [...waitsFor] };
}

/** The times of a visit by what the store knows of its device's boots. */
export const knownTimesOf = (sql: Sql, address: Address, visit: Visit, nowMs: number): VisitTimes =>
  timesOf(visit, (boot) => pairsOf(sql, { ...address, boot }), nowMs);

/**
 * Notes which boots a visit waits for; those that it waited for before are forgotten. Where something is known of a boot and
 * no time came of it, none can be believed: that one waits for another clock.
 */
export function noteWaiting(sql: Sql, { tenant, device }: Address, visit: string, boots: readonly string[]): void {
  sql.run("DELETE FROM timeless_visits WHERE tenant = ? AND device = ? AND visit = ?", tenant, device, visit);
  for (const boot of boots) {
    sql.run(
      `INSERT INTO timeless_visits (tenant, device, visit, boot, is_doubtful) VALUES (?1, ?2, ?3, ?4,
         EXISTS (SELECT 1 FROM boot_times WHERE tenant = ?1 AND device = ?2 AND boot = ?4))`,
      ...[tenant, device, visit, boot],
    );
  }
}

const WaitingRow = z.object({ tenant: z.string(), device: z.string(), visit: z.string() });
const DUE = `SELECT DISTINCT tenant, device, visit FROM timeless_visits w WHERE is_doubtful = 0 AND EXISTS (
  SELECT 1 FROM boot_times t WHERE t.tenant = w.tenant AND t.device = w.device AND t.boot = w.boot)`;

/** Whether visits wait whose times could be derived now. */
export const hasDueVisits = (sql: Sql): boolean => sql.get(WaitingRow, `${DUE} LIMIT 1`) !== undefined;

/** Visits whose times could be derived now, at most `limit`. */
export const dueVisits = (sql: Sql, limit: number): readonly z.infer<typeof WaitingRow>[] =>
  sql.all(WaitingRow, `${DUE} LIMIT ?`, limit);

const KeptRow = z.object({ site: z.string(), signature: z.string(), body: JsonText.pipe(Visit) });

/** A visit as it came, whatever is shown of it. */
export function keptVisit(sql: Sql, { tenant, device }: Address, visit: string): z.infer<typeof KeptRow> | undefined {
  return sql.get(
    KeptRow,
    "SELECT site, signature, body FROM visits WHERE tenant = ? AND device = ? AND visit = ?",
    ...[tenant, device, visit],
  );
}

/** A visit whose repair breaks our own code waits for another clock, and holds up no other. */
export function putAside(sql: Sql, { tenant, device }: Address, visit: string): void {
  sql.run(
    "UPDATE timeless_visits SET is_doubtful = 1 WHERE tenant = ? AND device = ? AND visit = ?",
    ...[tenant, device, visit],
  );
}
