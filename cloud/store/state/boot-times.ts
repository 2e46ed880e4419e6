import { z } from "zod";
import { CLOCK_ERROR_MS, CRYSTAL_DRIFT, EARLIEST_MS } from "#contract/clocks.ts";
import type { ClockQuality } from "#contract/messages.ts";
import type { Address } from "#contract/names.ts";
import { isAhead } from "../../air/believable.ts";
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

/** What a message tells of the time of its boot: a pair, nothing, or that its clock is wrong. */
export interface ToldTime {
  readonly pair: BootPair | undefined;
  /** Its device says that it knows the time, and says one that cannot be. */
  readonly isWrong: boolean;
}

/** What a message tells of the time of its boot. */
export function timeTold({ tenant, device }: Address, { at, clock, boot, up }: Stamped, nowMs: number): ToldTime {
  if (at === null || clock === "none") return { pair: undefined, isWrong: false };
  if (at < EARLIEST_MS || isAhead(at, nowMs)) return { pair: undefined, isWrong: true };
  return { pair: { tenant, device, boot, clock, up, at }, isWrong: false };
}

/** Counts messages whose device told a time that cannot be: what it stamped so stands where it was stamped. */
export function countWrongClocks(sql: Sql, told: readonly ToldTime[]): void {
  addTo(sql, "clocks-wrong", told.filter(({ isWrong }) => isWrong).length);
}

/**
 * Keeps a pair if it is the first or the last of its boot and clock. A boot whose clocks contradict each other, or one
 * itself, is counted (`clocks-contradicted`): what was stamped with the wrong one stands where it was stamped. With a clock that is
 * new for the boot, what waits because no time could be believed is tried again.
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
       last_up = max(last_up, excluded.last_up), stored_at = excluded.stored_at`,
    ...[tenant, device, boot, clock, up, at, nowMs],
  );
  if (known.length === 0) forgetOldBoots(sql, pair);
  const isNew = !known.some((one) => known.some((other) => contradict(one, other)));
  if (isNew && known.some((other) => contradict(other, pair))) addTo(sql, "clocks-contradicted", 1);
  if (known.length > 0 && !known.some((other) => other.clock === clock)) retryDoubtful(sql, pair);
}

/** At most twice a boot: there are three clocks. */
function retryDoubtful(sql: Sql, { tenant, device, boot }: Boot): void {
  const key = [tenant, device, boot] as const;
  const boots = sql.run(
    "UPDATE timeless_boots SET doubtful = 0 WHERE tenant = ? AND device = ? AND boot = ? AND doubtful > 0",
    ...key,
  );
  if (boots > 0) {
    sql.run(
      "UPDATE timeless_readings SET aside = 0 WHERE tenant = ? AND device = ? AND boot = ? AND aside = 2",
      ...key,
    );
  }
  sql.run(
    "UPDATE timeless_visits SET is_doubtful = 0 WHERE tenant = ? AND device = ? AND boot = ? AND is_doubtful = 1",
    ...key,
  );
}

function contradict(one: TimePair, other: TimePair): boolean {
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
