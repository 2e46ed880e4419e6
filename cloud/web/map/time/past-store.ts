import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import type { StationFeature } from "../../../http/schemas.ts";
import { StationAnswer } from "../../../live/station-table.ts";
import { ask } from "../../page/api.ts";
import type { Features } from "../merge.ts";

/** A slider that is dragged asks only for the moments where it rests so long. */
const REST_MS = 150;
/** Moments that are kept: going back and forth over a night asks once. */
const MAX_KEPT = 48;

/** The stations as they were at the moment that is asked for. */
export interface PastStore {
  /** Null while now is shown, and while there is nothing of the past yet. */
  readonly stations: ReadonlySignal<Features<StationFeature> | null>;
  /** The moment of `stations`; null with them. */
  readonly shownMs: ReadonlySignal<number | null>;
  readonly state: ReadonlySignal<"none" | "loading" | "shown" | "unavailable">;
  /** The server speaks another language than this page: it must be loaded anew. */
  readonly isOutdated: ReadonlySignal<boolean>;
  close(): void;
}

interface Shown {
  readonly atMs: number;
  readonly stations: Features<StationFeature>;
}

/** Where the stations of a moment are asked for. */
export const pastPath = (atMs: number): string =>
  `/api/v1/stations/at?${new URLSearchParams({ time: new Date(atMs).toISOString() })}`;

/** Fetches each moment that is asked for and rests; the last one stays until the next has come. */
export function startPast(asked: ReadonlySignal<number | null>): PastStore {
  const shown = signal<Shown | null>(null);
  const failedMs = signal<number | null>(null);
  const isOutdated = signal(false);
  const kept = new Map<number, Shown>();

  const fetchMoment = async (atMs: number): Promise<void> => {
    try {
      const { body } = await ask(StationAnswer, pastPath(atMs));
      isOutdated.value = body === "of-another-version";
      if (body === "of-another-version") {
        failedMs.value = atMs;
        return;
      }
      const moment: Shown = { atMs, stations: new Map(body.features.map((feature) => [feature.id, feature])) };
      kept.set(atMs, moment);
      const [oldest] = kept.keys();
      if (kept.size > MAX_KEPT && oldest !== undefined) kept.delete(oldest);
      if (asked.peek() === atMs) shown.value = moment;
    } catch {
      // Told by `state`; the page says so and stays usable.
      failedMs.value = atMs;
    }
  };

  const stop = effect(() => {
    const atMs = asked.value;
    if (atMs === null) {
      shown.value = null;
      return;
    }
    const known = kept.get(atMs);
    if (known !== undefined) {
      shown.value = known;
      return;
    }
    failedMs.value = null;
    const timer = setTimeout(() => void fetchMoment(atMs), REST_MS);
    return () => clearTimeout(timer);
  });

  return {
    stations: computed(() => (asked.value === null ? null : (shown.value?.stations ?? null))),
    shownMs: computed(() => (asked.value === null ? null : (shown.value?.atMs ?? null))),
    state: computed(() => {
      if (asked.value === null) return "none";
      if (shown.value?.atMs === asked.value) return "shown";
      return failedMs.value === asked.value ? "unavailable" : "loading";
    }),
    isOutdated,
    close: stop,
  };
}
