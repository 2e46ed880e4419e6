import { z } from "zod";
import type { AirWindowStore } from "../../store/measurements/air-windows.ts";
import type { Sql } from "../../store/state/database.ts";
import type { StateStore } from "../../store/state/state-store.ts";
import { type ClockWindows, createClockWindows } from "./clock-windows.ts";

/** What a change of the time zone is written down with. */
export interface ZoneStores {
  readonly measurements: Pick<AirWindowStore, "windows">;
  readonly state: StateStore;
  readonly nowMs: () => number;
}

/** The windows of a region, and since when its days are those of the zone that is set (UTC ms; 0: always). */
export interface TakenZone {
  readonly clockWindows: ClockWindows;
  readonly since: number;
}

/**
 * Takes TIME_ZONE as it is set now. After a change it comes into force at the end of the day that runs: what was a day stays one, also
 * where its hours are gone, and nothing is made anew or deleted. The first day of the new zone begins there and is a short one. Of two
 * changes within a day the last one counts.
 */
export async function takeTimeZone({ measurements, state, nowMs }: ZoneStores, timeZone: string): Promise<TakenZone> {
  const now = nowMs();
  const known = state.read(zonesOf);
  const newest = known.at(-1);
  if (newest === undefined || newest.timeZone === timeZone) {
    const zones = newest === undefined ? [{ timeZone, since: 0 }] : known;
    return take(state, now, zones, known);
  }
  // Days that begin after now: the clock was ahead once, or is behind now.
  const ahead = await measurements.windows({ resolution: "d1", fromMs: now, toMs: FAR_MS });
  const latest = ahead.reduce((most, { start }) => Math.max(most, start), now);
  const inForce = known.filter(({ since }) => since <= latest);
  if (inForce.at(-1)?.timeZone === timeZone) return take(state, now, inForce, known);
  const since = windowsOf(inForce).windowOf("d1", latest).end;
  return take(state, now, [...inForce, { timeZone, since }], known);
}

/** The end of JavaScript's own dates is further away. */
const FAR_MS = Date.UTC(3000, 0, 1);

/** A zone, and from when on days are its own (UTC ms; the first from 0 on). */
interface ZoneSince {
  readonly timeZone: string;
  readonly since: number;
}

/** Days of several zones, one after the other: no moment is in two, and where the next one comes into force both its neighbours are cut. */
function windowsOf(zones: readonly ZoneSince[]): ClockWindows {
  const [first, ...later] = zones;
  return later.reduce(
    (former, { timeZone, since }) => changedAt(since, former, createClockWindows(timeZone)),
    createClockWindows(first?.timeZone ?? "UTC"),
  );
}

const changedAt = (since: number, former: ClockWindows, next: ClockWindows): ClockWindows => ({
  windowOf: (resolution, atMs) => {
    if (resolution !== "d1") return next.windowOf(resolution, atMs);
    const { start, end } = (atMs < since ? former : next).windowOf("d1", atMs);
    return atMs < since ? { start, end: Math.min(end, since) } : { start: Math.max(start, since), end };
  },
});

function take(state: StateStore, now: number, zones: readonly ZoneSince[], known: readonly ZoneSince[]): TakenZone {
  if (zones !== known) {
    state.transaction(now, ({ sql }) => {
      sql.run("DELETE FROM air_zones");
      for (const { timeZone, since } of zones) {
        sql.run("INSERT INTO air_zones (since, time_zone) VALUES (?, ?)", since, timeZone);
      }
    });
  }
  return { clockWindows: windowsOf(zones), since: zones.at(-1)?.since ?? 0 };
}

const Row = z
  .object({ since: z.number(), time_zone: z.string() })
  .transform(({ since, time_zone: timeZone }): ZoneSince => ({ since, timeZone }));

const zonesOf = (sql: Sql): readonly ZoneSince[] =>
  sql.all(Row, "SELECT since, time_zone FROM air_zones ORDER BY since");
