import { z } from "zod";
import { CLOCK_ERROR_MS, CRYSTAL_DRIFT, EARLIEST_MS } from "#contract/clocks.ts";
import type { ClockQuality } from "#contract/messages.ts";
import type { Address } from "#contract/names.ts";
import { MAX_AHEAD_MS } from "../../air/believable.ts";
import type { TimePair } from "../../ingest/derive-time.ts";
import { addTo } from "./counters.ts";
import type { Sql } from "./database.ts";

/** One boot of a device. */
export interface Boot extends Address {
  readonly boot: string;
}

/** A pair and whose it is. */
export interface BootPair extends Boot, TimePair {}

/** Boots of one device that something is known of; of more the oldest are forgotten. */
const MOST_BOOTS = 1_000;

/** What every message carries of time. */
interface Stamped {
  readonly at: number | null;
  readonly clock: ClockQuality;
  readonly boot: string;
  readonly up: number;
}

/** The pair that a message carries, or none: its device did not know the time, or says what cannot be true. */
export function pairIn(
  { tenant, device }: Address,
  { at, clock, boot, up }: Stamped,
  nowMs: number,
): BootPair | undefined {
  if (at === null || clock === "none" || at < EARLIEST_MS || at > nowMs + MAX_AHEAD_MS) return undefined;
  return { tenant, device, boot, clock, up, at };
}

/**
 * Keeps a pair if it is the first or the last of its boot and clock. A real-time clock that the network or the satellites
 * contradict is counted (`clocks-contradicted`, once a boot): what was stamped with it stands where it was stamped.
 */
export function keepPair(sql: Sql, pair: BootPair, nowMs: number): void {
  const { tenant, device, boot, clock, up, at } = pair;
  const known = pairsOf(sql, pair);
  sql.run(
    `INSERT INTO boot_times (tenant, device, boot, clock, first_up, first_at, last_up, last_at, stored_at)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?5, ?6, ?7)
     ON CONFLICT DO UPDATE SET
       first_at = CASE WHEN excluded.first_up < first_up THEN excluded.first_at ELSE first_at END,
       first_up = min(first_up, excluded.first_up),
       last_at = CASE WHEN excluded.last_up > last_up THEN excluded.last_at ELSE last_at END,
       last_up = max(last_up, excluded.last_up)`,
    ...[tenant, device, boot, clock, up, at, nowMs],
  );
  if (known.length === 0) forgetOldBoots(sql, pair);
  if (!known.some((other) => other.clock === clock) && known.some((other) => contradict(other, pair))) {
    addTo(sql, "clocks-contradicted", 1);
  }
}

function contradict(one: TimePair, other: TimePair): boolean {
  if (one.clock !== "rtc" && other.clock !== "rtc") return false;
  const allowedMs =
    CLOCK_ERROR_MS[one.clock] + CLOCK_ERROR_MS[other.clock] + CRYSTAL_DRIFT * Math.abs(one.up - other.up);
  return Math.abs(one.at - one.up - (other.at - other.up)) > allowedMs;
}

function forgetOldBoots(sql: Sql, { tenant, device }: Address): void {
  sql.run(
    `DELETE FROM boot_times WHERE tenant = ?1 AND device = ?2 AND boot IN (
       SELECT boot FROM boot_times WHERE tenant = ?1 AND device = ?2
       GROUP BY boot ORDER BY max(stored_at) DESC LIMIT -1 OFFSET ?3)`,
    ...[tenant, device, MOST_BOOTS],
  );
}

const PairsRow = z
  .object({
    clock: z.enum(["gps", "ntp", "rtc"]),
    first_up: z.number().int(),
    first_at: z.number().int(),
    last_up: z.number().int(),
    last_at: z.number().int(),
  })
  .transform(({ clock, first_up, first_at, last_up, last_at }): readonly TimePair[] => [
    { clock, up: first_up, at: first_at },
    { clock, up: last_up, at: last_at },
  ]);

/** What is known of a boot's time. */
export function pairsOf(sql: Sql, { tenant, device, boot }: Boot): readonly TimePair[] {
  return sql
    .all(
      PairsRow,
      `SELECT clock, first_up, first_at, last_up, last_at FROM boot_times
       WHERE tenant = ? AND device = ? AND boot = ?`,
      ...[tenant, device, boot],
    )
    .flat();
}
