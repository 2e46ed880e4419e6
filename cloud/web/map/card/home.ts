import { type ReadonlySignal, signal } from "@preact/signals";
import type { Memory } from "../../page/memory.ts";
import type { LngLat } from "../geometry.ts";
import type { SeenStation } from "../station/air-store.ts";
import { nearestTo } from "./verdict.ts";

/** The station that a person calls his own; it never leaves his browser. */
export interface Home {
  readonly id: ReadonlySignal<string | null>;
  /** Kilometres from where he was found; null where he chose it by hand. */
  readonly km: ReadonlySignal<number | null>;
  readonly search: ReadonlySignal<"idle" | "looking" | "failed">;
  choose(id: string | null): void;
  /** Asks the browser where it is and takes the nearest station. */
  find(seen: () => Iterable<SeenStation>): void;
}

const KEY = "dvornik.home";
const PATIENCE_MS = 15_000;

/** Starts with the remembered station. */
export function createHome(memory: Memory): Home {
  const id = signal(memory.read(KEY) || null);
  const km = signal<number | null>(null);
  const search = signal<"idle" | "looking" | "failed">("idle");
  const choose = (next: string | null): void => {
    id.value = next;
    km.value = null;
    search.value = "idle";
    memory.write(KEY, next ?? "");
  };
  return {
    id,
    km,
    search,
    choose,
    find: (seen) => {
      search.value = "looking";
      if (!("geolocation" in navigator)) {
        search.value = "failed";
        return;
      }
      navigator.geolocation.getCurrentPosition(
        ({ coords }) => {
          const at: LngLat = [coords.longitude, coords.latitude];
          const nearest = nearestTo(at, seen());
          if (nearest === undefined) {
            search.value = "failed";
            return;
          }
          choose(nearest.seen.station.id);
          km.value = nearest.km;
        },
        () => {
          search.value = "failed";
        },
        { timeout: PATIENCE_MS, maximumAge: 600_000 },
      );
    },
  };
}
