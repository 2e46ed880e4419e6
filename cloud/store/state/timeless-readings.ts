import { z } from "zod";
import type { Address } from "#contract/names.ts";
import type { Boot } from "./boot-times.ts";
import type { Sql } from "./database.ts";
import type { Letter } from "./dead-letters.ts";

/** So much of one device may wait for its time: more than a month of readings each minute. */
export const TIMELESS_BYTES_PER_DEVICE = 64 * 1024 * 1024;
/** What a reading takes up there beside its payload. */
const ROW_BYTES = 200;
/** Boots of one device that wait: a sender may name a new one with each message. */
const MOST_BOOTS = 1_000;

/** A reading that waits, with the time that was chosen for its boot, if any. */
export interface TimelessReading extends Boot {
  readonly n: number;
  readonly letter: Letter;
  readonly time:
    | { readonly zeroAt: number; readonly clock: "gps" | "ntp" | "rtc"; readonly errorMs: number }
    | undefined;
}

const Waiting = z.object({ boots: z.number().int(), bytes: z.number().int() });
const Known = z.object({ since: z.number().int() });

/** Keeps a reading until the time of its boot is known; false when its device has no room left. */
export function keepTimeless(sql: Sql, boot: Boot, { topic, payload }: Letter, nowMs: number): boolean {
  const owner = [boot.tenant, boot.device] as const;
  const { boots, bytes } = sql.get(
    Waiting,
    "SELECT boots, bytes FROM timeless_devices WHERE tenant = ? AND device = ?",
    ...owner,
  ) ?? { boots: 0, bytes: 0 };
  if (bytes + payload.length + ROW_BYTES > TIMELESS_BYTES_PER_DEVICE) return false;
  const known = sql.get(
    Known,
    "SELECT since FROM timeless_boots WHERE tenant = ? AND device = ? AND boot = ?",
    ...[...owner, boot.boot],
  );
  if (known === undefined && boots >= MOST_BOOTS) return false;
  sql.run(
    "INSERT INTO timeless_readings (tenant, device, boot, topic, payload, stored_at) VALUES (?, ?, ?, ?, ?, ?)",
    ...[boot.tenant, boot.device, boot.boot, topic, payload, nowMs],
  );
  sql.run(
    `INSERT INTO timeless_boots (tenant, device, boot, readings, placeless, bytes, since) VALUES (?1, ?2, ?3, 1, 0, ?4, ?5)
     ON CONFLICT DO UPDATE SET readings = readings + 1, bytes = bytes + ?4`,
    ...[boot.tenant, boot.device, boot.boot, payload.length, nowMs],
  );
  addToDevice(sql, boot, known === undefined ? 1 : 0, payload.length + ROW_BYTES);
  return true;
}

function addToDevice(sql: Sql, { tenant, device }: Address, boots: number, bytes: number): void {
  sql.run(
    `INSERT INTO timeless_devices (tenant, device, boots, bytes) VALUES (?1, ?2, ?3, ?4)
     ON CONFLICT DO UPDATE SET boots = boots + ?3, bytes = bytes + ?4`,
    ...[tenant, device, boots, bytes],
  );
}

const BootRow = z.object({ tenant: z.string(), device: z.string(), boot: z.string() });

// Few rows: boots that wait, not readings.
const DUE = `SELECT tenant, device, boot FROM timeless_boots b WHERE readings > placeless + doubtful AND EXISTS (
  SELECT 1 FROM boot_times t WHERE t.tenant = b.tenant AND t.device = b.device AND t.boot = b.boot)`;

/** Whether readings wait whose time could be derived now. */
export const hasDueReadings = (sql: Sql): boolean => sql.get(BootRow, `${DUE} LIMIT 1`) !== undefined;

const Row = z
  .object({
    n: z.number().int(),
    tenant: z.string(),
    device: z.string(),
    boot: z.string(),
    topic: z.string(),
    payload: z.instanceof(Uint8Array),
    zero_at: z.number().int().nullable(),
    clock: z.enum(["gps", "ntp", "rtc"]).nullable(),
    error_ms: z.number().int().nullable(),
  })
  .transform(({ n, tenant, device, boot, topic, payload, zero_at, clock, error_ms }): TimelessReading => {
    const isChosen = zero_at !== null && clock !== null && error_ms !== null;
    const time = isChosen ? { zeroAt: zero_at, clock, errorMs: error_ms } : undefined;
    return { n, tenant, device, boot, letter: { topic, payload }, time };
  });

/** A round of repairs ends at this many readings or payload bytes: 256 KiB of columns are 65,000 samples at most. */
const ROUND_READINGS = 500;
const ROUND_BYTES = 256 * 1024;

/** Readings of one boot whose time could be derived now, in the order in which they came, for one round. */
export function dueReadings(sql: Sql): readonly TimelessReading[] {
  const due = sql.get(BootRow, `${DUE} LIMIT 1`);
  if (due === undefined) return [];
  return sql.all(
    Row,
    `SELECT r.n, tenant, device, boot, topic, payload, zero_at, clock, error_ms FROM (
       SELECT n, sum(size) OVER (ORDER BY n) - size AS before FROM (
         SELECT n, length(payload) AS size FROM timeless_readings
         WHERE tenant = ? AND device = ? AND boot = ? AND aside = 0 ORDER BY n LIMIT ?)) AS w
     JOIN timeless_readings r ON r.n = w.n WHERE w.before < ? ORDER BY r.n`,
    ...[due.tenant, due.device, due.boot, ROUND_READINGS, ROUND_BYTES],
  );
}

/** Writes down the time that was chosen: from now on it is the one, also after a crash. */
export function chooseTime(sql: Sql, n: number, time: NonNullable<TimelessReading["time"]>): void {
  sql.run(
    "UPDATE timeless_readings SET zero_at = ?, clock = ?, error_ms = ? WHERE n = ? AND zero_at IS NULL",
    ...[time.zeroAt, time.clock, time.errorMs, n],
  );
}

/** The device had no station at that time: the reading waits for another registry. */
export function markPlaceless(sql: Sql, { n, tenant, device, boot }: TimelessReading): void {
  if (sql.run("UPDATE timeless_readings SET aside = 1 WHERE n = ? AND aside = 0", n) === 0) return;
  sql.run(
    "UPDATE timeless_boots SET placeless = placeless + 1 WHERE tenant = ? AND device = ? AND boot = ?",
    ...[tenant, device, boot],
  );
}

/** What is known of its boot gives no time that can be believed: the reading waits for another clock. */
export function markDoubtful(sql: Sql, { n, tenant, device, boot }: TimelessReading): void {
  if (sql.run("UPDATE timeless_readings SET aside = 2 WHERE n = ? AND aside = 0", n) === 0) return;
  sql.run(
    "UPDATE timeless_boots SET doubtful = doubtful + 1 WHERE tenant = ? AND device = ? AND boot = ?",
    ...[tenant, device, boot],
  );
}

/** A new registry may know a station for those that had none. */
export function retryPlaceless(sql: Sql): void {
  sql.run("UPDATE timeless_readings SET aside = 0 WHERE aside = 1");
  sql.run("UPDATE timeless_boots SET placeless = 0 WHERE placeless > 0");
}

/** Takes a reading out: it has its points, or lies with the dead letters. False where it was out already. */
export function removeTimeless(sql: Sql, { n, tenant, device, boot, letter }: TimelessReading): boolean {
  if (sql.run("DELETE FROM timeless_readings WHERE n = ?", n) === 0) return false;
  const key = [tenant, device, boot] as const;
  sql.run(
    `UPDATE timeless_boots SET readings = readings - 1, bytes = bytes - ?4 WHERE tenant = ?1 AND device = ?2 AND boot = ?3`,
    ...[...key, letter.payload.length],
  );
  const ended = sql.run(
    "DELETE FROM timeless_boots WHERE tenant = ? AND device = ? AND boot = ? AND readings <= 0",
    ...key,
  );
  addToDevice(sql, { tenant, device }, -ended, -(letter.payload.length + ROW_BYTES));
  sql.run("DELETE FROM timeless_devices WHERE tenant = ? AND device = ? AND boots <= 0", tenant, device);
  return true;
}
