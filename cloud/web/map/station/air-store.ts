import { computed, type ReadonlySignal } from "@preact/signals";
import { standardOf, standards } from "../../../air/standards/all-standards.ts";
import type { Standard } from "../../../air/standards/standard.ts";
import type { StationFeature } from "../../../http/schemas.ts";
import type { Memory } from "../../page/memory.ts";
import type { Choice } from "../address/choice.ts";
import type { DrawnPlace } from "../layers/place-layers.ts";
import { markOf } from "../layers/station-data.ts";
import type { MapStore } from "../map-store.ts";
import { pastAverage } from "../time/past.ts";
import { type AirView, freshnessOf, type Lens, viewAir } from "./air-view.ts";
import { createSwitch, type Switch } from "./switch.ts";

/** A station with what it looks like through the lens, and what the map draws of it. */
export interface SeenStation {
  readonly station: StationFeature;
  readonly view: AirView;
  readonly drawn: DrawnPlace;
}

/** All stations through the lens of the page. */
export interface AirStore {
  readonly lens: ReadonlySignal<Lens>;
  readonly seen: ReadonlySignal<ReadonlyMap<string, SeenStation>>;
  readonly isSafe: Switch;
  /** The end of the present minute: charts move on with it, not with each tick. */
  readonly minuteMs: ReadonlySignal<number>;
}

/** Freshness is looked at so often: fine enough for limits of minutes, and cheap for thousands of stations. */
const LOOK_MS = 3_000;
const MINUTE_MS = 60_000;

/** The standard of an address; one that is unknown here is the first. */
export function chosenStandard(id: string): Standard {
  const standard = standardOf(id) ?? standards[0];
  if (standard === undefined) throw new RangeError("there is no standard");
  return standard;
}

/** Keeps what was seen of a station until it, its freshness or the lens changes. */
function createEye(): (lens: Lens, lensKey: string, station: StationFeature) => SeenStation {
  const known = new Map<string, SeenStation & { readonly lensKey: string }>();
  return (lens, lensKey, station) => {
    const before = known.get(station.id);
    if (before?.station === station && before.lensKey === lensKey) {
      if (freshnessOf(before.view.atMs, lens.moment) === before.view.freshness) return before;
    }
    const view = viewAir(station, lens);
    const { id, ...properties } = markOf(station, view);
    const drawn: DrawnPlace = { id, at: station.geometry.coordinates, properties };
    const isSame = before !== undefined && JSON.stringify(before.drawn) === JSON.stringify(drawn);
    const seen = { station, view, drawn: isSame ? before.drawn : drawn, lensKey };
    known.set(station.id, seen);
    return seen;
  };
}

/** Looks at all stations of the store as the address asks. */
export function createAirStore(store: MapStore, asked: ReadonlySignal<Choice>, memory: Memory): AirStore {
  const choice = computed<Choice>(() =>
    store.past.value === "none" ? asked.value : { ...asked.value, average: pastAverage(asked.value.average) },
  );
  const isSafe = createSwitch(memory, "dvornik.safe-colours");
  const lookMs = computed(() => Math.floor(store.shownMs.value / LOOK_MS) * LOOK_MS);
  const lens = computed<Lens>(() => ({
    standard: chosenStandard(choice.value.standard),
    choice: choice.value,
    isSafe: isSafe.on.value,
    moment: {
      nowMs: lookMs.value,
      staleAfterMs: store.staleAfterMs.value,
      offlineAfterMs: store.offlineAfterMs.value,
    },
  }));
  const look = createEye();
  const seen = computed(() => {
    const { standard, choice: chosen, isSafe: safe } = lens.value;
    const key = [standard.id, chosen.pollutant, chosen.average, safe].join();
    return new Map([...store.stations.value.values()].map((station) => [station.id, look(lens.value, key, station)]));
  });
  const minuteMs = computed(() => Math.ceil(store.nowMs.value / MINUTE_MS) * MINUTE_MS);
  return { lens, seen, isSafe, minuteMs };
}
