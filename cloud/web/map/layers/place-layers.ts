import type { GeoJSONSource, Map as MapLibreMap } from "maplibre-gl";
import type { LngLat } from "../geometry.ts";
import { drawOnDemand } from "./pictures.ts";
import { clusterProperties } from "./station-data.ts";

type GeoData = Exclude<Parameters<GeoJSONSource["setData"]>[0], string>;
type Changes = Parameters<GeoJSONSource["updateData"]>[0];
type Feature = NonNullable<Changes["add"]>[number];

/** The sources of places; each layer of the same name draws one. */
export const STATIONS = "stations";
export const SITES = "sites";
const WIND = "wind";

/** Marks that would overlap are one cluster, down to where streets can be told apart. */
const CLUSTER_RADIUS_PX = 38;
const CLUSTER_MAX_ZOOM = 12;
/** Digits of the order in a key (`station-data.ts`). */
const ORDER_DIGITS = 9;

const NO_PLACES: GeoData = { type: "FeatureCollection", features: [] };

/** Adds empty sources and the layers that draw them. Marks overlap, the worst on top; none is ever left out. */
export function addPlaceLayers(map: MapLibreMap): void {
  drawOnDemand(map);
  map.addSource(SITES, { type: "geojson", data: NO_PLACES, promoteId: "id" });
  map.addSource(STATIONS, {
    type: "geojson",
    data: NO_PLACES,
    promoteId: "id",
    cluster: true,
    clusterRadius: CLUSTER_RADIUS_PX,
    clusterMaxZoom: CLUSTER_MAX_ZOOM,
    clusterProperties,
  });
  map.addLayer({
    id: SITES,
    type: "symbol",
    source: SITES,
    layout: {
      "icon-image": ["get", "icon"],
      "icon-size": ["interpolate", ["linear"], ["zoom"], 8, ["*", 0.5, ["get", "scale"]], 12, ["get", "scale"]],
      "icon-allow-overlap": true,
      "icon-ignore-placement": true,
      "symbol-sort-key": ["get", "order"],
    },
  });
  map.addLayer({
    id: WIND,
    type: "symbol",
    source: STATIONS,
    filter: ["all", ["!", ["has", "point_count"]], ["!=", ["get", "wind"], ""]],
    layout: {
      "icon-image": ["get", "wind"],
      "icon-rotate": ["get", "windTo"],
      "icon-rotation-alignment": "map",
      "icon-allow-overlap": true,
      "icon-ignore-placement": true,
    },
  });
  map.addLayer({
    id: STATIONS,
    type: "symbol",
    source: STATIONS,
    layout: {
      "icon-image": [
        "case",
        ["has", "point_count"],
        [
          "concat",
          "c~",
          ["to-string", ["get", "point_count_abbreviated"]],
          ["case", [">", ["get", "isDoubtful"], 0], "!", ""],
          "~",
          ["slice", ["get", "key"], ORDER_DIGITS + 1],
        ],
        ["get", "icon"],
      ],
      "icon-allow-overlap": true,
      "icon-ignore-placement": true,
      "symbol-sort-key": ["to-number", ["slice", ["get", "key"], 0, ORDER_DIGITS]],
    },
  });
}

/** A place with what its layer needs to draw it. */
export interface DrawnPlace {
  readonly id: string;
  readonly at: LngLat;
  readonly properties: Readonly<Record<string, string | number>>;
}

const asFeature = ({ id, at: [lng, lat], properties }: DrawnPlace): Feature => ({
  type: "Feature",
  id,
  geometry: { type: "Point", coordinates: [lng, lat] },
  properties: { ...properties, id },
});

function sourceOf(map: MapLibreMap, name: string): GeoJSONSource | undefined {
  return map.getSource<GeoJSONSource>(name);
}

/** Keeps a source up to date; only what has changed goes to the map's worker. Returns the function that does so. */
export function startPlaces(map: MapLibreMap, source: string): (places: readonly DrawnPlace[]) => void {
  let known = new Map<string, DrawnPlace>();
  return (places) => {
    const changed = places.filter((place) => known.get(place.id) !== place);
    const now = new Map(places.map((place) => [place.id, place]));
    const gone = [...known.keys()].filter((id) => !now.has(id));
    const isFirst = known.size === 0;
    known = now;
    if (isFirst) sourceOf(map, source)?.setData({ type: "FeatureCollection", features: places.map(asFeature) });
    else if (changed.length > 0 || gone.length > 0)
      sourceOf(map, source)?.updateData({ remove: gone, add: changed.map(asFeature) });
  };
}
