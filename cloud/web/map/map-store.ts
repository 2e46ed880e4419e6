import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { z } from "zod";
import type { Clock } from "#kit/clock.ts";
import { SiteCollection, SiteFeature, type StationFeature } from "../../http/schemas.ts";
import { StationAnswer, StationChanges } from "../../live/station-table.ts";
import { ask, type TroubleCode, troubleOf } from "../page/api.ts";
import { type Connection, openLive } from "../page/live.ts";
import { type Features, type Held, nothingHeld, takeFetched, takeLive } from "./merge.ts";
import { startPast } from "./time/past-store.ts";

/** Used until the first collection says how long a reading counts as "now", and from when a station is offline. */
const STALE_AFTER_MS = 15 * 60_000;
const OFFLINE_AFTER_MS = 3 * 3_600_000;
/** The collections are fetched again so often, whatever the stream does: a silent proxy cannot freeze the map. */
const REFETCH_MS = 60_000;
/** The page looks at its clock so often. */
const TICK_MS = 1_000;
/** Live changes are gathered for so long: with thousands of stations each one alone would redraw the map. */
const GATHER_MS = 250;

/** All that the map shows, kept up to date. */
export interface MapStore {
  /** Of the shown moment: now, or the past that was asked for. */
  readonly stations: ReadonlySignal<Features<StationFeature>>;
  readonly sites: ReadonlySignal<Features<SiteFeature>>;
  readonly staleAfterMs: ReadonlySignal<number>;
  readonly offlineAfterMs: ReadonlySignal<number>;
  /** The server's time, as far as the page knows it: a phone with a wrong clock must not call everything stale. */
  readonly nowMs: ReadonlySignal<number>;
  /** The moment that is shown: now, the chosen past, or that of the snapshot while there is no network. */
  readonly shownMs: ReadonlySignal<number>;
  /** When the shown snapshot was taken; null while the server answers itself. */
  readonly snapshotMs: ReadonlySignal<number | null>;
  /** Whether the past that was asked for is still on its way, or cannot be had. */
  readonly past: ReadonlySignal<"none" | "loading" | "shown" | "unavailable">;
  readonly connection: ReadonlySignal<Connection>;
  readonly trouble: ReadonlySignal<TroubleCode | null>;
  readonly isLoaded: ReadonlySignal<boolean>;
  /** The server speaks another language than this page: it must be loaded anew. */
  readonly isOutdated: ReadonlySignal<boolean>;
  refetch(): Promise<void>;
  close(): void;
}

/** Parses the text of an event; a broken one is dropped, the next fetch of the collections repairs the map. */
function parseEvent<T>(schema: z.ZodType<T>, text: string): readonly T[] {
  try {
    const parsed = schema.safeParse(JSON.parse(text));
    return parsed.success ? [parsed.data] : [];
  } catch {
    // Not JSON: as above.
    return [];
  }
}

/** Gathers what arrives and hands it on together. */
function gather<T>(takeAll: (arrived: readonly T[]) => void): (arrived: readonly T[]) => void {
  let waiting: T[] = [];
  return (arrived) => {
    if (waiting.length === 0 && arrived.length > 0) {
      setTimeout(() => {
        const all = waiting;
        waiting = [];
        takeAll(all);
      }, GATHER_MS);
    }
    waiting.push(...arrived);
  };
}

/** The two collections as they are now, by fetch and stream. */
function startNow(clock: Clock) {
  const stations = signal<Held<StationFeature>>(nothingHeld());
  const sites = signal<Held<SiteFeature>>(nothingHeld());
  const limits = signal({ staleAfterMs: STALE_AFTER_MS, offlineAfterMs: OFFLINE_AFTER_MS });
  const offsetMs = signal(0);
  const snapshotMs = signal<number | null>(null);
  const connection = signal<Connection>("connecting");
  const trouble = signal<TroubleCode | null>(null);
  const isLoaded = signal(false);
  const isOutdated = signal(false);
  let begun = 0;
  let taken = 0;

  const refetch = async (): Promise<void> => {
    const turn = ++begun;
    const stationChanges = stations.value.changes;
    const siteChanges = sites.value.changes;
    try {
      const [air, waste] = await Promise.all([
        ask(StationAnswer, "/api/v1/stations"),
        ask(SiteCollection, "/api/v1/sites"),
      ]);
      // An answer that was overtaken by that of a later fetch has nothing new.
      if (turn < taken) return;
      taken = turn;
      const list = air.body;
      if (list === "of-another-version") {
        // A kept answer of before says nothing of the server.
        if (air.isSnapshot) trouble.value = "offline";
        else isOutdated.value = true;
        return;
      }
      isOutdated.value = false;
      snapshotMs.value = air.isSnapshot ? (air.serverMs ?? 0) : null;
      if (!air.isSnapshot && air.serverMs !== undefined) offsetMs.value = offsetOf(air.serverMs, clock.nowMs());
      limits.value = list;
      stations.value = takeFetched(stations.value, list.features, stationChanges);
      sites.value = takeFetched(sites.value, waste.body.features, siteChanges);
      isLoaded.value = true;
      trouble.value = null;
    } catch (error) {
      trouble.value = troubleOf(error);
    }
  };

  const takeStations = gather<StationFeature>((arrived) => {
    stations.value = takeLive(stations.value, arrived);
  });
  const takeSites = gather<SiteFeature>((arrived) => {
    sites.value = takeLive(sites.value, arrived);
  });
  const stopLive = openLive("/api/v1/live", {
    onOpen: () => void refetch(),
    onConnection: (state) => {
      connection.value = state;
    },
    onEvent: {
      stations: (text) => takeStations(parseEvent(StationChanges, text).flat()),
      site: (text) => takeSites(parseEvent(SiteFeature, text)),
    },
  });
  const refetches = setInterval(() => void refetch(), REFETCH_MS);
  void refetch();
  const close = (): void => {
    stopLive();
    clearInterval(refetches);
  };
  return { stations, sites, limits, offsetMs, snapshotMs, connection, trouble, isLoaded, isOutdated, refetch, close };
}

/** Fetches the collections, listens to the stream, and looks at the clock each second; `atMs` is the past asked for. */
export function startMapStore(clock: Clock, atMs: ReadonlySignal<number | null>): MapStore {
  const now = startNow(clock);
  const past = startPast(atMs);
  const machineMs = signal(clock.nowMs());
  const ticks = setInterval(() => {
    machineMs.value = clock.nowMs();
  }, TICK_MS);
  const nowMs = computed(() => machineMs.value + now.offsetMs.value);
  return {
    stations: computed(() => past.stations.value ?? now.stations.value.features),
    sites: computed(() => now.sites.value.features),
    staleAfterMs: computed(() => now.limits.value.staleAfterMs),
    offlineAfterMs: computed(() => now.limits.value.offlineAfterMs),
    nowMs,
    shownMs: computed(() => past.shownMs.value ?? now.snapshotMs.value ?? nowMs.value),
    snapshotMs: now.snapshotMs,
    past: past.state,
    connection: now.connection,
    trouble: now.trouble,
    isLoaded: now.isLoaded,
    isOutdated: computed(() => now.isOutdated.value || past.isOutdated.value),
    refetch: now.refetch,
    close: () => {
      now.close();
      past.close();
      clearInterval(ticks);
    },
  };
}

/** Difference to the server's clock; below two seconds it is the header's own coarseness and counts as none. */
export function offsetOf(serverMs: number, machineMs: number): number {
  const offset = serverMs - machineMs;
  return Math.abs(offset) < 2_000 ? 0 : offset;
}
