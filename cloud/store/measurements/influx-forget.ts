import type { Resolution } from "./air-windows.ts";

/** Deletes what began in a range; resolves when InfluxDB has done so. */
export type DeleteRange = (predicate: string, fromMs: number, toMs: number) => Promise<void>;

const DAY_MS = 86_400_000;
/** What is older than this before the border goes in one step: there is much of it only after a setting was lowered. */
const LONG_AGO_MS = 30 * DAY_MS;

/**
 * Deletes from InfluxDB in steps of a day. It remembers how far it has come, as long as the program runs: to delete what is
 * gone already costs InfluxDB little.
 */
export function createInfluxForgetting(
  measurements: { readonly raw: string; readonly windows: string },
  deleteRange: DeleteRange,
): (what: "raw" | Resolution, beforeMs: number) => Promise<boolean> {
  const done = new Map<string, number>();
  return async (what, beforeMs) => {
    const from = done.get(what) ?? 0;
    const to = Math.min(beforeMs, Math.max(from + DAY_MS, beforeMs - LONG_AGO_MS));
    if (to <= from) return false;
    const predicate =
      what === "raw"
        ? `_measurement="${measurements.raw}"`
        : `_measurement="${measurements.windows}" AND resolution="${what}"`;
    await deleteRange(predicate, from, to);
    done.set(what, to);
    return to < beforeMs;
  };
}
