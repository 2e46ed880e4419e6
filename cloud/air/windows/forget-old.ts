import { type AirWindowStore, RESOLUTIONS } from "../../store/measurements/air-windows.ts";
import type { StateStore } from "../../store/state/state-store.ts";
import { isBackfilled } from "./backfill.ts";
import { HOUR_MS } from "./clock-windows.ts";
import { oldestDirty } from "./dirty-windows.ts";
import { keptSince, type Retention } from "./retention.ts";

/** What deleting needs. */
export interface ForgettingStores {
  readonly measurements: Pick<AirWindowStore, "forget">;
  readonly state: Pick<StateStore, "read">;
  readonly retention: Retention;
  readonly nowMs: () => number;
}

/** What is made of points or of windows of a resolution: they must stay until it is. Points stay until their hour is made. */
const NEEDED_BY = { raw: ["m1", "m20", "h1"], m1: ["m20"], m20: ["h1"], h1: ["d1"], d1: [] } as const;
const ALL = ["raw", ...RESOLUTIONS] as const;

/**
 * Deletes points and windows that are older than they are kept, a small step with each call; never what a waiting window is made
 * of, so it is asked anew what waits before each step, and no point before all that were here once are marked. Whole hours go only: half
 * of one would be made anew as all of it. Resolves to true when it has been through all of them.
 */
export function createForgetting({ measurements, state, retention, nowMs }: ForgettingStores): () => Promise<boolean> {
  let turn = 0;
  return async () => {
    const what = ALL[turn] ?? "raw";
    const since = Math.floor(keptSince(retention, what, nowMs()) / HOUR_MS) * HOUR_MS;
    const before = state.read((sql) => {
      if (what === "raw" && !isBackfilled(sql)) return 0;
      const needed = NEEDED_BY[what].map((resolution) => oldestDirty(sql, resolution) ?? since);
      return Math.min(since, ...needed);
    });
    if (before > 0 && (await measurements.forget(what, before))) return false;
    turn = (turn + 1) % ALL.length;
    return turn === 0;
  };
}
