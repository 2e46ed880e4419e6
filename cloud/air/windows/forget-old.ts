import { type AirWindowStore, RESOLUTIONS } from "../../store/measurements/air-windows.ts";
import type { StateStore } from "../../store/state/state-store.ts";
import { oldestDirty } from "./dirty-windows.ts";
import { keptSince, type Retention } from "./retention.ts";

/** What deleting needs. */
export interface ForgettingStores {
  readonly measurements: Pick<AirWindowStore, "forget">;
  readonly state: Pick<StateStore, "read">;
  readonly retention: Retention;
  readonly nowMs: () => number;
}

/** What the windows of a resolution are made of: it must stay until they are. */
const NEEDED_BY = { raw: "m1", m1: "m20", m20: "h1", h1: "d1", d1: undefined } as const;
const ALL = ["raw", ...RESOLUTIONS] as const;

/**
 * Deletes points and windows that are older than they are kept, a small step with each call; never what a waiting window is made
 * of, so it is asked anew what waits before each step. Resolves to true when it has been through all of them.
 */
export function createForgetting({ measurements, state, retention, nowMs }: ForgettingStores): () => Promise<boolean> {
  let turn = 0;
  return async () => {
    const what = ALL[turn] ?? "raw";
    const since = keptSince(retention, what, nowMs());
    const needing = NEEDED_BY[what];
    const needed = needing === undefined ? undefined : state.read((sql) => oldestDirty(sql, needing));
    const before = Math.min(since, needed ?? since);
    if (before > 0 && (await measurements.forget(what, before))) return false;
    turn = (turn + 1) % ALL.length;
    return turn === 0;
  };
}
