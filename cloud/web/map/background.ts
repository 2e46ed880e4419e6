import type { StyleSpecification } from "maplibre-gl";
import type { Bilingual } from "#contract/registry.ts";
import type { SiteFeature, StationFeature } from "../../http/schemas.ts";
import { boxOf, graticule, type LngLat, outlineAround } from "./geometry.ts";

/** How far the soft outline of a municipality lies from its places. */
const MARGIN_KM = 0.8;

/** A municipality as the map draws it: its outline and where its name stands. */
export interface Area {
  readonly id: string;
  readonly name: Bilingual;
  readonly outline: readonly LngLat[];
  readonly label: LngLat;
  readonly places: readonly LngLat[];
}

/** One area for each municipality that has places. */
export function areasOf(features: readonly (StationFeature | SiteFeature)[]): Area[] {
  const byMunicipality = Map.groupBy(features, ({ properties }) => properties.municipality);
  return [...byMunicipality].flatMap(([id, members]): Area[] => {
    const places = members.map(({ geometry }) => geometry.coordinates);
    const outline = outlineAround(places, MARGIN_KM);
    const box = boxOf(outline);
    const name = members[0]?.properties.municipalityName;
    if (box === undefined || name === undefined) return [];
    return [{ id, name, outline, label: [(box[0] + box[2]) / 2, box[3]], places }];
  });
}

type GeoData = Parameters<import("maplibre-gl").GeoJSONSource["setData"]>[0];

/** The areas as GeoJSON for the map's source. */
export function areasAsGeoJson(areas: readonly Area[]): GeoData {
  return {
    type: "FeatureCollection",
    features: areas.map(({ id, outline }) => ({
      type: "Feature",
      properties: { id },
      geometry: { type: "Polygon", coordinates: [outline.map(([lng, lat]) => [lng, lat])] },
    })),
  };
}

/** Where the graticule is drawn: all of the southern Urals and a good way around. */
const GRATICULE_BOX = [50, 48, 72, 62] as const;

const lines = (step: number): GeoData => ({
  type: "MultiLineString",
  coordinates: graticule(GRATICULE_BOX, step).map((line) => line.map(([lng, lat]) => [lng, lat])),
});

/**
 * Our own quiet background: land, a graticule, the municipalities' areas. It has no tiles, glyphs or sprites, so the
 * map asks no other host for anything and draws without internet.
 */
export function backgroundStyle(): StyleSpecification {
  return {
    version: 8,
    sources: {
      fine: { type: "geojson", data: lines(0.1) },
      coarse: { type: "geojson", data: lines(0.5) },
      areas: { type: "geojson", data: { type: "FeatureCollection", features: [] } },
    },
    layers: [
      { id: "land", type: "background", paint: { "background-color": "#eef0ec" } },
      { id: "areas", type: "fill", source: "areas", paint: { "fill-color": "#fbfbf8" } },
      {
        id: "graticule-fine",
        type: "line",
        source: "fine",
        minzoom: 8,
        paint: { "line-color": "#dfe3dd", "line-width": 0.75 },
      },
      { id: "graticule", type: "line", source: "coarse", paint: { "line-color": "#d3d9d1", "line-width": 1 } },
      {
        id: "areas-edge",
        type: "line",
        source: "areas",
        paint: { "line-color": "#b9c4ba", "line-width": 1.25, "line-dasharray": [3, 2] },
      },
    ],
  };
}
