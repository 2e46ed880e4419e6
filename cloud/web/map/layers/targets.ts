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

/** What is drawn in the window, stations before sites and the worst first; at most `MAX_TARGETS`. */
export function targetsInView(map: MapLibreMap): readonly Target[] {
  const found = map.queryRenderedFeatures({ layers: [STATIONS, SITES] }).flatMap(targetOf);
  const each = new Map(found.map((target) => [`${target.kind}/${target.id}`, target]));
  return [...each.values()].sort((a, b) => b.order - a.order).slice(0, MAX_TARGETS);
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
