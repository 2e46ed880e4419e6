import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { z } from "zod";
import type { Clock } from "#kit/clock.ts";
import { SiteCollection, SiteFeature, StationCollection, StationFeature } from "../../http/schemas.ts";
import { ask, type TroubleCode, troubleOf } from "../page/api.ts";
import { type Connection, openLive } from "../page/live.ts";
import { type Features, nothingHeld, takeFetched, takeLive } from "./merge.ts";

/** Used until the first collection says how long a reading counts as "now". */
const STALE_AFTER_MS = 15 * 60_000;
/** The collections are fetched again so often, whatever the stream does: a silent proxy cannot freeze the map. */
const REFETCH_MS = 60_000;
/** The page looks at its clock so often. */
const TICK_MS = 1_000;

/** All that the map shows, kept up to date. */
export interface MapStore {
  readonly stations: ReadonlySignal<Features<StationFeature>>;
  readonly sites: ReadonlySignal<Features<SiteFeature>>;
  readonly staleAfterMs: ReadonlySignal<number>;
  /** The server's time, as far as the page knows it: a phone with a wrong clock must not call everything stale. */
  readonly nowMs: ReadonlySignal<number>;
  readonly connection: ReadonlySignal<Connection>;
  readonly trouble: ReadonlySignal<TroubleCode | null>;
  readonly isLoaded: ReadonlySignal<boolean>;
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

/** Fetches the collections, listens to the stream, and looks at the clock each second. */
export function startMapStore(clock: Clock): MapStore {
  const stations = signal(nothingHeld<StationFeature>());
  const sites = signal(nothingHeld<SiteFeature>());
  const staleAfterMs = signal(STALE_AFTER_MS);
  const machineMs = signal(clock.nowMs());
  const offsetMs = signal(0);
  const connection = signal<Connection>("connecting");
  const trouble = signal<TroubleCode | null>(null);
  const isLoaded = signal(false);
  let begun = 0;
  let taken = 0;

  const refetch = async (): Promise<void> => {
    const turn = ++begun;
    const stationChanges = stations.value.changes;
    const siteChanges = sites.value.changes;
    try {
      const [air, waste] = await Promise.all([
        ask(StationCollection, "/api/v1/stations"),
        ask(SiteCollection, "/api/v1/sites"),
      ]);
      // An answer that was overtaken by that of a later fetch has nothing new.
      if (turn < taken) return;
      taken = turn;
      machineMs.value = clock.nowMs();
      if (air.serverMs !== undefined) offsetMs.value = offsetOf(air.serverMs, machineMs.value);
      staleAfterMs.value = air.body.staleAfterMs;
      stations.value = takeFetched(stations.value, air.body.features, stationChanges);
      sites.value = takeFetched(sites.value, waste.body.features, siteChanges);
      isLoaded.value = true;
      trouble.value = null;
    } catch (error) {
      trouble.value = troubleOf(error);
    }
  };

  const stopLive = openLive("/api/v1/live", {
    onOpen: () => void refetch(),
    onConnection: (state) => {
      connection.value = state;
    },
    onEvent: {
      station: (text) => {
        stations.value = parseEvent(StationFeature, text).reduce(takeLive, stations.value);
      },
      site: (text) => {
        sites.value = parseEvent(SiteFeature, text).reduce(takeLive, sites.value);
      },
    },
  });
  const ticks = setInterval(() => {
    machineMs.value = clock.nowMs();
  }, TICK_MS);
  const refetches = setInterval(() => void refetch(), REFETCH_MS);
  void refetch();

  return {
    stations: computed(() => stations.value.features),
    sites: computed(() => sites.value.features),
    staleAfterMs,
    nowMs: computed(() => machineMs.value + offsetMs.value),
    connection,
    trouble,
    isLoaded,
    refetch,
    close: () => {
      stopLive();
      clearInterval(ticks);
      clearInterval(refetches);
    },
  };
}

/** Difference to the server's clock; below two seconds it is the header's own coarseness and counts as none. */
export function offsetOf(serverMs: number, machineMs: number): number {
  const offset = serverMs - machineMs;
  return Math.abs(offset) < 2_000 ? 0 : offset;
}
