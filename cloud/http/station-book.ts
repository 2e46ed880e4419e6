import type { Bilingual } from "#contract/registry.ts";
import type { Clock } from "#kit/clock.ts";
import { statusOf } from "../air/newest-air.ts";
import { stationFeature } from "../air/station-view.ts";
import type { RegistryIndex } from "../registry/registry-index.ts";
import type { StateView } from "../store/state/state-view.ts";
import type { StationFeature } from "./schemas.ts";

export interface StationBookParts {
  readonly view: Pick<StateView, "latestSamples" | "latestSamplesOf" | "averages" | "averagesOf">;
  readonly registry: { current(): RegistryIndex };
  readonly clock: Clock;
  readonly staleAfterMs: number;
  readonly offlineAfterMs: number;
}

/**
 * Every station as it is shown, as of the last time that changes were taken: a page that opens costs no reading of the store, and
 * whoever asks between two ticks of the stream sees what the stream has told.
 */
export interface StationBook {
  /** Something of a station has been committed. */
  touch(station: string): void;
  all(): readonly StationFeature[];
  /** Brings the book up to date, and gives the stations that look different than when this was asked last; for one who tells everybody. */
  takeChanges(): readonly StationFeature[];
  /** Whether stations still wait to be brought up to date: more had changed than are read in one go. */
  isBehind(): boolean;
  /** Grows where taking changes, or another registry, has changed something. */
  version(): number;
}

/** So many stations that nobody spoke of are read again with each refresh: what was missed is not missed for long. */
const SWEPT = 10;

/** Reading a station takes a quarter of a millisecond: at each full 20 minutes all of them change, and nobody else would have a turn. */
const READ_AT_ONCE = 500;

/** Opens the book; it reads all stations with the first refresh, and again when the registry has changed. */
export function createStationBook(parts: StationBookParts): StationBook {
  const { view, registry, clock, staleAfterMs, offlineAfterMs } = parts;
  const touched = new Set<string>();
  let features = new Map<string, { readonly feature: StationFeature; readonly text: string }>();
  let known: RegistryIndex | undefined;
  let version = 0;
  const untold = new Set<string>();
  let swept = 0;

  const moment = () => ({ nowMs: clock.nowMs(), staleAfterMs, offlineAfterMs });
  const nameOf = (index: RegistryIndex, id: string): Bilingual => index.municipality(id)?.name ?? { ru: id, en: id };
  const put = (feature: StationFeature): boolean => {
    const text = JSON.stringify(feature);
    if (features.get(feature.id)?.text === text) return false;
    features.set(feature.id, { feature, text });
    return true;
  };
  const readAll = (index: RegistryIndex): readonly StationFeature[] => {
    const samples = Map.groupBy(view.latestSamples(), ({ station }) => station);
    const averages = new Map(view.averages().map((row) => [row.station, row.averages]));
    const before = features;
    features = new Map();
    return index.registry.stations.flatMap((station) => {
      const { id, municipality } = station;
      const feature = stationFeature(
        station,
        nameOf(index, municipality),
        samples.get(id) ?? [],
        averages.get(id) ?? {},
        moment(),
      );
      put(feature);
      return before.get(id)?.text === features.get(id)?.text ? [] : [feature];
    });
  };
  const readOne = (index: RegistryIndex, id: string): readonly StationFeature[] => {
    const station = index.station(id);
    if (station === undefined) return [];
    const name = nameOf(index, station.municipality);
    const feature = stationFeature(station, name, view.latestSamplesOf(id), view.averagesOf(id), moment());
    return put(feature) ? [feature] : [];
  };
  /** Stations of which time alone has changed something, and the few whose turn it is. */
  const addOverdue = (index: RegistryIndex): void => {
    for (const { feature } of features.values()) {
      const { lastAt, status } = feature.properties;
      if (statusOf(lastAt, moment()) !== status) touched.add(feature.id);
    }
    const { stations } = index.registry;
    for (let i = 0; i < Math.min(SWEPT, stations.length); i += 1) {
      swept = (swept + 1) % stations.length;
      const id = stations[swept]?.id;
      if (id !== undefined) touched.add(id);
    }
  };

  /** What has changed waits until it is told, whoever looked first. */
  const refresh = (): void => {
    const index = registry.current();
    let changed: readonly StationFeature[];
    if (index !== known) {
      changed = readAll(index);
      known = index;
      touched.clear();
    } else {
      addOverdue(index);
      const some = [...touched].slice(0, READ_AT_ONCE);
      changed = some.flatMap((id) => readOne(index, id));
      for (const id of some) touched.delete(id);
    }
    for (const { id } of changed) untold.add(id);
    if (changed.length > 0) version += 1;
  };

  const meetRegistry = (): void => {
    if (registry.current() !== known) refresh();
  };

  return {
    touch: (station) => void touched.add(station),
    all: () => {
      meetRegistry();
      return [...features.values()].map(({ feature }) => feature);
    },
    takeChanges: () => {
      refresh();
      const changed = [...untold].flatMap((id) => features.get(id)?.feature ?? []);
      untold.clear();
      return changed;
    },
    isBehind: () => touched.size > 0,
    version: () => {
      meetRegistry();
      return version;
    },
  };
}
