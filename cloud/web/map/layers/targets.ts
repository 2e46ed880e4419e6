import type { GeoJSONSource, MapGeoJSONFeature, Map as MapLibreMap } from "maplibre-gl";
import type { LngLat } from "../geometry.ts";
import { SITES, STATIONS } from "./place-layers.ts";
import { iconOfKey } from "./station-data.ts";

/** Something drawn on the map that can be pressed. */
export type Target =
  | { readonly kind: "station" | "site"; readonly id: string; readonly at: LngLat }
  | {
      readonly kind: "cluster";
      readonly id: string;
      readonly at: LngLat;
      readonly cluster: number;
      readonly count: number;
      /** Name of the picture of its worst member. */
      readonly worst: string;
    };

/** With more in view nobody steps through them one by one: the worst ones, and the list for all. */
const MAX_TARGETS = 60;

function targetOf({ layer, properties, geometry }: MapGeoJSONFeature): readonly (Target & { order: number })[] {
  if (geometry.type !== "Point") return [];
  const [lng = 0, lat = 0] = geometry.coordinates;
  const at: LngLat = [lng, lat];
  const { id, cluster_id: cluster, point_count: count, key, order } = properties;
  if (layer.id === STATIONS && typeof cluster === "number" && typeof count === "number" && typeof key === "string") {
    return [
      {
        kind: "cluster",
        id: `cluster-${cluster}`,
        at,
        cluster,
        count,
        worst: iconOfKey(key),
        order: Number.parseInt(key, 10),
      },
    ];
  }
  if (typeof id !== "string") return [];
  return [{ kind: layer.id === SITES ? "site" : "station", id, at, order: typeof order === "number" ? order : 0 }];
}

/** Sides of the buttons in CSS pixels, as places.css has them. */
const SIDE_PX = { cluster: 38, station: 38, site: 30 } as const satisfies Record<Target["kind"], number>;

/** A target with where it lies in the window. */
interface Placed<T extends { readonly kind: Target["kind"] }> {
  readonly target: T;
  readonly x: number;
  readonly y: number;
}

/**
 * Targets of which none covers a part of another (WCAG 2.2, 2.5.8), the first ones winning. What is left out can still be
 * pressed on the map, stands in the list, and has room for its button when one looks closer.
 */
export function withoutOverlap<T extends { readonly kind: Target["kind"] }>(
  placed: readonly Placed<T>[],
): readonly Placed<T>[] {
  const kept: Placed<T>[] = [];
  for (const one of placed) {
    const isFree = kept.every((other) => {
      const apart = (SIDE_PX[one.target.kind] + SIDE_PX[other.target.kind]) / 2;
      return Math.abs(one.x - other.x) >= apart || Math.abs(one.y - other.y) >= apart;
    });
    if (isFree) kept.push(one);
  }
  return kept;
}

/** Whether nothing that lies over the map (the card, a sheet, buttons) covers a part of a square of it. */
function isUncovered(container: HTMLElement, { target, x, y }: Placed<Target>): boolean {
  const { left, top } = container.getBoundingClientRect();
  const half = SIDE_PX[target.kind] / 2;
  const around = [-half, half].flatMap((dx) => [-half, half].map((dy) => [left + x + dx, top + y + dy] as const));
  return around.every(([atX, atY]) => {
    const above = document.elementFromPoint(atX, atY);
    return above === null || container.contains(above);
  });
}

/** What is drawn in the window, what is open and then the worst first; at most `MAX_TARGETS`, each with room. */
export function targetsInView(map: MapLibreMap, openIds: readonly string[]): readonly Target[] {
  const rank = ({ id, order }: { id: string; order: number }) => (openIds.includes(id) ? Infinity : order);
  const found = map.queryRenderedFeatures({ layers: [STATIONS, SITES] }).flatMap(targetOf);
  const each = new Map(found.map((target) => [`${target.kind}/${target.id}`, target]));
  const placed = [...each.values()]
    .sort((a, b) => (rank(a) === rank(b) ? a.id.localeCompare(b.id) : rank(b) - rank(a)))
    .map((target) => {
      const { x, y } = map.project([target.at[0], target.at[1]]);
      return { target, x, y };
    })
    .filter((one) => isUncovered(map.getContainer(), one));
  return withoutOverlap(placed)
    .slice(0, MAX_TARGETS)
    .map(({ target }) => target);
}

/** A thumb is wider than a mark. */
const THUMB_PX = 6;

/** What was pressed at a point of the map, the topmost first. */
export function targetsAt(map: MapLibreMap, { x, y }: { readonly x: number; readonly y: number }): readonly Target[] {
  const box: [[number, number], [number, number]] = [
    [x - THUMB_PX, y - THUMB_PX],
    [x + THUMB_PX, y + THUMB_PX],
  ];
  return map.queryRenderedFeatures(box, { layers: [STATIONS, SITES] }).flatMap(targetOf);
}

/** Moves closer until a cluster falls apart. */
export async function zoomInto(map: MapLibreMap, target: Extract<Target, { kind: "cluster" }>): Promise<void> {
  const source = map.getSource<GeoJSONSource>(STATIONS);
  const zoom = await source?.getClusterExpansionZoom(target.cluster);
  map.easeTo({ center: [target.at[0], target.at[1]], zoom: (zoom ?? map.getZoom() + 2) + 0.2 });
}
